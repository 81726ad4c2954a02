import { describe, expect, test } from 'vitest'
import { fitUseToLimit } from '../../../src/cache/gocache/prune.ts'
import { action } from './actions.ts'

const [a, b, c, d] = [1, 2, 3, 4].map((number) => action(number, { size: number * 100 })) as [
  ReturnType<typeof action>,
  ReturnType<typeof action>,
  ReturnType<typeof action>,
  ReturnType<typeof action>,
]

describe('fitUse', () => {
  test.each([
    ['keeps all used objects if they fit', { reused: [b], fresh: [a] }, 300, [b, a], []],
    ['drops the largest object first', { reused: [], fresh: [c, a, b] }, 300, [a, b], [c]],
    ['prefers objects of the entry to new ones', { reused: [c], fresh: [a, b] }, 300, [c], [a, b]],
    ['drops the largest object of the entry first, too', { reused: [d, a], fresh: [b] }, 450, [a, b], [d]],
    ['drops everything if nothing fits', { reused: [b], fresh: [a] }, 99, [], [b, a]],
    ['drops everything if the limit is zero', { reused: [], fresh: [a] }, 0, [], [a]],
  ])('%s', (_, used, room, kept, leftOut) => {
    const fitting = fitUseToLimit({ ...used, unused: [d] }, room)
    expect([...fitting.use.reused, ...fitting.use.fresh]).toEqual(kept)
    expect(fitting.omitted).toEqual(leftOut)
    expect(fitting.use.unused).toEqual([d])
  })

  test('counts data that two actions share once', () => {
    const alias = action(5, { size: 100, output: a.output })
    const { use } = fitUseToLimit({ reused: [], fresh: [a, alias, b], unused: [] }, 299)
    expect(use.fresh).toEqual([a, alias])
  })

  test('selects the same objects whatever their order', () => {
    const same = [1, 2, 3, 4].map((number) => action(number))
    const kept = (fresh: typeof same) => fitUseToLimit({ reused: [], fresh, unused: [] }, 200).use.fresh
    expect(kept([...same].reverse())).toEqual(kept(same))
  })
})
