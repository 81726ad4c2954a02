import { describe, expect, test } from 'vitest'
import type { CachedAction } from '../../../src/cache/gocache/listing.ts'
import { emptyMetadata, type FullRun, shortId } from '../../../src/cache/gocache/metadata.ts'
import { pruneObjects } from '../../../src/cache/gocache/prune.ts'
import { action, remembering } from './actions.ts'

const unlimited = Number.MAX_SAFE_INTEGER
const job = { now: 1_000_000, prunes: true, sameJob: true, most: unlimited }
const saved = 900_000

describe('how large an entry gets', () => {
  const mib = 1024 * 1024
  const sized = (count: number, from: number, given: Partial<CachedAction> = {}) =>
    Array.from({ length: count }, (_, index) => action(from + index, { size: mib, ...given }))
  const lengths = (reused: number, fresh: number, unused: number, most = unlimited) => {
    const use = { reused: sized(reused, 0), fresh: sized(fresh, 200), unused: sized(unused, 400) }
    return pruneObjects(use, { ...emptyMetadata, saved }, { ...job, most }).kept.length
  }

  test.each([
    ['nothing was left over', [100, 10, 0], 110],
    ['a tenth was replaced: all fits', [90, 10, 10], 110],
    ['half was replaced: a tenth more than what was used', [50, 50, 50], 110],
    ['everything was replaced', [0, 100, 100], 110],
    ['just so much was used that nothing was left out', [76, 19, 24], 104],
    ['a small step was left out, and nothing was replaced: everything stays', [90, 0, 10], 100],
    ['a small step was left out, and much was replaced: all fits', [60, 30, 40], 130],
    ['a large step was left out: everything stays', [50, 0, 50], 100],
    ['little was used, and something new: everything stays', [30, 20, 70], 120],
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
      'the last whole run counts, and not what its successors left over',
      [100, 0],
      [95, 5, 40],
      [110, 100, 0],
    ],
    ['a run with less is not whole', [100, 0], [90, 0, 30], [110, 100, 1]],
    ['nor the one after it', [100, 1], [90, 0, 30], [110, 100, 2]],
    ['the third one shows that the step is gone for good', [100, 2], [90, 0, 30], [99, 90, 0]],
    ['a run with more is whole at once', [100, 2], [110, 0, 40], [121, 110, 0]],
    ['beside what was left out there is room for what was replaced', [100, 0], [50, 40, 90], [140, 100, 1]],
    ['and for what was replaced in the run before', [100, 1, 40], [50, 40, 130], [180, 100, 2]],
  ] as const)('%s', (_, [bytes, runs, made = 0], [reused, fresh, unused], expected) => {
    expect(after(sized100(bytes, runs, made), reused, fresh, unused)).toEqual(expected)
  })

  test('a failed job says nothing of what a whole one uses', () => {
    const use = { reused: sized(10, 0), fresh: [], unused: sized(90, 400) }
    const whole = sized100(100, 1)
    const failed = { ...job, prunes: false }
    expect(pruneObjects(use, { ...emptyMetadata, saved, whole }, failed).whole).toEqual(whole)
    const foreign = pruneObjects(use, { ...emptyMetadata, saved, whole }, { ...failed, sameJob: false })
    expect(foreign.whole).toEqual(emptyMetadata.whole)
  })

  test('never more than is allowed, unless the used objects alone are', () => {
    expect(lengths(90, 10, 10, 105 * mib)).toBe(105)
    expect(lengths(90, 10, 10, 100 * mib)).toBe(100)
    expect(lengths(90, 10, 10, 50 * mib)).toBe(100)
  })

  test('what shares its data with a used object takes no room', () => {
    const [one] = sized(1, 0)
    if (one === undefined) throw new Error('there is one')
    const alias = action(1, { size: mib, output: one.output })
    const use = { reused: [one], fresh: [], unused: [alias, action(2, { size: mib })] }
    expect(pruneObjects(use, emptyMetadata, { ...job, most: mib }).kept).toEqual([one, alias])
  })

  test('not even where the used objects alone take more than is allowed', () => {
    const one = action(0, { size: mib })
    const alias = action(1, { size: mib, output: one.output })
    const use = { reused: [one], fresh: [], unused: [alias] }
    expect(pruneObjects(use, emptyMetadata, { ...job, most: mib - 1 }).kept).toEqual([one, alias])
  })

  test('twenty changes, each of a third of the code, leave an entry of no more than a tenth above a fresh one', () => {
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

  test('results of tests do not make room for archives that nothing uses', () => {
    // Of the last run, which used all of it: first Go compiles, then it tests.
    const archives = sized(50, 400, { made: 1 })
    const results = sized(50, 600, { made: 2, size: 300 })
    const use = { reused: sized(50, 0), fresh: sized(50, 200), unused: [...archives, ...results] }
    const { pruned } = pruneObjects(use, { ...emptyMetadata, saved }, job)
    expect(pruned.filter((one) => results.includes(one))).toHaveLength(0)
  })

  test('nor do results by program, though they have been without use for longer', () => {
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
