import { describe, expect, test } from 'vitest'
import { noAbout, shortId } from '../../../src/cache/build/about.ts'
import { chooseObjects } from '../../../src/cache/build/choice.ts'
import type { CachedAction } from '../../../src/cache/build/listing.ts'
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
    return chooseObjects(use, { ...noAbout, saved }, { ...job, most }).kept.length
  }

  test.each([
    ['nothing was left over', [100, 10, 0], 110],
    ['a tenth was replaced: all fits', [90, 10, 10], 110],
    ['half was replaced: a fifth more than what was used', [50, 50, 50], 120],
    ['everything was replaced', [0, 100, 100], 120],
    ['just so much was used that the rest counts as replaced', [80, 0, 20], 96],
    ['a step was left out: everything stays', [79, 0, 21], 100],
    ['little was used, and something new: everything stays', [30, 20, 70], 120],
  ] as const)('%s', (_, [reused, fresh, unused], kept) => {
    expect(lengths(reused, fresh, unused)).toBe(kept)
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
    expect(chooseObjects(use, noAbout, { ...job, most: mib }).kept).toEqual([one, alias])
  })

  test('not even where the used objects alone take more than is allowed', () => {
    const one = action(0, { size: mib })
    const alias = action(1, { size: mib, output: one.output })
    const use = { reused: [one], fresh: [], unused: [alias] }
    expect(chooseObjects(use, noAbout, { ...job, most: mib - 1 }).kept).toEqual([one, alias])
  })

  test('twenty changes, each of a third of the code, leave an entry of no more than a fifth above a fresh one', () => {
    let [entry, about] = [sized(100, 0), { ...noAbout, saved }]
    for (let change = 1; change <= 20; change++) {
      const fresh = sized(33, change * 1000)
      const live = entry.filter(({ id }) => !about.idle.has(shortId(id)))
      const [unused, reused] = [live.slice(0, 33), live.slice(33)]
      const old = entry.filter(({ id }) => about.idle.has(shortId(id)))
      const { kept, idle } = chooseObjects({ reused, fresh, unused: [...unused, ...old] }, about, job)
      entry = [...kept]
      about = { ...noAbout, saved: saved + change, idle }
      expect(entry.length).toBeLessThanOrEqual(120)
    }
  })

  test('results of tests do not make room for archives that nothing uses', () => {
    // Of the last run, which used all of it: first Go compiles, then it tests.
    const archives = sized(50, 400, { made: 1 })
    const results = sized(50, 600, { made: 2, size: 300 })
    const use = { reused: sized(50, 0), fresh: sized(50, 200), unused: [...archives, ...results] }
    const { pruned } = chooseObjects(use, { ...noAbout, saved }, job)
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
    const { pruned } = chooseObjects(use, before, job)
    expect(pruned.filter((one) => results.includes(one))).toHaveLength(0)
  })
})
