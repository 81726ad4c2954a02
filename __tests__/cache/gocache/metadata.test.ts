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
/** JSON that is like ours in places, as one that somebody made up would be. */
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
/** As it travels: through text. */
const travelled = (value: unknown) => decodeMetadata(JSON.parse(JSON.stringify(value)))

describe('what an entry remembers', () => {
  test('comes back from the manifest as it was', () => {
    fc.assert(
      fc.property(about, (one) => {
        expect(travelled(encodeMetadata(one))).toEqual(one)
      }),
    )
  })

  test('is sane whatever the manifest holds', () => {
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

  test('is the same after one more trip, whatever the manifest held', () => {
    fc.assert(
      fc.property(made, (value) => {
        const once = travelled(value)
        expect(travelled(encodeMetadata(once))).toEqual(once)
      }),
    )
  })

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'idle'],
    ['a number', 7],
    ['a list', [['idle', 1, 2]]],
    ['an empty object, as entries had before', {}],
  ])('%s is an entry that remembers nothing', (_, value) => {
    expect(decodeMetadata(value)).toEqual(emptyMetadata)
  })

  test.each([
    ['no number of runs', ['a', null, 1]],
    ['a part of a run', ['a', 1.5, 1]],
    ['no time', ['a', 1]],
    ['a time as text', ['a', 1, '1']],
    ['no name', [1, 1, 1]],
    ['an object in place of a list', { id: 'a', runs: 1, lastUsed: 1 }],
  ])('an idle object with %s counts as not there, and the others stay', (_, one) => {
    const { idle } = decodeMetadata({ idle: [one, ['b', 2, 3]] })
    expect([...idle]).toEqual([['b', { runs: 2, lastUsed: 3 }]])
  })

  test('a time beyond all numbers is none', () => {
    expect(decodeMetadata(JSON.parse('{"saved":1e999}')).saved).toBe(0)
  })

  test.each([
    ['a number of runs below nothing, with which it would never go', '["a",-9007199254740991,1]'],
    ['a time of use beyond all numbers', '["a",1,1e999]'],
  ])('an idle object with %s counts as not there', (_, one) => {
    expect(decodeMetadata(JSON.parse(`{"idle":[${one}]}`)).idle.size).toBe(0)
  })

  test('keeps what it can of a half-broken one', () => {
    expect(decodeMetadata({ saved: 'x', logs: ['a', 1, 'b'], testInputs: 3, settled: 'd' })).toEqual({
      ...emptyMetadata,
      logs: ['a', 'b'],
      settled: 'd',
    })
  })
})

test('a short hash tells objects apart, and is the same for a file name of theirs', () => {
  const hash = '0123456789abcdef'.repeat(4)
  expect(shortId(hash)).toBe('0123456789abcdef')
  expect(shortId(`${hash}-a`)).toBe(shortId(hash))
})
