import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { CachedAction } from '../../../src/cache/gocache/listing.ts'
import { type BuildMetadata, emptyMetadata, shortId } from '../../../src/cache/gocache/metadata.ts'
import { classifyByUse, dataBytes, pruneObjects } from '../../../src/cache/gocache/prune.ts'
import { action } from './actions.ts'

const [second, minute, hour] = [1000, 60_000, 3_600_000]
const day = 24 * 60 * 60
const unlimited = Number.MAX_SAFE_INTEGER

describe('sortByUse', () => {
  const began = 100 * hour
  const group = (made: number, used: number, ours: boolean) => {
    const one = action(1, { made, used })
    const { reused, fresh, unused } = classifyByUse([one], began, () => ours)
    const groups = Object.entries({ reused, fresh, unused }).filter(([, actions]) => actions.includes(one))
    return groups.map(([name]) => name).join() || 'not ours'
  }
  const restored = began - 2 * hour

  test.each([
    ['made in this job', began + minute, began + minute, 'fresh', 'fresh'],
    ['made as the job began, with times in whole seconds', began - second, began - second, 'fresh', 'fresh'],
    ['restored and used', 1, began + minute, 'reused', 'reused'],
    ['restored and not used', 1, restored, 'unused', 'not ours'],
    [
      'used in the hour before the job, so that Go does not mark it again',
      1,
      began - 59 * minute,
      'reused',
      'not ours',
    ],
    ['made in the hour before the job', began - hour + minute, began - hour + minute, 'reused', 'not ours'],
    ['used longer ago', 1, began - hour - minute, 'unused', 'not ours'],
  ])('%s', (_, made, used, ours, others) => {
    expect(group(made, used, true)).toBe(ours)
    expect(group(made, used, false)).toBe(others)
  })

  test('a restored unused object is not fresh, even if its machine had a clock ahead of time', () => {
    expect(group(began + minute, restored, true)).toBe('unused')
  })

  test('puts every object into one group, or ignores an unused object of another job', () => {
    const times = fc.integer({ min: began - 3 * hour, max: began + 2 * hour })
    // Go marks what it makes.
    const one = fc
      .record({ made: times, used: times, ours: fc.boolean() })
      .map(({ made, used, ours }) => ({ made, used: Math.max(made, used), ours }))
    fc.assert(
      fc.property(fc.array(one), (objects) => {
        const actions = objects.map(({ made, used }, index) => action(index, { made, used }))
        const ours = new Set(actions.filter((_, index) => objects[index]?.ours).map(({ id }) => id))
        const { reused, fresh, unused } = classifyByUse(actions, began, (id) => ours.has(id))
        const sorted = [...reused, ...fresh, ...unused]
        expect(new Set(sorted).size).toBe(sorted.length)
        const left = actions.filter((one) => !sorted.includes(one))
        for (const { id, made, used } of left)
          expect([ours.has(id), made < began, used < began]).toEqual([false, true, true])
        for (const { id } of unused) expect(ours.has(id)).toBe(true)
        for (const { id, used } of reused) expect(ours.has(id) || used >= began - 2 * second).toBe(true)
      }),
    )
  })
})

describe('dataBytes', () => {
  test('counts data that several actions share once', () => {
    const shared = { output: action(9).output, size: 1000 }
    expect(dataBytes([action(1, shared), action(2, shared), action(3, { size: 7 })])).toBe(1007)
    expect(dataBytes([])).toBe(0)
  })
})

/** Simulates successive jobs, each restoring what the previous one saved. */
function jobs(actions: readonly CachedAction[], began = emptyMetadata) {
  let [entry, about]: [readonly CachedAction[], BuildMetadata] = [actions, began]
  return {
    /** A job that uses part of the entry and saves; `now` in seconds. */
    save(used: readonly CachedAction[], { now = 0, whole = true, most = unlimited } = {}) {
      const use = {
        reused: entry.filter((one) => used.includes(one)),
        fresh: used.filter((one) => !entry.includes(one)),
        unused: entry.filter((one) => !used.includes(one)),
      }
      const { kept, idle } = pruneObjects(use, about, { now, prunes: whole, sameJob: true, most })
      entry = kept
      about = { ...emptyMetadata, saved: now, idle }
    },
    holds: (one: CachedAction) => entry.includes(one),
    idleRuns: (one: CachedAction) => about.idle.get(shortId(one.id))?.runs,
  }
}

describe('objects that are no longer used', () => {
  const [small, large] = [32 * 1024, 32 * 1024 + 1]
  /** Data so large that everything else is irrelevant to the size. */
  const base = action(0, { size: 1e9 })

  test('stay for two saving runs, and are dropped by the third', () => {
    const one = action(1, { size: large })
    const { save, holds, idleRuns } = jobs([base, one])
    const seen = [1, 2, 3].map(() => {
      save([base])
      return [holds(one), idleRuns(one)]
    })
    expect(seen).toEqual([
      [true, 1],
      [true, 2],
      [false, undefined],
    ])
  })

  test('start over when a run uses them', () => {
    const one = action(1, { size: large })
    const { save, holds, idleRuns } = jobs([base, one])
    for (const used of [[base], [base], [base, one]]) save(used)
    expect(idleRuns(one)).toBeUndefined()
    for (const used of [[base], [base]]) save(used)
    expect([holds(one), idleRuns(one)]).toEqual([true, 2])
  })

  test('do not age in failed jobs, which may have used little', () => {
    const one = action(1, { size: large })
    const { save, holds, idleRuns } = jobs([base, one])
    for (let run = 0; run < 9; run++) save([base], { whole: false })
    expect([holds(one), idleRuns(one)]).toEqual([true, 0])
    for (let run = 0; run < 3; run++) save([base])
    expect(holds(one)).toBe(false)
  })

  test('are dropped exactly when three runs in a row did not use them', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 12 }), (uses) => {
        const one = action(1, { size: large })
        const { save, holds } = jobs([base, one])
        let idle = 0
        for (const [run, isUsed] of uses.entries()) {
          save(isUsed ? [base, one] : [base], { now: run * day * 30 })
          idle = isUsed ? 0 : idle + 1
          expect(holds(one)).toBe(idle < 3)
          if (idle >= 3) return
        }
      }),
    )
  })

  test.each([
    [
      'small, as test results are: dropped after five days',
      small,
      [1, 2, 3, 4, 4.9, 5],
      [true, true, true, true, true, false],
    ],
    ['small, with saves far apart: kept for two runs', small, [10, 20, 30], [true, true, false]],
    ['one byte larger than small', large, [0.1, 0.2, 0.3], [true, true, false]],
  ])('%s', (_, size, days, stays) => {
    const one = action(1, { size })
    const { save, holds } = jobs([base])
    const begin = 20_000 * day
    save([base, one], { now: begin })
    const seen = days.map((later) => {
      save([base], { now: begin + later * day })
      return holds(one)
    })
    expect(seen).toEqual(stays)
  })
})
