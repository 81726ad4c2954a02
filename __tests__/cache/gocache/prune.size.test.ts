import { describe, expect, test } from 'vitest'
import type { CachedAction } from '../../../src/cache/gocache/listing.ts'
import { emptyMetadata, type FullRun, shortId } from '../../../src/cache/gocache/metadata.ts'
import { pruneObjects } from '../../../src/cache/gocache/prune.ts'
import { action, remembering } from './actions.ts'

const unlimited = Number.MAX_SAFE_INTEGER
const job = { now: 1_000_000, prunes: true, sameJob: true, most: unlimited }
const saved = 900_000

describe('the size of an entry', () => {
  const mib = 1024 * 1024
  const sized = (count: number, from: number, given: Partial<CachedAction> = {}) =>
    Array.from({ length: count }, (_, index) => action(from + index, { size: mib, ...given }))
  const lengths = (reused: number, fresh: number, unused: number, most = unlimited) => {
    const use = { reused: sized(reused, 0), fresh: sized(fresh, 200), unused: sized(unused, 400) }
    return pruneObjects(use, { ...emptyMetadata, saved }, { ...job, most }).kept.length
  }

  test.each([
    ['allows everything if nothing was unused', [100, 10, 0], 110],
    ['allows everything if a tenth was replaced', [90, 10, 10], 110],
    ['is the used objects plus a tenth if half was replaced', [50, 50, 50], 110],
    ['is the used objects plus a tenth if everything was replaced', [0, 100, 100], 110],
    ['is limited as soon as the used share shows that no work was skipped', [76, 19, 24], 104],
    ['keeps everything if a small step was skipped and nothing was replaced', [90, 0, 10], 100],
    ['allows everything if a small step was skipped and much was replaced', [60, 30, 40], 130],
    ['keeps everything if a large step was skipped', [50, 0, 50], 100],
    ['keeps everything if little was used and something is new', [30, 20, 70], 120],
  ] as const)('%s', (_, [reused, fresh, unused], kept) => {
    expect(lengths(reused, fresh, unused)).toBe(kept)
  })

  const sized100 = (bytes: number, runsSince: number, made = 0) => ({
    bytes: bytes * mib,
    runsSince,
    madeSince: made * mib,
  })
  const after = (whole: FullRun, reused: number, fresh: number, unused: number) => {
    const use = { reused: sized(reused, 0), fresh: sized(fresh, 200), unused: sized(unused, 400) }
    const choice = pruneObjects(use, { ...emptyMetadata, saved, whole }, job)
    return [choice.kept.length, choice.whole.bytes / mib, choice.whole.runsSince]
  }

  test.each([
    [
      'measures by the last full run, and not by the leftovers of later runs',
      [100, 0],
      [95, 5, 40],
      [110, 100, 0],
    ],
    ['does not count a smaller run as full', [100, 0], [90, 0, 30], [110, 100, 1]],
    ['does not count the second smaller run as full', [100, 1], [90, 0, 30], [110, 100, 2]],
    ['treats the step as gone after the third smaller run', [100, 2], [90, 0, 30], [99, 90, 0]],
    ['counts a larger run as full at once', [100, 2], [110, 0, 40], [121, 110, 0]],
    ['leaves room for skipped and for replaced objects', [100, 0], [50, 40, 90], [140, 100, 1]],
    ['leaves room also for objects replaced in the previous run', [100, 1, 40], [50, 40, 130], [180, 100, 2]],
  ] as const)('%s', (_, [bytes, runs, made = 0], [reused, fresh, unused], expected) => {
    expect(after(sized100(bytes, runs, made), reused, fresh, unused)).toEqual(expected)
  })

  test('does not change the full run after a failed job', () => {
    const use = { reused: sized(10, 0), fresh: [], unused: sized(90, 400) }
    const whole = sized100(100, 1)
    const failed = { ...job, prunes: false }
    expect(pruneObjects(use, { ...emptyMetadata, saved, whole }, failed).whole).toEqual(whole)
    const otherJob = pruneObjects(use, { ...emptyMetadata, saved, whole }, { ...failed, sameJob: false })
    expect(otherJob.whole).toEqual(emptyMetadata.whole)
  })

  test('never exceeds the limit, unless the used objects alone do', () => {
    expect(lengths(90, 10, 10, 105 * mib)).toBe(105)
    expect(lengths(90, 10, 10, 100 * mib)).toBe(100)
    expect(lengths(90, 10, 10, 50 * mib)).toBe(100)
  })

  test('does not count unused objects that share data with a used one', () => {
    const [one] = sized(1, 0)
    if (one === undefined) throw new Error('there is one')
    const alias = action(1, { size: mib, output: one.output })
    const use = { reused: [one], fresh: [], unused: [alias, action(2, { size: mib })] }
    expect(pruneObjects(use, emptyMetadata, { ...job, most: mib }).kept).toEqual([one, alias])
  })

  test('does not count them even if the used objects alone exceed the limit', () => {
    const one = action(0, { size: mib })
    const alias = action(1, { size: mib, output: one.output })
    const use = { reused: [one], fresh: [], unused: [alias] }
    expect(pruneObjects(use, emptyMetadata, { ...job, most: mib - 1 }).kept).toEqual([one, alias])
  })

  test('stays within a tenth of a fresh entry over twenty changes of a third of the code each', () => {
    let [entry, about] = [sized(100, 0), { ...emptyMetadata, saved }]
    for (let change = 1; change <= 20; change++) {
      const fresh = sized(33, change * 1000)
      const live = entry.filter(({ id }) => !about.idle.has(shortId(id)))
      const [unused, reused] = [live.slice(0, 33), live.slice(33)]
      const old = entry.filter(({ id }) => about.idle.has(shortId(id)))
      const { kept, idle } = pruneObjects({ reused, fresh, unused: [...unused, ...old] }, about, job)
      entry = [...kept]
      about = { ...emptyMetadata, saved: saved + change, idle }
      expect(entry.length).toBeLessThanOrEqual(110)
    }
  })

  test('test results do not displace unused archives', () => {
    // Of the last run, which used all of it: Go compiles first, then it tests.
    const archives = sized(50, 400, { made: 1 })
    const results = sized(50, 600, { made: 2, size: 300 })
    const use = { reused: sized(50, 0), fresh: sized(50, 200), unused: [...archives, ...results] }
    const { pruned } = pruneObjects(use, { ...emptyMetadata, saved }, job)
    expect(pruned.filter((one) => results.includes(one))).toHaveLength(0)
  })

  test('results by program do not displace them either, though unused for longer', () => {
    const archives = sized(50, 400)
    const results = sized(50, 600, { size: 300 })
    const use = { reused: sized(50, 0), fresh: sized(50, 200), unused: [...archives, ...results] }
    const yesterday = { runs: 1, lastUsed: saved - 24 * 60 * 60 }
    const before = remembering(
      results.map((one) => [one, yesterday]),
      { saved },
    )
    const { pruned } = pruneObjects(use, before, job)
    expect(pruned.filter((one) => results.includes(one))).toHaveLength(0)
  })
})
