import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { noAbout, shortId } from '../../src/cache/build-about.ts'
import { type BuildUse, bytesOf, chooseObjects } from '../../src/cache/build-choice.ts'
import type { CachedAction } from '../../src/cache/build-listing.ts'
import { action, hash, remembering } from './build-actions.ts'

const unlimited = Number.MAX_SAFE_INTEGER
const job = { now: 1_000_000, prunes: true, most: unlimited }
const saved = 900_000

/** An object, what became of it in the job, and how long it was without use before. */
const object = fc.record({
  group: fc.constantFrom('reused', 'fresh', 'unused', 'unused'),
  output: fc.nat(15),
  made: fc.nat(1000),
  idle: fc.option(fc.record({ runs: fc.nat(3), lastUsed: fc.integer({ min: 400_000, max: saved }) })),
})
const scene = fc
  .record({
    objects: fc.array(object, { maxLength: 30 }),
    // Archives and small things: what holds the same data has the same length.
    sizes: fc.array(fc.oneof(fc.nat(500), fc.nat(200_000)), { minLength: 16, maxLength: 16 }),
    prunes: fc.boolean(),
    most: fc.oneof(fc.constant(unlimited), fc.nat(1_000_000)),
  })
  .map(({ objects, sizes, ...given }) => {
    const all = objects.map(({ output, made, ...rest }, index) => ({
      ...rest,
      action: action(index, { output: hash(output), size: sizes[output] ?? 0, made }),
    }))
    const grouped = (wanted: string) =>
      all.flatMap(({ group, action: one }) => (group === wanted ? [one] : []))
    const use: BuildUse = {
      reused: grouped('reused'),
      fresh: grouped('fresh'),
      unused: grouped('unused'),
    }
    const known = all.flatMap(({ action: one, idle }) => (idle === null ? [] : [[one, idle] as const]))
    return { use, before: remembering(known, { saved }), job: { ...job, ...given } }
  })
type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never
const usedOf = ({ reused, fresh }: BuildUse) => [...reused, ...fresh]
const lengthOf = ({ use, before, job }: Scene) => bytesOf(chooseObjects(use, before, job).kept)

/** What an entry may hold by the two rules together, at most. */
function limit({ use, job: { prunes, most } }: Scene): number {
  const used = bytesOf(usedOf(use))
  const given = bytesOf([...use.reused, ...use.unused])
  const rule = Math.max(1.2 * used, given + bytesOf(use.fresh))
  return prunes ? Math.max(used, Math.min(most, rule)) : unlimited
}

describe('whatever a job used', () => {
  test('all of it stays, and of the rest each object either stays with its past or goes', () => {
    fc.assert(
      fc.property(scene, ({ use, before, job }) => {
        const { kept, idle, pruned } = chooseObjects(use, before, job)
        expect(new Set(kept).size).toBe(kept.length)
        expect(kept).toEqual(expect.arrayContaining(usedOf(use)))
        const left = kept.filter((one) => use.unused.includes(one))
        expect(new Set([...left, ...pruned])).toEqual(new Set(use.unused))
        expect(left.length + pruned.length).toBe(use.unused.length)
        expect(kept.length).toBe(usedOf(use).length + left.length)
        expect(new Set(idle.keys())).toEqual(new Set(left.map(({ id }) => shortId(id))))
        for (const { id } of left) {
          const past = before.idle.get(shortId(id)) ?? { runs: 0, lastUsed: saved }
          expect(idle.get(shortId(id))).toEqual({ ...past, runs: past.runs + (job.prunes ? 1 : 0) })
        }
      }),
    )
  })

  test('a job that may have left something out prunes nothing, however full the entry is', () => {
    fc.assert(
      fc.property(scene, ({ use, before }) => {
        expect(chooseObjects(use, before, { ...job, prunes: false, most: 0 }).pruned).toEqual([])
      }),
    )
  })

  test('an entry grows no larger than the rules allow, or than what was used', () => {
    fc.assert(
      fc.property(scene, (one) => {
        expect(lengthOf(one)).toBeLessThanOrEqual(limit(one))
      }),
    )
  })

  test('nothing goes early for which there was room', () => {
    fc.assert(
      fc.property(scene, (one) => {
        const { use, before, job } = one
        const { kept, pruned } = chooseObjects(use, before, job)
        const held = new Set(kept.map(({ output }) => output))
        const [used, given] = [bytesOf(usedOf(use)), bytesOf([...use.reused, ...use.unused])]
        const rule = used >= 0.8 * given ? 1.2 * used : given + bytesOf(use.fresh)
        const most = job.prunes ? Math.min(job.most, rule) : unlimited
        for (const { id, output, size } of pruned) {
          const runs = (before.idle.get(shortId(id))?.runs ?? 0) + (job.prunes ? 1 : 0)
          if (job.prunes && runs >= 3) continue
          expect(held.has(output) && used <= most).toBe(false)
          expect(bytesOf(kept) + size).toBeGreaterThan(most)
        }
      }),
    )
  })

  test('of equal size, the one that was used longest ago goes first, and then the one made last', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(fc.nat(5), fc.nat(5)), { selector: String }),
        fc.nat(9),
        (uses, room) => {
          const unused = uses.map(([, made], index) => action(index, { size: 50_000, made }))
          const past = unused.map(
            (one, index) => [one, { runs: 0, lastUsed: uses[index]?.[0] ?? 0 }] as const,
          )
          const use = { reused: [action(99, { size: 50_000 })], fresh: [], unused }
          const most = 50_000 * (1 + room)
          const { kept } = chooseObjects(use, remembering(past), { ...job, most })
          const best = uses.toSorted(([a, made], [b, later]) => b - a || made - later).slice(0, room)
          const stayed = uses.filter((_, index) => kept.includes(unused[index] ?? action(-1)))
          expect(new Set(stayed)).toEqual(new Set(best))
        },
      ),
    )
  })
})

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
    expect(pruned.filter((one) => results.includes(one))).toEqual([])
  })
})
