import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assignShards, rootOf, unitsProblem } from '../../../src/cache/archive/units.ts'
import { isUnix } from '../../temporary.ts'

describe('assignShards', () => {
  test('spreads by weight, not by number', () => {
    expect(assignShards([100, 10, 40, 50, 10], 2)).toEqual([0, 1, 1, 1, 0])
  })

  test('prefers the first shard and the first unit among equals', () => {
    expect(assignShards([5, 5, 5, 5], 3)).toEqual([0, 1, 2, 0])
  })

  test('exceeds the mean load by at most one unit in any shard', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000)), fc.integer({ min: 2, max: 8 }), (weights, shards) => {
        const assigned = assignShards(weights, shards)
        expect(assigned).toHaveLength(weights.length)
        const loads = Array.from({ length: shards }, (_, shard) =>
          weights.filter((_, unit) => assigned[unit] === shard).reduce((sum, weight) => sum + weight, 0),
        )
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        expect(loads.reduce((sum, load) => sum + load, 0)).toBe(total)
        expect(Math.max(...loads)).toBeLessThanOrEqual(total / shards + Math.max(0, ...weights))
      }),
    )
  })
})

describe('unitsProblem', () => {
  const unit = (name: string, ...roots: string[]) => ({ name, roots })

  test('accepts roots that are siblings or share a prefix, and a unit without roots', () => {
    const units = [unit('a', 'x/a', 'x/a-b', 'x/a.mod'), unit('b', 'x/ab', 'x/b/a'), unit('c')]
    expect(unitsProblem(units, 'linux')).toBeUndefined()
  })

  test.each([
    [[unit('', 'x')], 'the unit name "" is empty or not unique'],
    [[unit('a', 'x'), unit('a', 'y')], 'the unit name "a" is empty or not unique'],
    [[unit('a', 'x'), unit('b', 'x')], 'the root "x" is listed twice'],
    [[unit('a', 'x/y/z'), unit('b', 'x-y', 'x')], 'the root "x/y/z" is inside another root, "x"'],
    [[unit('a', '../x')], 'the root "../x" has an empty, . or .. part'],
    [[unit('a', '/x')], 'the root "/x" is absolute'],
    [
      [unit('a', 'x\n::error::y')],
      'the root "x\\n::error::y" holds a control character or an invisible character',
    ],
    [
      [unit('a\r##[x]', 'x')],
      'the unit name "a\\r##[x]" holds a control character or an invisible character',
    ],
    [[unit('a', '')], 'the root "" has an empty, . or .. part'],
  ])('%j: %s', (units, problem) => {
    expect(unitsProblem(units, 'linux')).toBe(problem)
  })

  test('finds a root inside another one, whatever their names', () => {
    const part = fc.constantFrom('a', 'b', 'a-', 'undefined')
    const root = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
    fc.assert(
      fc.property(fc.uniqueArray(root, { maxLength: 6 }), (roots) => {
        const isInside = roots.some((one) => roots.some((other) => one.startsWith(`${other}/`)))
        expect(unitsProblem([unit('u', ...roots)], 'linux') !== undefined).toBe(isInside)
      }),
    )
  })

  test('needs little time for long paths', () => {
    const roots = Array.from({ length: 2000 }, (_, index) => `${'a/'.repeat(2000)}${index}`)
    const began = performance.now()
    expect(unitsProblem([unit('u', ...roots)], 'linux')).toBeUndefined()
    expect(performance.now() - began).toBeLessThan(isUnix ? 3000 : 9000)
  })

  test('checks roots by the rules of the target system', () => {
    expect(unitsProblem([unit('a', 'x/nul')], 'win32')).toBe(
      'the root "x/nul" has a part that Windows reserves',
    )
  })
})

test.each([
  ['a/b', 'a/b'],
  ['a/b/c/d', 'a/b'],
  ['a/bc', undefined],
  ['a', undefined],
  ['', undefined],
  ['file', 'file'],
])('the root of %j is %j', (path, root) => {
  expect(rootOf(path, new Set(['a/b', 'file']))).toBe(root)
})
