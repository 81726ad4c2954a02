import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareModules } from '../../src/gofiles/module-changes.ts'

const [x1, x2, x3] = ['example.com/x@v1.0.0', 'example.com/x@v1.1.0', 'example.com/x@v1.2.0']
const [y, z] = ['example.com/y@v0.1.0', 'example.com/z/v2@v2.0.0+incompatible']
const none = { added: [], removed: [], changed: [] }
const fromTo = (path: string, from: string, to: string) => ({ path, from, to })

describe('compareModules', () => {
  test.each([
    ['two empty sets', [], [], none],
    ['the same set in another order', [x1, y], [y, x1], none],
    ['the same module named twice', [x1, x1], [x1], none],
    ['an added module', [x1], [x1, y], { ...none, added: [y] }],
    ['a removed module', [x1, y], [x1], { ...none, removed: [y] }],
    [
      'another version',
      [x1, y],
      [x2, y],
      { ...none, changed: [fromTo('example.com/x', 'v1.0.0', 'v1.1.0')] },
    ],
    ['an older version', [x2], [x1], { ...none, changed: [fromTo('example.com/x', 'v1.1.0', 'v1.0.0')] }],
    ['another module with a path of equal prefix', [y], [z], { ...none, added: [z], removed: [y] }],
    ['a second version next to the first', [x1], [x1, x2], { ...none, added: [x2] }],
    ['removal of one of two versions', [x1, x2], [x2], { ...none, removed: [x1] }],
    [
      'replacement of one of two versions',
      [x1, x2],
      [x1, x3],
      { ...none, changed: [fromTo('example.com/x', 'v1.1.0', 'v1.2.0')] },
    ],
    [
      'two versions become one, which is ambiguous',
      [x1, x2],
      [x3],
      { ...none, added: [x3], removed: [x1, x2] },
    ],
    ['one version becomes two', [x3], [x2, x1], { ...none, added: [x1, x2], removed: [x3] }],
  ])('%s', (_, before, after, changes) => {
    expect(compareModules(before, after)).toEqual(changes)
  })

  test('the changes turn the earlier set into the later one, in a fixed order', () => {
    const versions = fc.uniqueArray(
      fc
        .tuple(fc.constantFrom('a.example/m', 'a.example/m/v2', 'b.example/@x'), fc.nat(4))
        .map(([path, number]) => `${path}@v1.${number}.0`),
    )
    fc.assert(
      fc.property(versions, versions, (before, after) => {
        const { added, removed, changed } = compareModules(before, after)
        const gone = [...removed, ...changed.map(({ path, from }) => `${path}@${from}`)]
        const come = [...added, ...changed.map(({ path, to }) => `${path}@${to}`)]
        expect(gone.every((name) => before.includes(name) && !after.includes(name))).toBe(true)
        expect(come.every((name) => after.includes(name) && !before.includes(name))).toBe(true)
        const turned = [...before.filter((name) => !gone.includes(name)), ...come]
        expect(turned.toSorted()).toEqual(after.toSorted())
        expect(compareModules(before.toReversed(), new Set(after.toReversed()))).toEqual({
          added,
          removed,
          changed,
        })
      }),
    )
  })

  test('the changes are symmetric', () => {
    const { added, removed, changed } = compareModules([x1, y], [x2, z])
    expect(compareModules([x2, z], [x1, y])).toEqual({
      added: removed,
      removed: added,
      changed: changed.map(({ path, from, to }) => fromTo(path, to, from)),
    })
  })

  test('a name without a version is not a module version', () => {
    expect(() => compareModules(['sumdb'], [])).toThrow(RangeError)
  })
})
