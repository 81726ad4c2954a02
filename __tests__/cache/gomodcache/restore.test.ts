import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { openFolder } from '../../../src/cache/archive/open-entry.ts'
import { packEntry } from '../../../src/cache/archive/pack.ts'
import type { PackUnit } from '../../../src/cache/archive/units.ts'
import { noRecordedSums } from '../../../src/cache/gomodcache/checksum-database.ts'
import { isModuleCached } from '../../../src/cache/gomodcache/listing.ts'
import { restoreProvenModules } from '../../../src/cache/gomodcache/restore.ts'
import { moduleRoot } from '../../../src/gofiles/cache-layout.ts'
import type { RecordedSums } from '../../../src/gofiles/go-sum.ts'
import { treeHashOf } from '../../../src/gofiles/h1.ts'
import { temporaryFolder, writeFiles } from '../../temporary.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const full = (name: string) => `example.com/${name}@v1.0.0`
const prefix = (name: string) => `cache/download/example.com/${name}/@v/v1.0.0`
const list = (name: string) => `cache/download/example.com/${name}/@v/list`
const source = (name: string) => `package ${name}\n`
const goMod = (name: string) => `module example.com/${name}\n`
const treeOf = (name: string) => treeHashOf([{ name: `${full(name)}/a.go`, sha256: sha256(source(name)) }])

/** A module as Go writes it. */
function cached(name: string): Record<string, string> {
  return {
    [`${full(name)}/a.go`]: source(name),
    [`${prefix(name)}.info`]: '{"Version":"v1.0.0"}',
    [`${prefix(name)}.mod`]: goMod(name),
    [`${prefix(name)}.ziphash`]: treeOf(name),
    [list(name)]: 'v1.0.0\n',
  }
}

/** The recorded hashes of modules. */
function sumsOf(...names: readonly string[]): RecordedSums {
  const mod = (name: string) => treeHashOf([{ name: 'go.mod', sha256: sha256(goMod(name)) }])
  return {
    trees: new Map(names.map((name) => [full(name), new Set([treeOf(name)])])),
    goMods: new Map(names.map((name) => [full(name), new Set([mod(name)])])),
  }
}

const rootOf = (file: string) => file.replace(/(@v1\.0\.0)\/.*/, '$1')

/** How an entry is packed, and the module cache that it is restored to. */
interface Given {
  readonly files: Readonly<Record<string, string>>
  readonly live?: Readonly<Record<string, string>>
  readonly sums?: RecordedSums
  readonly besides?: readonly string[]
  /** The answers of the checksum database. */
  readonly answers?: RecordedSums
  readonly units?: (roots: readonly string[]) => readonly PackUnit[]
}

const oneByOne = (roots: readonly string[]): readonly PackUnit[] =>
  roots.map((name) => ({ name, roots: [name] }))

async function install({
  files,
  live = {},
  sums = sumsOf('a'),
  besides = [],
  answers = noRecordedSums,
  ...how
}: Given) {
  const folder = temporaryFolder()
  const [base, entry, gomodcache] = ['base', 'entry', 'live'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ]
  writeFiles(base, files)
  writeFiles(gomodcache, { ...live, 'cache/lock': '' })
  const roots = [...new Set(Object.keys(files).map(rootOf))]
  await packEntry({
    kind: 'modules',
    metadata: {},
    base,
    units: (how.units ?? oneByOne)(roots),
    directory: entry,
  })
  let asked: readonly string[] = []
  const ask = async (names: readonly string[]) => {
    asked = names
    return answers
  }
  const place = { directory: gomodcache, readOnly: false }
  const installed = await restoreProvenModules(openFolder(entry), { roots, outsideSums: besides }, place, {
    sums,
    ask,
  })
  const read = (file: string) =>
    existsSync(path.join(gomodcache, file)) ? readFileSync(path.join(gomodcache, file), 'utf8') : undefined
  const modules = readdirSync(gomodcache, { recursive: true, encoding: 'utf8' }).filter(
    (file) => moduleRoot(file.replaceAll(path.sep, '/')) !== undefined,
  )
  return {
    ...installed,
    asked,
    read,
    gomodcache,
    there: modules.map((file) => file.replaceAll(path.sep, '/')).sort(),
  }
}

const parts = (name: string) =>
  [full(name), ...['info', 'mod', 'ziphash'].map((kind) => `${prefix(name)}.${kind}`)].sort()

