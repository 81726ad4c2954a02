import { describe, expect, test } from 'vitest'
import type { NamedVersions } from '../../../src/cache/gomodcache/select.ts'
import { type EndedJob, endWith, full } from './ended-job.ts'

describe('an incomplete job', () => {
  const names = (...modules: readonly string[]): NamedVersions => ({
    needed: modules.map(full),
    trees: modules.map(full),
    goMods: modules.map(full),
  })
  const entry = { a: 1000, b: 1000, c: 1000 }
  const unknown = 'the job failed, and the content of the newest entry is unknown'

  test.each<readonly [string, Readonly<Record<string, number>>, EndedJob, string | readonly string[]]>([
    [
      'whose go.sum lost lines saves what it restored, and adds nothing',
      {},
      { entry, found: 'partial', named: names('a') },
      '',
    ],
    [
      'whose go.sum lost the only proof of modules saves no smaller entry',
      {},
      { entry: { a: 1000 }, trees: 3, found: 'partial', named: names('a'), unchecked: '*' },
      'the job failed, and its entry would hold fewer modules than the previous one (1, not 3)',
    ],
    [
      'that builds only some of the modules keeps the others',
      { d: 1000 },
      { entry, found: 'partial', named: names('a', 'd') },
      ['a', 'b', 'c', 'd'],
    ],
    [
      'saves after a bump, with the replaced modules',
      { d: 1000 },
      { entry, found: 'partial', named: names('a', 'b', 'd') },
      ['a', 'b', 'c', 'd'],
    ],
    [
      'saves after a bump as many modules whose old versions have no other proof',
      { d: 1000 },
      {
        entry: { a: 1000, b: 1000 },
        trees: 3,
        found: 'partial',
        named: names('a', 'b', 'd'),
        unchecked: '*',
      },
      ['a', 'b', 'd'],
    ],
    [
      'does not save if it misses needed modules',
      { d: 1000 },
      { entry, found: 'partial', named: names('a', 'b', 'd', 'e') },
      'the job failed, and 1 of 4 required modules are missing',
    ],
    [
      'saves a last resort if it restored nothing and misses needed modules',
      { a: 1000 },
      { entry: undefined, found: 'miss', named: names('a', 'b') },
      ['a'],
    ],
    [
      'saves if it is the first and has all needed modules',
      { a: 1000 },
      { entry: undefined, found: 'miss', named: names('a') },
      ['a'],
    ],
    [
      'saves a last resort if main failed in the first job',
      { a: 1000 },
      { entry: undefined, found: 'miss', named: names('a'), failed: true },
      ['a'],
    ],
    [
      'saves if main failed after everything was present',
      { d: 1000 },
      { entry, found: 'partial', named: names('a', 'b', 'd'), failed: true },
      ['a', 'b', 'c', 'd'],
    ],
    [
      'does not save if it was not to restore',
      { a: 1000 },
      { entry: undefined, found: 'unknown', named: names('a') },
      unknown,
    ],
    [
      'does not save on a machine that had its modules',
      { a: 1000 },
      { entry: undefined, found: 'exact', named: names('a') },
      unknown,
    ],
    ['keeps the entry of its own graph', {}, { entry, found: 'exact', named: names('a', 'b', 'c') }, ''],
    [
      'completes the entry of its own graph',
      { d: 1000 },
      { entry, found: 'exact', named: names('a', 'b', 'c', 'd') },
      ['a', 'b', 'c', 'd'],
    ],
  ])('%s', async (_, others, job, expected) => {
    const ended = await endWith(others, { ...job, whole: false })
    if (typeof expected === 'string') expect([ended.saved, ended.why]).toEqual([false, expected])
    else {
      expect(ended.modules).toEqual(expected.map(full))
      // Only a possibly incomplete entry has a key that no other fallback finds.
      const isWhole = job.failed !== true || job.entry !== undefined
      const hasAll = (job.named?.needed ?? []).every((name: string) => ended.modules.includes(name))
      expect(ended.key).toMatch(isWhole && hasAll ? /^k-/ : /^k\.part-/)
    }
  })
})

describe('an entry limited by cache-max-size', () => {
  const tens = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`m${index}`, 15_000 + index]))
  const list = [...Object.keys(tens), 'huge']
  const named = {
    needed: list.map(full),
    trees: [...list, 'tests'].map(full),
    goMods: [...list, 'tests'].map(full),
  }
  const first: EndedJob = { entry: undefined, found: 'miss', named }
  const modules = { ...tens, huge: 400_000, tests: 30 }

  test('omits the largest modules, and warns with the full size', async () => {
    const ended = await endWith(modules, { ...first, maxSize: 150_000 })
    expect(ended.modules).toEqual([...Object.keys(tens), 'tests'].sort().map(full))
    expect(ended.stored).toBeLessThanOrEqual(150_000)
    expect(ended.about).toMatchObject({
      zips: false,
      leftOut: { most: 150_000, zips: true, names: [full('huge')] },
    })
    expect(ended.warning).toMatch(
      /^Module cache: 12 modules would take about 4\d\d kB when stored, and `cache-max-size` allows 150 kB\. The entry omits the 1 largest, and every run downloads them again\. To make everything fit, set `cache-max-size: 1 MB`\.$/,
    )
  })

  test('prefers modules that builds need to those that only a checksum file names', async () => {
    const few = { ...named, needed: [full('huge')] }
    const ended = await endWith(modules, { ...first, named: few, maxSize: 340_000 })
    expect(ended.modules).toContain(full('huge'))
  })

  test('is neither replaced nor packed again by the next run', async () => {
    const { huge: _, ...fitting } = modules
    const leftOut = { most: 150_000, zips: true, names: [full('huge')] }
    const job: EndedJob = { entry: fitting, found: 'exact', named, maxSize: 150_000, leftOut }
    const ended = await endWith({ huge: 400_000 }, job)
    expect(ended).toMatchObject({ saved: false, upToDate: true, packs: 0 })
    expect(ended.why).toBe('`cache-max-size` (150 kB) omits 1 module')
    expect(ended.warning).toBeUndefined()
  })

  test('is completed when the limit is raised', async () => {
    const { huge: _, ...fitting } = modules
    const leftOut = { most: 150_000, zips: true, names: [full('huge')] }
    const job: EndedJob = { entry: fitting, found: 'exact', named, maxSize: 1e9, leftOut }
    const ended = await endWith({ huge: 400_000 }, job)
    expect(ended.modules).toContain(full('huge'))
    expect(ended.about).not.toHaveProperty('leftOut')
  })

  test('is not saved if no module fits, with a warning', async () => {
    const ended = await endWith(modules, { ...first, maxSize: 10 })
    expect(ended).toMatchObject({ saved: false, modules: [] })
    expect(ended.warning).toMatch(
      /^Module cache: nothing is saved, and every run downloads them again\. 12 modules/,
    )
  })

  test('keeps everything after a failed job', async () => {
    const { huge: _, ...fitting } = modules
    const job: EndedJob = { entry: fitting, found: 'partial', named, maxSize: 150_000, whole: false }
    expect(await endWith({ huge: 400_000 }, job)).toMatchObject({ saved: false, modules: [] })
  })
})
