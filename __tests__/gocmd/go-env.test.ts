import { execFileSync } from 'node:child_process'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { GoEnv, goEnvFile, parseGoEnvFile } from '../../src/gocmd/go-env.ts'
import { isUnix, temporaryFolder, writeFiles } from '../temporary.ts'

describe('goEnvFile', () => {
  test.each([
    ['linux', { HOME: '/home/u' }, '/home/u/.config/go/env'],
    ['linux', { HOME: '/home/u', XDG_CONFIG_HOME: '/c' }, '/c/go/env'],
    ['darwin', { HOME: '/Users/u' }, '/Users/u/Library/Application Support/go/env'],
    ['win32', { AppData: 'C:\\Users\\u\\AppData\\Roaming' }, 'C:\\Users\\u\\AppData\\Roaming\\go\\env'],
    ['win32', { APPDATA: 'C:\\Roaming' }, 'C:\\Roaming\\go\\env'],
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
  const env = GoEnv.read({ GOENV: path.join(folder, 'env'), GOFLAGS: '-x', GOPRIVATE: '' })
  expect(['GOFLAGS', 'GOPRIVATE', 'GOSUMDB'].map(env.setting)).toEqual(['-x', 'a.com', ''])
})

describe('GoEnv', () => {
  test('returns another environment, and stays as it is', () => {
    const env = new GoEnv({ A: '1', B: '2' }, new Map([['GOPROXY', 'https://file.example']]))
    const other = env.with({ A: '3', B: undefined }).withPath('/bin')
    expect(env.variables).toEqual({ A: '1', B: '2' })
    expect([other.variable('A'), other.variable('B'), other.variable('PATH')]).toEqual(['3', '', '/bin'])
    expect(other.setting('GOPROXY')).toBe('https://file.example')
    expect(Object.isFrozen(other.variables)).toBe(true)
  })
})
