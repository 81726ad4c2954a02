import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { moveModulesIntoPlace } from '../../../src/cache/gomodcache/install.ts'
import { isModuleCached, listVersions } from '../../../src/cache/gomodcache/listing.ts'
import type { ModuleUnit } from '../../../src/cache/gomodcache/select.ts'
import { lockFiles } from '../../../src/platform/file-locks.ts'
import { isUnix, temporaryFolder, writeFiles } from '../../temporary.ts'

const name = 'example.com/A@v1.0.0'
const tree = 'example.com/!a@v1.0.0'
const prefix = 'cache/download/example.com/!a/@v/v1.0.0'
const unit: ModuleUnit = {
  name,
  roots: [
    tree,
    `${prefix}.info`,
    `${prefix}.mod`,
    `${prefix}.ziphash`,
    'cache/download/example.com/!a/@v/list',
  ],
}
const files = {
  [`${tree}/a.go`]: 'package a\n',
  [`${prefix}.info`]: '{}',
  [`${prefix}.mod`]: 'module example.com/A\n',
  [`${prefix}.ziphash`]: 'h1:ours',
  'cache/download/example.com/!a/@v/list': 'v1.0.0\n',
}

/** Installs the unit over a module cache that holds these files, and returns its folder. */
function install(live: Readonly<Record<string, string>>, readOnly = true): string {
  const folder = temporaryFolder()
  const [stage, cache] = [path.join(folder, 'stage'), path.join(folder, 'cache')]
  writeFiles(stage, files)
  writeFiles(cache, live)
  moveModulesIntoPlace([unit], stage, cache, readOnly)
  return cache
}
const everything = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => statSync(path.join(folder, file)).isFile())
    .map((file) => file.replaceAll(path.sep, '/'))
    .sort()

describe('installUnits', () => {
  test('installs a module and write-protects its tree', () => {
    const cache = install({})
    // Go also leaves its lock file.
    const lock = isUnix ? [`${prefix}.lock`] : []
    expect(everything(cache)).toEqual([...Object.keys(files), ...lock].sort())
    expect(isModuleCached(cache, name)).toBe(true)
    if (isUnix) expect(statSync(path.join(cache, tree)).mode & 0o222).toBe(0)
    chmodSync(path.join(cache, tree), 0o755)
  })

  test('leaves a tree writable where Go runs with -modcacherw', () => {
    expect(statSync(path.join(install({}, false), tree)).mode & 0o200).toBe(0o200)
  })

  test('changes nothing that exists', () => {
    const live = Object.fromEntries(Object.keys(files).map((file) => [file, 'theirs']))
    const cache = install({ ...live, [`${prefix}.ziphash`]: 'h1:ours' })
    for (const file of Object.keys(files).filter((one) => !one.endsWith('.ziphash'))) {
      expect(readFileSync(path.join(cache, file), 'utf8')).toBe('theirs')
    }
  })

  test('adds missing files next to an existing tree with the same hash', () => {
    const cache = install({ [`${tree}/a.go`]: 'theirs', [`${prefix}.ziphash`]: 'h1:ours' })
    expect(everything(cache)).toContain(`${prefix}.info`)
    expect(readFileSync(path.join(cache, tree, 'a.go'), 'utf8')).toBe('theirs')
  })

  test.each([
    [
      'a tree that another command is still extracting',
      { [`${tree}/half.go`]: 'x', [`${prefix}.partial`]: '' },
    ],
    ['an interrupted extraction', { [`${prefix}.partial`]: '' }],
    ['a tree without a ziphash, which a restored one would make valid for Go', { [`${tree}/half.go`]: 'x' }],
    ['the same version with other content', { [`${prefix}.ziphash`]: 'h1:theirs' }],
  ])('adds nothing to %s', (_, live) => {
    const cache = install(live)
    expect(everything(cache)).toEqual(Object.keys(live).sort())
    expect(isModuleCached(cache, name)).toBe(false)
  })

  test.runIf(isUnix)(
    'skips a module that a go command is extracting, and takes over from a killed one',
    () => {
      const folder = temporaryFolder()
      const lock = path.join(folder, 'cache', `${prefix}.lock`)
      writeFiles(path.join(folder, 'cache'), { [`${prefix}.lock`]: '' })
      const locks = lockFiles([lock])
      expect(locks.state(lock)).toBe('ours')
      const installed = () => {
        writeFiles(path.join(folder, 'stage'), files)
        moveModulesIntoPlace([unit], path.join(folder, 'stage'), path.join(folder, 'cache'), false)
        return isModuleCached(path.join(folder, 'cache'), name)
      }
      expect(installed()).toBe(false)
      locks.release()
      expect(installed()).toBe(true)
    },
  )

  test('merges the checksum database file by file', () => {
    const folder = temporaryFolder()
    const [stage, cache] = [path.join(folder, 'stage'), path.join(folder, 'cache')]
    writeFiles(stage, { 'cache/download/sumdb/db/tile/a': 'ours', 'cache/download/sumdb/db/tile/b': 'ours' })
    writeFiles(cache, { 'cache/download/sumdb/db/tile/a': 'theirs' })
    moveModulesIntoPlace([{ name: 'sumdb', roots: ['cache/download/sumdb'] }], stage, cache, true)
    const read = (one: string) => readFileSync(path.join(cache, 'cache/download/sumdb/db/tile', one), 'utf8')
    expect([read('a'), read('b')]).toEqual(['theirs', 'ours'])
  })
})

describe('listVersions', () => {
  test('finds every version and its parts', () => {
    const folder = temporaryFolder()
    writeFiles(folder, {
      ...files,
      'cache/download/example.com/b/@v/v2.0.0+incompatible.mod': 'module example.com/b\n',
      'cache/download/example.com/b/@v/v2.0.0+incompatible.lock': '',
      'cache/download/example.com/c/@v/v1.0.0.ziphash': 'h1:c',
      'cache/download/example.com/c/@v/v1.0.0.partial': '',
      'example.com/c@v1.0.0/c.go': 'package c\n',
      'cache/download/sumdb/db/lookup/x@v1': 'x',
      'cache/vcs/0123/config': 'x',
      'cache/lock': '',
    })
    const found = listVersions(folder).versions.map((one) => [
      one.name,
      one.tree,
      Object.keys(one.files),
      one.hasList,
    ])
    expect(found).toEqual([
      [name, tree, ['info', 'mod', 'ziphash'], true],
      ['example.com/b@v2.0.0+incompatible', undefined, ['mod'], false],
      ['example.com/c@v1.0.0', undefined, ['ziphash'], false],
    ])
  })

  test('finds nothing in a missing module cache', () => {
    expect(listVersions(path.join(temporaryFolder(), 'none'))).toEqual({ versions: [], faults: [] })
  })
})
