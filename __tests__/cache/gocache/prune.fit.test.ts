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
    ['all that was used fits', { reused: [b], fresh: [a] }, 300, [b, a], []],
    ['the largest goes first', { reused: [], fresh: [c, a, b] }, 300, [a, b], [c]],
    ['what the entry held comes before what is new', { reused: [c], fresh: [a, b] }, 300, [c], [a, b]],
    ['also of what it held the largest goes first', { reused: [d, a], fresh: [b] }, 450, [a, b], [d]],
    ['nothing fits', { reused: [b], fresh: [a] }, 99, [], [b, a]],
    ['there is no room at all', { reused: [], fresh: [a] }, 0, [], [a]],
  ])('%s', (_, used, room, kept, leftOut) => {
    const fitting = fitUseToLimit({ ...used, unused: [d] }, room)
    expect([...fitting.use.reused, ...fitting.use.fresh]).toEqual(kept)
    expect(fitting.omitted).toEqual(leftOut)
    expect(fitting.use.unused).toEqual([d])
  })

  test('data that two actions name takes its room once', () => {
    const alias = action(5, { size: 100, output: a.output })
    const { use } = fitUseToLimit({ reused: [], fresh: [a, alias, b], unused: [] }, 299)
    expect(use.fresh).toEqual([a, alias])
  })

  test('the same objects give the same choice, in whatever order they come', () => {
    const same = [1, 2, 3, 4].map((number) => action(number))
    const kept = (fresh: typeof same) => fitUseToLimit({ reused: [], fresh, unused: [] }, 200).use.fresh
    expect(kept([...same].reverse())).toEqual(kept(same))
  })
})
