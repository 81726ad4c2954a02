import { execFileSync } from 'node:child_process'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { goEnvFile, parseGoEnvFile, readGoSettings } from '../../src/gocmd/go-env.ts'
import { isUnix, temporaryFolder, writeFiles } from '../temporary.ts'

describe('goEnvFile', () => {
  test.each([
    ['linux', { HOME: '/home/u' }, '/home/u/.config/go/env'],
    ['linux', { HOME: '/home/u', XDG_CONFIG_HOME: '/c' }, '/c/go/env'],
    ['darwin', { HOME: '/Users/u' }, '/Users/u/Library/Application Support/go/env'],
    ['win32', { AppData: 'C:\\Users\\u\\AppData\\Roaming' }, 'C:\\Users\\u\\AppData\\Roaming\\go\\env'],
    ['linux', { GOENV: '/x' }, '/x'],
    ['linux', { GOENV: 'off', HOME: '/home/u' }, undefined],
    ['linux', {}, undefined],
  ])('is, on %s with %j: %s', (platform, environment, file) => {
    expect(goEnvFile(environment as Record<string, string>, platform)).toBe(file)
  })

  test.runIf(isUnix)('is the path that the go command uses', () => {
    const home = temporaryFolder()
    const environment = { ...process.env, HOME: home, XDG_CONFIG_HOME: '', GOENV: '' }
    const output = execFileSync('go', ['env', 'GOENV'], { env: environment, encoding: 'utf8' })
    expect(goEnvFile(environment, process.platform)).toBe(output.trim())
  })
})

test('parses a file as the go command does', () => {
  const text = '# GOPROXY=comment\nGOFLAGS=-v -x\nGOFLAGS=-tags=a\n lower=x\nGOPRIVATE= a.com\nGOSUMDB\n'
  const file = path.join(temporaryFolder(), 'env')
  writeFiles(path.dirname(file), { env: text })
  const go = (name: string) =>
    execFileSync('go', ['env', name], { env: { ...process.env, GOENV: file, [name]: '' }, encoding: 'utf8' })
  for (const name of ['GOFLAGS', 'GOPRIVATE']) {
    expect(parseGoEnvFile(text).get(name), name).toBe(go(name).replace(/\n$/, ''))
  }
  expect([...parseGoEnvFile(text).keys()]).toEqual(['GOFLAGS', 'GOPRIVATE'])
})

test('the environment wins over the file, and an empty variable counts as unset', () => {
  const folder = temporaryFolder()
  writeFiles(folder, { env: 'GOFLAGS=-v\nGOPRIVATE=a.com\n' })
  const settings = readGoSettings({ GOENV: path.join(folder, 'env'), GOFLAGS: '-x', GOPRIVATE: '' })
  expect(['GOFLAGS', 'GOPRIVATE', 'GOSUMDB'].map(settings)).toEqual(['-x', 'a.com', ''])
})
