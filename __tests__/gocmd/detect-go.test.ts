import * as path from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { hashSource } from '../../src/checkout/source-hash.ts'
import { detectGo } from '../../src/gocmd/detect-go.ts'
import { git } from '../../testbed/git-repository.ts'
import { testEnv } from '../environment.ts'
import { isUnix, temporaryFolder, writeFiles } from '../temporary.ts'

async function detect(environment: Record<string, string> = {}, goEnv = '') {
  const folder = temporaryFolder()
  writeFiles(folder, { 'go.mod': 'module example.com/a\n\ngo 1.99\n', env: goEnv })
  const all = { GOENV: path.join(folder, 'env'), GOTOOLCHAIN: '', ...environment }
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  return detectGo(folder, testEnv())
}

test('asks the go command, and does not download the toolchain that go.mod requires', async () => {
  const go = await detect()
  if ('what' in go) throw new Error(go.what)
  expect(go.env.GOVERSION).toMatch(/^go1\.\d+/)
  expect(path.isAbsolute(go.env.GOMODCACHE ?? '')).toBe(true)
  expect(path.isAbsolute(go.env.GOCACHE ?? '')).toBe(true)
})

test.each([
  ['the environment', { GOTOOLCHAIN: 'go1.25.0' }, 'GOTOOLCHAIN=path\n', 'go1.25.0'],
  ["the user's file", {}, 'GOFLAGS=-x\nGOTOOLCHAIN=path\n', 'path'],
])('reads GOTOOLCHAIN from %s', async (_, environment, file, setting) => {
  const go = await detect(environment, file)
  expect('what' in go ? go : go.toolchainSetting).toBe(setting)
})

test('reads the C compiler flags from the environment', async () => {
  const go = await detect({ CGO_CFLAGS: '-O3' })
  expect('what' in go ? go : go.env.CGO_CFLAGS).toBe('-O3')
})

test('reports a broken go command with its own message', async () => {
  const go = await detect({ GOEXPERIMENT: 'nonsense' })
  expect(go).toMatchObject({ what: expect.stringContaining('GOEXPERIMENT') })
})

test('the source hash is equal for equal content, and changes with any tracked file', async () => {
  const folder = temporaryFolder()
  writeFiles(folder, { 'a.go': 'package a\n' })
  await git(folder, 'init', '-q')
  await git(folder, 'add', '.')
  await git(folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com', 'commit', '-q', '-m', 'a')
  const clean = await hashSource(folder, [folder], process.env)
  writeFiles(folder, { 'untracked.txt': 'x' })
  expect(await hashSource(folder, [folder], process.env)).toEqual(clean)
  writeFiles(folder, { 'a.go': 'package b\n' })
  expect(await hashSource(folder, [folder], process.env)).not.toEqual(clean)
})

test('without git the source hash covers the content of the module directories', async () => {
  const folder = temporaryFolder()
  writeFiles(folder, { 'a/a.go': 'package a\n', 'b/b.go': 'package b\n' })
  const before = await hashSource(folder, [path.join(folder, 'a')], process.env)
  writeFiles(folder, { 'b/b.go': 'package c\n' })
  expect(await hashSource(folder, [path.join(folder, 'a')], process.env)).toEqual(before)
  writeFiles(folder, { 'a/a.go': 'package c\n' })
  expect(await hashSource(folder, [path.join(folder, 'a')], process.env)).not.toEqual(before)
})

test.each([
  ['', ''],
  ['relative', ''],
  ['{folder}/file', ''],
  ['{folder}/file/below', ''],
  ['{folder}/absent', '{folder}/absent/go/pkg/mod'],
  ['{folder}', '{folder}/go/pkg/mod'],
])('with the home %j the module cache is at %j', async (home, gomodcache) => {
  const folder = temporaryFolder()
  writeFiles(folder, { file: '' })
  const unset = { GOPATH: '', GOMODCACHE: '', GOCACHE: '', XDG_CACHE_HOME: '' }
  // os.UserHomeDir and os.UserCacheDir of Go.
  const names = isUnix ? ['HOME'] : ['USERPROFILE', 'LocalAppData']
  const homes = Object.fromEntries(names.map((name) => [name, home.replace('{folder}', folder)]))
  const go = await detect({ ...unset, ...homes, GOENV: 'off' })
  if ('what' in go) throw new Error(go.what)
  expect(go.env.GOMODCACHE).toBe(path.normalize(gomodcache.replace('{folder}', folder)).replace(/^\.$/, ''))
  expect(go.env.GOCACHE === '').toBe(gomodcache === '')
})