describe('a module that go.sum names', () => {
  test('is restored with all of its parts', async () => {
    const { there, wrong, isCorrupt, gomodcache, asked } = await install({ files: cached('a') })
    expect(there).toEqual(parts('a'))
    expect({ wrong, isCorrupt, asked }).toEqual({ wrong: [], isCorrupt: false, asked: [] })
    expect(isModuleCached(gomodcache, full('a'))).toBe(true)
  })

  const half = { [`${full('a')}/half.go`]: 'package a\n' }
  test.each<[string, Given]>([
    ['in one unit', { files: cached('a'), live: half, units: (roots) => [{ name: 'all', roots }] }],
    ['in a unit for each part', { files: cached('a'), live: half }],
    [
      'in units that mix two modules',
      {
        files: { ...cached('a'), ...cached('b') },
        sums: sumsOf('a', 'b'),
        live: half,
        units: (roots) => [
          { name: 'trees', roots: roots.filter((root) => !root.startsWith('cache/')) },
          { name: 'files', roots: roots.filter((root) => root.startsWith('cache/')) },
        ],
      },
    ],
    ['without its tree', { files: without(cached('a'), full('a')), live: half }],
  ])('does not validate an incomplete tree that exists: %s', async (_, given) => {
    const { gomodcache, read } = await install(given)
    expect(isModuleCached(gomodcache, full('a'))).toBe(false)
    expect(read(`${prefix('a')}.ziphash`)).toBeUndefined()
    expect(read(`${full('a')}/half.go`)).toBe('package a\n')
  })

  test('gets a regenerated info, ziphash and list', async () => {
    const { read, isCorrupt } = await install({
      files: {
        ...cached('a'),
        [`${prefix('a')}.info`]: '{"Name":"x", "version" : "v1.0.0"}',
        [`${prefix('a')}.ziphash`]: `${treeOf('a')}\n`,
        [list('a')]: 'v9.9.9\n../x\n',
      },
    })
    expect(read(`${prefix('a')}.info`)).toBe('{"Version":"v1.0.0"}')
    expect(read(`${prefix('a')}.ziphash`)).toBe(treeOf('a'))
    expect(read(list('a'))).toBe('v1.0.0\n')
    expect(isCorrupt).toBe(false)
  })

  test.each([
    ['another file', { [`${full('a')}/b.go`]: 'package a\n' }, []],
    ['another ziphash', { [`${prefix('a')}.ziphash`]: 'h1:x' }, []],
    ['another go.mod', { [`${prefix('a')}.mod`]: 'module b\n' }, []],
    [
      'an info with two versions',
      { [`${prefix('a')}.info`]: '{"Version":"v1.0.0","version":"v2.0.0"}' },
      parts('a').filter((part) => !part.endsWith('.info')),
    ],
    ['the FIPS 140 sources next to it', { 'golang.org/fips140@v1.0.0/a.go': 'package a\n' }, parts('a')],
  ])('marks an entry with %s as corrupt, so that the next entry replaces it', async (_, files, expected) => {
    const { there, isCorrupt } = await install({ files: { ...cached('a'), ...files } })
    expect(there).toEqual(expected)
    expect(isCorrupt).toBe(true)
  })
})

describe('a module that no go.sum names', () => {
  const both = { ...cached('a'), ...cached('tool') }
  const noAnswers = { trees: new Map(), goMods: new Map() }

  test('is restored if it was saved on purpose and the database confirms all of it', async () => {
    const { there, asked, unproven } = await install({
      ...{ files: both, besides: [full('tool')], answers: sumsOf('tool') },
    })
    expect(asked).toEqual([full('tool')])
    expect(there).toEqual([...parts('a'), ...parts('tool')].sort())
    expect(unproven).toEqual([])
  })

  test('is neither looked up nor restored if only an old go.sum named it', async () => {
    const { there, asked } = await install({ files: both, answers: sumsOf('tool') })
    expect({ there, asked }).toEqual({ there: parts('a'), asked: [] })
  })

  test('is not restored if no database knows it, and the entry is not corrupt', async () => {
    const { there, unproven, isCorrupt } = await install({
      files: both,
      besides: [full('tool')],
      answers: noAnswers,
    })
    expect({ there, unproven, isCorrupt }).toEqual({
      there: parts('a'),
      unproven: [full('tool')],
      isCorrupt: false,
    })
  })

  test.each([
    ['its files', { [`${full('tool')}/b.go`]: 'package tool\n' }],
    [
      'its files, and its ziphash agrees',
      {
        [`${full('tool')}/a.go`]: 'x',
        [`${prefix('tool')}.ziphash`]: treeHashOf([{ name: `${full('tool')}/a.go`, sha256: sha256('x') }]),
      },
    ],
    ['its go.mod, which could select other versions', { [`${prefix('tool')}.mod`]: 'module x\n' }],
  ])('is wrong if the database contradicts %s', async (_, files) => {
    const { there, wrong, isCorrupt } = await install({
      ...{ files: { ...both, ...files }, besides: [full('tool')], answers: sumsOf('tool') },
    })
    expect(there).toEqual(parts('a'))
    expect([wrong[0]?.name, isCorrupt]).toEqual([full('tool'), true])
  })

  test('is restored with the parts that go.sum names, and no others', async () => {
    const sums = { ...sumsOf('a'), goMods: sumsOf('a', 'tool').goMods }
    const { there } = await install({ files: both, sums })
    expect(there).toEqual(
      [...parts('a'), ...['info', 'mod'].map((kind) => `${prefix('tool')}.${kind}`)].sort(),
    )
  })
})

function without(files: Readonly<Record<string, string>>, root: string): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([file]) => !file.startsWith(root)))
}
