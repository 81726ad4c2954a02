import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type BuildMetadata,
  decodeMetadata,
  emptyMetadata,
  encodeMetadata,
  shortId,
} from '../../../src/cache/gocache/metadata.ts'

const seconds = fc.nat(4_000_000_000)
const about: fc.Arbitrary<BuildMetadata> = fc.record({
  saved: seconds,
  idle: fc
    .array(fc.tuple(fc.string(), fc.record({ runs: fc.nat(9), lastUsed: seconds })))
    .map((idle) => new Map(idle)),
  whole: fc.record({ bytes: fc.nat(), runsSince: fc.nat(9), madeSince: fc.nat() }),
  logs: fc.array(fc.string()),
  testInputs: fc.array(fc.string()),
  settled: fc.string(),
})
/** JSON that resembles entry metadata in places, as a forged manifest would. */
const made = fc.oneof(
  fc.jsonValue(),
  fc.record(
    {
      saved: fc.jsonValue(),
      idle: fc.oneof(
        fc.jsonValue(),
        fc.array(fc.oneof(fc.jsonValue(), fc.array(fc.jsonValue(), { maxLength: 4 }))),
      ),
      whole: fc.oneof(fc.jsonValue(), fc.record({ bytes: fc.jsonValue(), runsSince: fc.jsonValue() })),
      logs: fc.jsonValue(),
      testInputs: fc.array(fc.jsonValue()),
      settled: fc.jsonValue(),
    },
    { requiredKeys: [] },
  ),
)
/** Decodes a value after a round trip through JSON text. */
const travelled = (value: unknown) => decodeMetadata(JSON.parse(JSON.stringify(value)))

describe('entry metadata', () => {
  test('survives a round trip through the manifest', () => {
    fc.assert(
      fc.property(about, (one) => {
        expect(travelled(encodeMetadata(one))).toEqual(one)
      }),
    )
  })

  test('is well-formed whatever the manifest holds', () => {
    fc.assert(
      fc.property(made, (value) => {
        const { saved, idle, whole, logs, testInputs, settled, ...more } = decodeMetadata(value)
        expect(more).toEqual({})
        expect([typeof saved, typeof settled]).toEqual(['number', 'string'])
        for (const one of [...logs, ...testInputs, ...idle.keys()]) expect(one).toBeTypeOf('string')
        expect([whole.bytes, whole.runsSince].every(Number.isSafeInteger)).toBe(true)
        for (const { runs, lastUsed } of idle.values()) {
          expect(Number.isSafeInteger(runs)).toBe(true)
          expect(lastUsed).toBeTypeOf('number')
        }
      }),
    )
  })

  test('is stable after a second round trip, whatever the manifest held', () => {
    fc.assert(
      fc.property(made, (value) => {
        const once = travelled(value)
        expect(travelled(encodeMetadata(once))).toEqual(once)
      }),
    )
  })

  test.each([
    ['undefined', undefined],
    ['null', null],
    ['a string', 'idle'],
    ['a number', 7],
    ['a list', [['idle', 1, 2]]],
    ['an empty object, as in older entries', {}],
  ])('%s decodes to empty metadata', (_, value) => {
    expect(decodeMetadata(value)).toEqual(emptyMetadata)
  })

  test.each([
    ['no number of runs', ['a', null, 1]],
    ['a fractional number of runs', ['a', 1.5, 1]],
    ['no time', ['a', 1]],
    ['a time that is a string', ['a', 1, '1']],
    ['no name', [1, 1, 1]],
    ['an object instead of a list', { id: 'a', runs: 1, lastUsed: 1 }],
  ])('ignores an unused object with %s, and keeps the others', (_, one) => {
    const { idle } = decodeMetadata({ idle: [one, ['b', 2, 3]] })
    expect([...idle]).toEqual([['b', { runs: 2, lastUsed: 3 }]])
  })

  test('replaces an infinite time by zero', () => {
    expect(decodeMetadata(JSON.parse('{"saved":1e999}')).saved).toBe(0)
  })

  test.each([
    ['a negative number of runs, with which it would never be pruned', '["a",-9007199254740991,1]'],
    ['an infinite time of use', '["a",1,1e999]'],
  ])('ignores an unused object with %s', (_, one) => {
    expect(decodeMetadata(JSON.parse(`{"idle":[${one}]}`)).idle.size).toBe(0)
  })

  test('keeps the valid fields of partly broken metadata', () => {
    expect(decodeMetadata({ saved: 'x', logs: ['a', 1, 'b'], testInputs: 3, settled: 'd' })).toEqual({
      ...emptyMetadata,
      logs: ['a', 'b'],
      settled: 'd',
    })
  })
})

test('a short hash identifies an object, and equals that of its file name', () => {
  const hash = '0123456789abcdef'.repeat(4)
  expect(shortId(hash)).toBe('0123456789abcdef')
  expect(shortId(`${hash}-a`)).toBe(shortId(hash))
})
