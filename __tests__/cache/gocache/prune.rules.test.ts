import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BuildMetadata, shortId } from '../../../src/cache/gocache/metadata.ts'
import { dataBytes, type ObjectUse, pruneObjects } from '../../../src/cache/gocache/prune.ts'
import { action, hash, remembering } from './actions.ts'

const unlimited = Number.MAX_SAFE_INTEGER
const job = { now: 1_000_000, prunes: true, sameJob: true, most: unlimited }
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
    const use: ObjectUse = {
      reused: grouped('reused'),
      fresh: grouped('fresh'),
      unused: grouped('unused'),
    }
    const known = all.flatMap(({ action: one, idle }) => (idle === null ? [] : [[one, idle] as const]))
    return { use, before: remembering(known, { saved }), job: { ...job, ...given } }
  })
type Scene = typeof scene extends fc.Arbitrary<infer T> ? T : never
const usedOf = ({ reused, fresh }: ObjectUse) => [...reused, ...fresh]
const lengthOf = ({ use, before, job }: Scene) => dataBytes(pruneObjects(use, before, job).kept)

/** What an entry may hold by the share that is left for what was not used, in bytes. */
function rule({ reused, fresh, unused }: ObjectUse, before: BuildMetadata): number {
  const used = dataBytes([...reused, ...fresh])
  const last = dataBytes([...reused, ...unused].filter(({ id }) => !before.idle.has(shortId(id))))
  return used >= 0.95 * last ? 1.1 * used : Math.max(1.1 * last, last + dataBytes(fresh))
}

/** What an entry may hold by the two rules together, at most. */
function limit({ use, before, job: { prunes, most } }: Scene): number {
  const used = dataBytes(usedOf(use))
  return prunes ? Math.max(used, Math.min(most, rule(use, before))) : unlimited
}

describe('whatever a job used', () => {
  test('all of it stays, and of the rest each object either stays with its past or goes', () => {
    fc.assert(
      fc.property(scene, ({ use, before, job }) => {
        const { kept, idle, pruned } = pruneObjects(use, before, job)
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
        expect(pruneObjects(use, before, { ...job, prunes: false, sameJob: true, most: 0 }).pruned).toEqual(
          [],
        )
      }),
    )
  })

  test("nothing stays of another kind of job's entry that this one does not use, unless it did not do all", () => {
    fc.assert(
      fc.property(scene, ({ use, before, job }) => {
        const { pruned, idle } = pruneObjects(use, before, { ...job, sameJob: false })
        expect(new Set(pruned)).toEqual(new Set(job.prunes ? use.unused : []))
        // The next whole run of this kind prunes it, and does not count it as what it could have used.
        for (const one of idle.values()) expect(one).toEqual({ runs: 3, lastUsed: 0 })
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
        const { kept, pruned } = pruneObjects(use, before, job)
        const held = new Set(kept.map(({ output }) => output))
        const used = dataBytes(usedOf(use))
        const most = job.prunes ? Math.min(job.most, rule(use, before)) : unlimited
        for (const { id, output, size } of pruned) {
          const runs = (before.idle.get(shortId(id))?.runs ?? 0) + (job.prunes ? 1 : 0)
          if (job.prunes && runs >= 3) continue
          expect(held.has(output) && used <= most).toBe(false)
          expect(dataBytes(kept) + size).toBeGreaterThan(most)
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
          const whole = { bytes: unlimited, runsSince: 0, madeSince: 0 }
          const { kept } = pruneObjects(use, remembering(past, { whole }), { ...job, most })
          const best = uses.toSorted(([a, made], [b, later]) => b - a || made - later).slice(0, room)
          const stayed = uses.filter((_, index) => kept.includes(unused[index] ?? action(-1)))
          expect(new Set(stayed)).toEqual(new Set(best))
        },
      ),
    )
  })
})
