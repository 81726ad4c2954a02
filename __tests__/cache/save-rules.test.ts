import { describe, expect, test } from 'vitest'
import type { NamedVersions } from '../../src/cache/gomodcache/select.ts'
import { type EndedJob, endWith, full } from './gomodcache/ended-job.ts'

describe('a job that is not whole', () => {
  const names = (...modules: readonly string[]): NamedVersions => ({
    needed: modules.map(full),
    trees: modules.map(full),
    goMods: modules.map(full),
  })
  const entry = { a: 1000, b: 1000, c: 1000 }
  const unknown = 'the job failed, and what the newest entry holds is not known'

  test.each<readonly [string, Readonly<Record<string, number>>, EndedJob, string | readonly string[]]>([
    [
      'whose go.sum lost lines keeps what it has restored, and adds nothing',
      {},
      { entry, found: 'partial', named: names('a') },
      '',
    ],
    [
      'whose go.sum lost lines of what nothing else proves saves no smaller entry',
      {},
      { entry: { a: 1000 }, trees: 3, found: 'partial', named: names('a'), unchecked: '*' },
      'the job failed, and its entry would hold fewer modules than the one before (1, not 3)',
    ],
    [
      'that was to build a part of the modules keeps the others',
      { d: 1000 },
      { entry, found: 'partial', named: names('a', 'd') },
      ['a', 'b', 'c', 'd'],
    ],
    [
      'after a bump saves, with what it has replaced',
      { d: 1000 },
      { entry, found: 'partial', named: names('a', 'b', 'd') },
      ['a', 'b', 'c', 'd'],
    ],
    [
      'after a bump saves as many modules of which nothing else proves the old ones',
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
      'and has not all modules that it needs',
      { d: 1000 },
      { entry, found: 'partial', named: names('a', 'b', 'd', 'e') },
      'the job failed, and of the 4 modules that builds need 1 are missing',
    ],
    [
      'and has restored nothing, nor has all that it needs, saves a last resort',
      { a: 1000 },
      { entry: undefined, found: 'miss', named: names('a', 'b') },
      ['a'],
    ],
    [
      'and was the first, with all that it needs',
      { a: 1000 },
      { entry: undefined, found: 'miss', named: names('a') },
      ['a'],
    ],
    [
      'because main failed, and was the first, saves a last resort',
      { a: 1000 },
      { entry: undefined, found: 'miss', named: names('a'), failed: true },
      ['a'],
    ],
    [
      'because main failed after all was there',
      { d: 1000 },
      { entry, found: 'partial', named: names('a', 'b', 'd'), failed: true },
      ['a', 'b', 'c', 'd'],
    ],
    [
      'and was not to restore',
      { a: 1000 },
      { entry: undefined, found: 'unknown', named: names('a') },
      unknown,
    ],
    [
      'on a machine that had its modules',
      { a: 1000 },
      { entry: undefined, found: 'exact', named: names('a') },
      unknown,
    ],
    ['with the entry of its own graph', {}, { entry, found: 'exact', named: names('a', 'b', 'c') }, ''],
    [
      'with the entry of its own graph, completed',
      { d: 1000 },
      { entry, found: 'exact', named: names('a', 'b', 'c', 'd') },
      ['a', 'b', 'c', 'd'],
    ],
  ])('%s', async (_, others, job, expected) => {
    const ended = await endWith(others, { ...job, whole: false })
    if (typeof expected === 'string') expect([ended.saved, ended.why]).toEqual([false, expected])
    else {
      expect(ended.modules).toEqual(expected.map(full))
      // Only what may be incomplete has a key that no other fallback finds.
      const isWhole = job.failed !== true || job.entry !== undefined
      const hasAll = (job.named?.needed ?? []).every((name: string) => ended.modules.includes(name))
      expect(ended.key).toMatch(isWhole && hasAll ? /^k-/ : /^k\.part-/)
    }
  })
})

describe('an entry under cache-max-size', () => {
  const tens = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`m${index}`, 15_000 + index]))
  const list = [...Object.keys(tens), 'huge']
  const named = {
    needed: list.map(full),
    trees: [...list, 'tests'].map(full),
    goMods: [...list, 'tests'].map(full),
  }
  const first: EndedJob = { entry: undefined, found: 'miss', named }
  const modules = { ...tens, huge: 400_000, tests: 30 }

  test('does without the largest modules, and warns with the size that it would have', async () => {
    const ended = await endWith(modules, { ...first, maxSize: 150_000 })
    expect(ended.modules).toEqual([...Object.keys(tens), 'tests'].sort().map(full))
    expect(ended.stored).toBeLessThanOrEqual(150_000)
    expect(ended.about).toMatchObject({
      zips: false,
      leftOut: { most: 150_000, zips: true, names: [full('huge')] },
    })
    expect(ended.warning).toMatch(
      /^Module cache: 12 modules would take about 4\d\d kB as stored, and `cache-max-size` allows 150 kB\. The largest are left out, 1 in number, and every run downloads them again\. `cache-max-size: 1 MB` keeps them all\.$/,
    )
  })

  test('prefers what builds need to what only a checksum file names', async () => {
    const few = { ...named, needed: [full('huge')] }
    const ended = await endWith(modules, { ...first, named: few, maxSize: 340_000 })
    expect(ended.modules).toContain(full('huge'))
  })

  test('is not made anew by the next run, nor packed to see that', async () => {
    const { huge: _, ...fitting } = modules
    const leftOut = { most: 150_000, zips: true, names: [full('huge')] }
    const job: EndedJob = { entry: fitting, found: 'exact', named, maxSize: 150_000, leftOut }
    const ended = await endWith({ huge: 400_000 }, job)
    expect(ended).toMatchObject({ saved: false, upToDate: true, packs: 0 })
    expect(ended.why).toBe('`cache-max-size`, 150 kB, leaves out 1 module')
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

  test('is not made where no module fits, which is a warning', async () => {
    const ended = await endWith(modules, { ...first, maxSize: 10 })
    expect(ended).toMatchObject({ saved: false, modules: [] })
    expect(ended.warning).toMatch(
      /^Module cache: nothing is saved, and every run downloads them again\. 12 modules/,
    )
  })

  test('loses nothing by a job that failed', async () => {
    const { huge: _, ...fitting } = modules
    const job: EndedJob = { entry: fitting, found: 'partial', named, maxSize: 150_000, whole: false }
    expect(await endWith({ huge: 400_000 }, job)).toMatchObject({ saved: false, modules: [] })
  })
})
