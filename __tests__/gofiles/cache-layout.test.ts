import { execFile } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { isOfBuildCache, isRootOfBuildCache } from '../../src/gofiles/cache-layout.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const [a, d] = [`ab/ab${'0'.repeat(62)}-a`, `ab/ab${'1'.repeat(62)}-d`]

test.each([a, d, `${d}/stringer`, 'fuzz/example.com/m/FuzzX/0123', 'testexpire.txt'])(
  '%s belongs to the build cache',
  (file) => {
    expect(isOfBuildCache(file, false)).toBe(true)
  },
)

test.each([
  ...[a.replace('ab/', 'ac/'), a.toUpperCase(), `${a}/x`, `${d}/x/y`, `${d}.tmp`, a.slice(0, -3), `x/${a}`],
  ...[
    'README',
    'trim.txt',
    'log.txt',
    '00/go-deps-action-0123456789ab.json',
    'fuzz',
    'fuzz/',
    'testexpire.txt/x',
    'bin/go',
  ],
])('%s does not', (file) => {
  expect(isOfBuildCache(file, false)).toBe(false)
})

test('directories of the build cache hold objects, an executable, or a corpus', () => {
  for (const name of ['ab', d, 'fuzz', 'fuzz/example.com/m'])
    expect(isOfBuildCache(name, true), name).toBe(true)
  for (const name of [a, 'AB', 'abc', 'testexpire.txt', `${d}/x`, 'other'])
    expect(isOfBuildCache(name, true), name).toBe(false)
  for (const name of ['ab', 'fuzz/example.com/m', 'testexpire.txt'])
    expect(isRootOfBuildCache(name)).toBe(true)
  for (const name of ['fuzz', d, 'trim.txt', 'README', '']) expect(isRootOfBuildCache(name), name).toBe(false)
})

test('Go itself stores nothing else except files of one machine', async () => {
  const folder = temporaryFolder()
  writeFiles(folder, {
    'm/go.mod': 'module example.com/m\n\ngo 1.21\n',
    'm/main.go': 'package main\n\nfunc main() {}\n',
  })
  const gocache = path.join(folder, 'cache')
  const env = { ...process.env, GOCACHE: gocache, GOFLAGS: '-buildvcs=false', GOTOOLCHAIN: 'local' }
  const go = (...args: readonly string[]) =>
    promisify(execFile)('go', args, { cwd: path.join(folder, 'm'), env })
  await go('list', '-export', 'internal/goarch')
  await go('clean', '-testcache')
  const all = readdirSync(gocache, { recursive: true, encoding: 'utf8' }).map((one) =>
    one.replaceAll(path.sep, '/'),
  )
  const others = all.filter((one) => !isOfBuildCache(one, statSync(path.join(gocache, one)).isDirectory()))
  expect(others.filter((one) => one !== 'README' && one !== 'trim.txt')).toEqual([])
  expect(all).toContain('testexpire.txt')
})
