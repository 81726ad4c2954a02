import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  incompleteKey,
  type KeyPart,
  keyText,
  keyWithDigest,
  makeKey,
  matchesRequest,
  matchKey,
  shortHash,
  withIncompleteFallback,
} from '../../src/cache/key.ts'

const part = (name: string, value: string): KeyPart => ({ name, value, of: name })
const parts = [part('schema', 's.v1'), part('go', 'go1.26.0'), part('job', 'j1'), part('source', 'abc')]

describe('makeKey', () => {
  test('joins the parts, and drops them from the right for the fallbacks', () => {
    const key = makeKey(parts, 2)
    expect(key.full).toBe('s.v1-go1.26.0-j1-abc')
    expect(key.fallbacks).toEqual(['s.v1-go1.26.0-j1-', 's.v1-go1.26.0-'])
  })

  test('never ends a fallback inside a part', () => {
    const [nearest] = makeKey([part('a', 'x1'), part('b', 'y')], 1).fallbacks
    expect('x12-y'.startsWith(nearest ?? '')).toBe(false)
  })

  test.each(['with-dash', 'Upper', 'comma,', '', 'blank here'])('refuses the part %j', (value) => {
    expect(() => makeKey([part('a', value)], 1)).toThrow(RangeError)
  })

  test('stays within the limits of @actions/cache: ten keys of 512 characters', () => {
    const many = Array.from({ length: 14 }, (_, index) => part(`p${index}`, `v${index}`))
    expect(makeKey(many, 1).fallbacks.length).toBeLessThanOrEqual(8)
    expect(() => makeKey([part('long', 'x'.repeat(500))], 1)).toThrow('500')
  })
})

describe('matchKey', () => {
  const key = makeKey(parts, 2)

  test.each([
    ['s.v1-go1.26.0-j1-abc', undefined],
    ['s.v1-go1.26.0-j1-abc-0123456789ab', undefined],
    ['s.v1-go1.26.0-j1-xyz', ['source', 'xyz']],
    ['s.v1-go1.26.0-j2-abc', ['job', 'j2']],
    ['s.v1-go1.25.0-j1-abc', ['go', 'go1.25.0']],
    ['s.v1', ['go', '']],
  ] as const)('%s', (matched, difference) => {
    const match = matchKey(key, matched)
    const found = match.kind === 'partial' ? [match.differs.name, match.actual] : undefined
    expect(found).toEqual(difference)
  })

  test('matches a key with any digest exactly', () => {
    expect(matchKey(key, keyWithDigest(key.full, 'feed'))).toEqual({ kind: 'exact' })
  })
})

describe('isAnswerTo', () => {
  const asked = ['s.v1-go1.26.0-j1-abc', 's.v1-go1.26.0-', 's.v1-']

  test.each(['s.v1-go1.26.0-j1-abc', 's.v1-go1.26.0-j1-abc-0123', 's.v1-go1.25.0-x_y', 's.v1-'])(
    'accepts %s',
    (key) => {
      expect(matchesRequest(asked, key)).toBe(true)
    },
  )

  test.each([
    ...[
      '',
      's.v2-a',
      'S.v1-a',
      's.v1-a\n::error::x',
      's.v1-##[error]x',
      's.v1-\u001b[31m',
      's.v1-a b',
      's.v1-é',
    ],
    ...['s.v1-../../x', 's.v1-a|b', 's.v1-`x`', 's.v1-a\u202e', ' s.v1-a', `s.v1-${'a'.repeat(600)}`],
  ])('rejects %j', (key) => {
    expect(matchesRequest(asked, key)).toBe(false)
  })
})

describe('the key of an incomplete entry', () => {
  const key = withIncompleteFallback(makeKey(parts, 2))
  const stored = keyWithDigest(incompleteKey(key.full), 'feed')

  test('is the last fallback, and shares no prefix with the others', () => {
    expect(key.fallbacks.filter((prefix) => stored.startsWith(prefix))).toEqual([key.fallbacks.at(-1)])
    expect(stored.startsWith(key.full)).toBe(false)
  })

  test('never matches exactly, not even with the same parts', () => {
    expect(matchKey(key, stored)).toMatchObject({ kind: 'partial', differs: { name: 'job result' } })
  })
})

describe('keyText and shortHash', () => {
  test('turn any text into key text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (text) => {
        expect(() => makeKey([part('p', keyText(text))], 1)).not.toThrow()
      }),
    )
  })

  test('keep the boundaries between hashed values', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (a, b) => {
        expect(shortHash(a) === shortHash(b)).toBe(JSON.stringify(a) === JSON.stringify(b))
      }),
    )
    expect(shortHash(['ab'])).not.toBe(shortHash(['a', 'b']))
  })
})
