import { cpSync, existsSync, mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { openFolder } from '../../../src/cache/archive/open-entry.ts'
import { packEntry } from '../../../src/cache/archive/pack.ts'
import { restoreModules, restoreProvenModules } from '../../../src/cache/gomodcache/restore.ts'
import { makeKey } from '../../../src/cache/key.ts'
import { processorTime } from '../../harness/processor-time.ts'
import { temporaryFolder, writeFiles } from '../../temporary.ts'
import { end, forgeEntry } from '../archive/forged.ts'

const key = makeKey([{ name: 'schema', value: 'modules', of: '' }], 1)
const prefix = 'cache/download/example.com/!a/@v'
const files = {
  'example.com/!a@v1.0.0/a.go': 'package a\n',
  [`${prefix}/v1.0.0.info`]: '{}',
  [`${prefix}/v1.0.0.mod`]: 'module example.com/A\n',
  [`${prefix}/v1.0.0.ziphash`]: 'h1:x',
  [`${prefix}/v1.0.0.zip`]: 'PK',
  [`${prefix}/list`]: 'v1.0.0\n',
}
const strange = {
  // Entries of earlier versions held it.
  'cache/download/sumdb/sum.example.com/latest': 'x',
  'golang.org/fips140@v1.0.0-c2097c7c/fips140/v1.0.0-c2097c7c/sha256/sha256.go': 'package sha256\n',
  'cache/download/golang.org/fips140/@v/v1.0.0-c2097c7c.info': '{}',
  'cache/download/golang.org/fips140/@v/v1.0.0-c2097c7c.mod': 'module golang.org/fips140\n',
  'cache/download/golang.org/fips140/@v/v1.0.0-c2097c7c.zip': 'PK',
  'cache/download/golang.org/fips140/@v/v1.0.0-c2097c7c.ziphash': 'h1:x',
  'cache/download/golang.org/fips140/@v/list': 'v1.0.0-c2097c7c\n',
  'cache/download/golang.org/toolchain/@v/list': 'v0.0.1-go1.99.0.linux-amd64\n',
  'golang.org/FIPS140@v1.0.0/fips140/sha256.go': 'package sha256\n',
  'golang.org/!f!i!p!s140@v1.0.0/fips140/sha256.go': 'package sha256\n',
  'cache/download/Example.com/A/@v/list': 'v1.0.0\n',

  'golang.org/toolchain@v0.0.1-go1.99.0.linux-amd64/bin/go': '#!/bin/sh\n',
  'cache/vcs/0123/hooks/post-checkout': '#!/bin/sh\n',
  'cache/lock': '',
  [`${prefix}/v1.1.0.lock`]: '',
  [`${prefix}/v1.1.0.partial`]: '',
  'cache/download/example.com/!a/v1.0.0.zip': 'PK',
  'example.com/!a/file': 'in no module\n',
  '.go-deps-action-x': '',
}

test('never restores a path that is not part of a module', async () => {
  const folder = temporaryFolder()
  const [base, entry, gomodcache] = ['base', 'entry', 'gomodcache'].map((name) =>
    path.join(folder, name),
  ) as [string, string, string]
  writeFiles(base, { ...files, ...strange })
  const roots = Object.keys({ ...files, ...strange }).map((file) =>
    file.replace(/(@v[^/]+|cache\/vcs\/0123)\/.*/, (all, root) => (all.startsWith('@v/') ? all : root)),
  )
  const units = [...new Set(roots)].map((root) => ({
    name: root,
    roots: [root.replace(/(sumdb)\/.*/, '$1')],
  }))
  await packEntry({ kind: 'modules', metadata: {}, base, units, directory: entry })
  mkdirSync(gomodcache)
  const store = {
    unavailable: undefined,
    restore: async (_: string, __: readonly string[], to: string) => {
      cpSync(entry, to, { recursive: true })
      return { kind: 'restored', key: `${key.full}-1`, entry: openFolder(to) } as const
    },
    find: async () => ({ kind: 'nothing', message: '' }) as const,
    holds: async () => ({ kind: 'exists' }) as const,
    save: async () => ({ kind: 'saved' }) as const,
  }
  const place = { directory: gomodcache, readOnly: true }
  const { found } = await restoreModules(
    { store, folder, variables: process.env },
    place,
    key,
    ['example.com/A@v1.0.0'],
    undefined,
  )
  expect(found).toBe('exact')
  const there = (names: object) =>
    Object.keys(names).filter((file) => existsSync(path.join(gomodcache, file)))
  expect(there(files)).toEqual(Object.keys(files))
  expect(there(strange)).toEqual([])
})

test('separates such paths in linear time', async () => {
  const folder = temporaryFolder()
  const entry = path.join(folder, 'entry')
  const roots = Array.from({ length: 160_000 }, (_, index) => `cache/vcs/${index}`)
  forgeEntry(entry, [end], { files: 0, bytes: 0 }, { units: [{ name: 'strangers', roots, shard: 0 }] })
  const place = { directory: path.join(folder, 'gomodcache'), readOnly: true }
  mkdirSync(place.directory)
  const began = processorTime()
  const installed = await restoreProvenModules(
    openFolder(entry),
    { roots, outsideSums: [] },
    place,
    undefined,
  )
  expect(installed.roots).toEqual([])
  // With quadratic time it took 85 s.
  expect(began()).toBeLessThan(60_000)
})
