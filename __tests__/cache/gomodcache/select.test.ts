import { describe, expect, test } from 'vitest'
import type { CachedVersion } from '../../../src/cache/gomodcache/listing.ts'
import { selectModules } from '../../../src/cache/gomodcache/select.ts'

const [began, ended] = [1_000, 2_000]
const job: Parameters<typeof selectModules>[2] = {
  began,
  ended,
  zips: 'auto',
  hadZips: false,
  salt: '',
  restored: new Set(),
  isConfirmed: () => true,
  excluded: '',
}
const named = { trees: ['example.com/a@v1.0.0'], goMods: ['example.com/a@v1.0.0', 'example.com/b@v1.0.0'] }

/** A restored version: everything is older than the job. */
function version(name: string, given: Partial<CachedVersion> = {}): CachedVersion {
  const [path, number] = name.split('@')
  return {
    name,
    prefix: `cache/download/${path}/@v/${number}`,
    tree: `${path}@${number}`,
    files: { info: 1, mod: 1, ziphash: 1 },
    hasList: true,
    treePlaced: 1_500,
    ...given,
  }
}
const names = (versions: readonly CachedVersion[], given = job) =>
  selectModules(versions, named, given).units.map((unit) => unit.name)

describe('selectModules', () => {
  test('packs the tree and its files, with the ziphash second to last and the list last', () => {
    expect(selectModules([version('example.com/a@v1.0.0')], named, job).units).toEqual([
      {
        name: 'example.com/a@v1.0.0',
        roots: [
          'example.com/a@v1.0.0',
          'cache/download/example.com/a/@v/v1.0.0.info',
          'cache/download/example.com/a/@v/v1.0.0.mod',
          'cache/download/example.com/a/@v/v1.0.0.ziphash',
          'cache/download/example.com/a/@v/list',
        ],
      },
    ])
  })

  test('packs only the go.mod files of versions that only the graph names', () => {
    const [unit] = selectModules([version('example.com/b@v1.0.0')], named, job).units
    expect(unit?.roots).not.toContain('example.com/b@v1.0.0')
    expect(unit?.roots).not.toContain('cache/download/example.com/b/@v/v1.0.0.ziphash')
  })

  test('drops versions that no checksum file names, unless this job downloaded them', () => {
    const stranger = version('example.com/tool@v1.0.0')
    const fetched = version('example.com/tool@v1.0.0', { files: { mod: began + 1, ziphash: began + 1 } })
    expect(names([stranger])).toEqual([])
    expect(names([fetched])).toEqual(['example.com/tool@v1.0.0'])
  })

  test('drops all parts of excluded private modules, whichever file names them', () => {
    const both = [version('example.com/a@v1.0.0'), version('example.com/b@v1.0.0')]
    expect(names(both, { ...job, excluded: 'example.com/a' })).toEqual(['example.com/b@v1.0.0'])
    expect(names(both, { ...job, excluded: 'example.com/*' })).toEqual([])
  })

  test('keeps the content of the restored entry, and counts what is new', () => {
    const tool = version('example.com/tool@v1.0.0')
    const first = selectModules([version('example.com/a@v1.0.0'), tool], named, {
      ...job,
      restored: new Set(['example.com/tool@v1.0.0', `${tool.prefix}.mod`]),
    })
    expect(first.units.map((unit) => unit.name)).toEqual(['example.com/a@v1.0.0', 'example.com/tool@v1.0.0'])
    const restored = new Set(first.units.flatMap((unit) => unit.roots))
    expect(selectModules([version('example.com/a@v1.0.0'), tool], named, { ...job, restored }).added).toEqual(
      [],
    )
    const b = version('example.com/b@v1.0.0')
    expect(
      selectModules([version('example.com/a@v1.0.0'), b, tool], named, { ...job, restored }).added,
    ).toHaveLength(2)
  })

  test('never packs a toolchain', () => {
    const toolchain = version('golang.org/toolchain@v0.0.1-go1.27.0.linux-amd64', {
      files: { mod: began + 1, ziphash: began + 1 },
    })
    expect(names([toolchain])).toEqual([])
  })

  test('does not pack an incomplete tree', () => {
    const choice = selectModules([version('example.com/a@v1.0.0', { tree: undefined })], named, job)
    expect(choice.trees).toBe(0)
    expect(choice.units[0]?.roots).not.toContain('cache/download/example.com/a/@v/v1.0.0.ziphash')
  })

  test('packs one list for all versions of a module', () => {
    const both = [
      version('example.com/b@v1.0.0'),
      version('example.com/b@v1.1.0', { files: { mod: began + 1 } }),
    ]
    const lists = selectModules(both, named, job)
      .units.flatMap((unit) => unit.roots)
      .filter((one) => one.endsWith('/list'))
    expect(lists).toHaveLength(1)
  })
})

describe('zips', () => {
  const withZip = (zip: number, treePlaced: number) =>
    version('example.com/a@v1.0.0', { files: { info: 1, mod: 1, ziphash: 1, zip }, treePlaced })
  const hasZips = (one: CachedVersion, given: Partial<Parameters<typeof selectModules>[2]> = {}) =>
    selectModules([one], named, { ...job, ...given }).zips

  test.each([
    ['after our own download', began + 100, began + 100, false],
    ['after a build that downloaded tree and zip', ended + 100, ended + 100, false],
    ['after a plain go mod download following the restore', ended + 100, began + 100, true],
  ] as const)('auto decides %s', (_, zip, treePlaced, wanted) => {
    expect(hasZips(withZip(zip, treePlaced))).toBe(wanted)
  })

  test('auto keeps zips that the restored entry had', () => {
    expect(hasZips(withZip(1, 1), { hadZips: true })).toBe(true)
  })

  test.each(['true', 'false'] as const)('cache-zips: %s decides', (zips) => {
    const choice = selectModules([withZip(ended + 100, 1)], named, { ...job, zips })
    expect(choice.zips).toBe(zips === 'true')
    expect(choice.units[0]?.roots.some((one) => one.endsWith('.zip'))).toBe(zips === 'true')
  })
})

describe('digest', () => {
  const digest = (...versions: CachedVersion[]) => selectModules(versions, named, job).digest
  const [a, b] = [version('example.com/a@v1.0.0'), version('example.com/b@v1.0.0')]

  test('does not depend on file times', () => {
    expect(digest({ ...a, treePlaced: 7, files: { info: 9, mod: 9, ziphash: 9 } })).toBe(digest(a))
  })

  test('ignores lists, which change on their own', () => {
    expect(digest({ ...a, hasList: false })).toBe(digest(a))
  })

  test('differs from that of the restored entry, so that a completed entry is always newer', () => {
    const salted = (salt: string) => selectModules([a], named, { ...job, salt }).digest
    expect(salted('k-1')).not.toBe(salted('k-2'))
  })

  test('changes with what is packed', () => {
    expect(new Set([digest(a), digest(a, b), digest({ ...a, tree: undefined })]).size).toBe(3)
  })
})
