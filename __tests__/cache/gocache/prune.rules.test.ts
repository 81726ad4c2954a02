import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type BuildMetadata, shortId } from '../../../src/cache/gocache/metadata.ts'
import { dataBytes, type ObjectUse, pruneObjects } from '../../../src/cache/gocache/prune.ts'
import { action, hash, remembering } from './actions.ts'

const unlimited = Number.MAX_SAFE_INTEGER
const job = { now: 1_000_000, prunes: true, sameJob: true, most: unlimited }
const saved = 900_000

/** An object, how the job used it, and how long it was unused before. */
const object = fc.record({
  group: fc.constantFrom('reused', 'fresh', 'unused', 'unused'),
  output: fc.nat(15),
  made: fc.nat(1000),
  idle: fc.option(fc.record({ runs: fc.nat(3), lastUsed: fc.integer({ min: 400_000, max: saved }) })),
})
const scene = fc
  .record({
    objects: fc.array(object, { maxLength: 30 }),
    // Archives and small objects: objects that share data have the same length.
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

/** Maximum size of an entry by the share that is left for unused objects, in bytes. */
function rule({ reused, fresh, unused }: ObjectUse, before: BuildMetadata): number {
  const used = dataBytes([...reused, ...fresh])
  const last = dataBytes([...reused, ...unused].filter(({ id }) => !before.idle.has(shortId(id))))
  return used >= 0.95 * last ? 1.1 * used : Math.max(1.1 * last, last + dataBytes(fresh))
}

/** Maximum size of an entry by both rules together. */
function limit({ use, before, job: { prunes, most } }: Scene): number {
  const used = dataBytes(usedOf(use))
  return prunes ? Math.max(used, Math.min(most, rule(use, before))) : unlimited
}

describe('pruneObjects, for any use of objects', () => {
  test('keeps all used objects, and keeps each unused one with its history or drops it', () => {
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

  test('prunes nothing after a job that may have skipped work, however large the entry is', () => {
    fc.assert(
      fc.property(scene, ({ use, before }) => {
        expect(pruneObjects(use, before, { ...job, prunes: false, sameJob: true, most: 0 }).pruned).toEqual(
          [],
        )
      }),
    )
  })

  test('drops every unused object of an entry of another job kind, unless the job may have skipped work', () => {
    fc.assert(
      fc.property(scene, ({ use, before, job }) => {
        const { pruned, idle } = pruneObjects(use, before, { ...job, sameJob: false })
        expect(new Set(pruned)).toEqual(new Set(job.prunes ? use.unused : []))
        // The next complete run of this kind prunes it, and does not count it as available.
        for (const one of idle.values()) expect(one).toEqual({ runs: 3, lastUsed: 0 })
      }),
    )
  })

  test('keeps the entry within the rules, or at the size of the used objects', () => {
    fc.assert(
      fc.property(scene, (one) => {
        expect(lengthOf(one)).toBeLessThanOrEqual(limit(one))
      }),
    )
  })

  test('drops no object early that there is room for', () => {
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

  test('drops, among equal sizes, the least recently used object first, then the newest', () => {
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
