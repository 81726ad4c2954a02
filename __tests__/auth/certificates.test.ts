import { readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { rootCertificates } from 'node:tls'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { detectGitTrust, writeCertificateFiles } from '../../src/auth/certificates.ts'
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
  const reads = (file: string) => ({ file, ignoresFiles: false })
  const none = { GIT_SSL_CAINFO: '', SSL_CERT_FILE: '', NODE_EXTRA_CA_CERTS: '', GIT_CONFIG_COUNT: '' }

  test('are those of its setting, plus ours', () => {
    const folder = temporaryFolder()
    writeFileSync(path.join(folder, 'company.pem'), 'of the company\n')
    setVariables(none)
    const variables = writeCertificateFiles(
      [pem],
      folder,
      reads(path.join(folder, 'company.pem')),
      process.env,
      'linux',
    )
    expect(variables).toMatchObject({ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.sslCAInfo' })
    expect(readFileSync(variables.GIT_CONFIG_VALUE_0 ?? '', 'utf8')).toBe(`of the company\n${pem}\n`)
  })

  test('are those of its variable, which wins over its setting', () => {
    const folder = temporaryFolder()
    for (const name of ['company', 'variable'])
      writeFileSync(path.join(folder, `${name}.pem`), `of ${name}\n`)
    setVariables({ ...none, GIT_SSL_CAINFO: path.join(folder, 'variable.pem') })
    const variables = writeCertificateFiles(
      [pem],
      folder,
      reads(path.join(folder, 'company.pem')),
      process.env,
      'linux',
    )
    expect(readFileSync(variables.GIT_SSL_CAINFO ?? '', 'utf8')).toBe(`of variable\n${pem}\n`)
  })

  test('are those of the system if its setting names no file', () => {
    const folder = temporaryFolder()
    setVariables(none)
    const variables = writeCertificateFiles(
      [pem],
      folder,
      reads(path.join(folder, 'absent.pem')),
      process.env,
      'linux',
    )
    const text = readFileSync(variables.GIT_CONFIG_VALUE_0 ?? '', 'utf8')
    expect(text.split('-----BEGIN CERTIFICATE-----').length).toBeGreaterThan(10)
    expect(text.endsWith(`${pem}\n`)).toBe(true)
  })

  test.each(['', 'variable.pem'])(
    'are those of the system if git reads no file, as with the TLS of Windows; its variable is "%s"',
    (name) => {
      const folder = temporaryFolder()
      writeFiles(folder, { 'company.pem': 'of the company\n', 'variable.pem': 'of the variable\n' })
      setVariables({ ...none, GIT_SSL_CAINFO: name && path.join(folder, name) })
      const git = { file: path.join(folder, 'company.pem'), ignoresFiles: true }
      const variables = writeCertificateFiles([pem], folder, git, process.env, 'win32')
      const text = readFileSync(variables.GIT_SSL_CAINFO ?? variables.GIT_CONFIG_VALUE_1 ?? '', 'utf8')
      expect(text).not.toContain('of the')
      expect(text.split('-----BEGIN CERTIFICATE-----').length).toBeGreaterThan(10)
      expect(text.endsWith(`${pem}\n`)).toBe(true)
    },
  )

  test('are read on Windows also with its own TLS', () => {
    setVariables({ ...none, GIT_CONFIG_COUNT: '1' })
    const variables = writeCertificateFiles([pem], temporaryFolder(), reads(''), process.env, 'win32')
    expect(variables).toMatchObject({
      GIT_CONFIG_COUNT: '3',
      GIT_CONFIG_KEY_1: 'http.schannelUseSSLCAInfo',
      GIT_CONFIG_VALUE_1: 'true',
      GIT_CONFIG_KEY_2: 'http.sslCAInfo',
    })
    expect(
      Object.values(writeCertificateFiles([pem], temporaryFolder(), reads(''), process.env, 'linux')),
    ).not.toContain('http.schannelUseSSLCAInfo')
  })

  test.each([
    ['', false],
    ['\tsslBackend = openssl\n', false],
    ['\tsslBackend = schannel\n', true],
    ['\tsslBackend = schannel\n\tschannelUseSSLCAInfo = yes\n', false],
    ['\tsslBackend = schannel\n\tschannelUseSSLCAInfo = no\n', true],
  ])('are found from the settings of git: %j', async (settings, ignoresFiles) => {
    const folder = temporaryFolder()
    writeFiles(folder, { gitconfig: `[http]\n${settings}\tsslCAInfo = ~/company.pem\n` })
    const global = path.join(folder, 'gitconfig')
    setVariables({ HOME: folder, GIT_CONFIG_GLOBAL: global, GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_COUNT: '0' })
    const file = path.join(folder, 'company.pem')
    expect(await detectGitTrust(folder, process.env)).toEqual({ file, ignoresFiles })
  })
})
