import { readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { rootCertificates } from 'node:tls'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { writeCertificateFiles } from '../../src/auth/certificates.ts'
import { configuredPath } from '../../src/platform/git.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

function setVariables(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
}

test('expands ~ in the setting of git, and returns nothing without one', async () => {
  const folder = temporaryFolder()
  writeFiles(folder, { gitconfig: '[http]\n\tsslCAInfo = ~/company.pem\n', empty: '' })
  const global = path.join(folder, 'gitconfig')
  setVariables({ HOME: folder, GIT_CONFIG_GLOBAL: global, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_COUNT: '0' })
  // git writes `/` on Windows, too.
  expect(path.normalize((await configuredPath('http.sslCAInfo', folder, process.env)) ?? '')).toBe(
    path.join(folder, 'company.pem'),
  )
  setVariables({ GIT_CONFIG_GLOBAL: path.join(folder, 'empty') })
  expect(await configuredPath('http.sslCAInfo', folder, process.env)).toBeUndefined()
})

describe('the trusted certificates of git', () => {
  const [pem = ''] = rootCertificates
  const none = { GIT_SSL_CAINFO: '', SSL_CERT_FILE: '', NODE_EXTRA_CA_CERTS: '', GIT_CONFIG_COUNT: '' }

  test('are those of its setting, plus ours', () => {
    const folder = temporaryFolder()
    writeFileSync(path.join(folder, 'company.pem'), 'of the company\n')
    setVariables(none)
    const variables = writeCertificateFiles([pem], folder, path.join(folder, 'company.pem'), process.env)
    expect(variables).toMatchObject({ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.sslCAInfo' })
    expect(readFileSync(variables.GIT_CONFIG_VALUE_0 ?? '', 'utf8')).toBe(`of the company\n${pem}\n`)
  })

  test('are those of its variable, which wins over its setting', () => {
    const folder = temporaryFolder()
    for (const name of ['company', 'variable'])
      writeFileSync(path.join(folder, `${name}.pem`), `of ${name}\n`)
    setVariables({ ...none, GIT_SSL_CAINFO: path.join(folder, 'variable.pem') })
    const variables = writeCertificateFiles([pem], folder, path.join(folder, 'company.pem'), process.env)
    expect(readFileSync(variables.GIT_SSL_CAINFO ?? '', 'utf8')).toBe(`of variable\n${pem}\n`)
  })

  test('are those of the system if its setting names no file', () => {
    const folder = temporaryFolder()
    setVariables(none)
    const variables = writeCertificateFiles([pem], folder, path.join(folder, 'absent.pem'), process.env)
    const text = readFileSync(variables.GIT_CONFIG_VALUE_0 ?? '', 'utf8')
    expect(text.split('-----BEGIN CERTIFICATE-----').length).toBeGreaterThan(10)
    expect(text.endsWith(`${pem}\n`)).toBe(true)
  })
})
