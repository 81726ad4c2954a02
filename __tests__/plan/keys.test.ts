import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type KeyPart, keyText, keyWithDigest, makeKey, matchKey, shortHash } from '../../src/plan/keys.ts'

const part = (name: string, value: string): KeyPart => ({ name, value, of: name })
const parts = [part('schema', 's.v1'), part('go', 'go1.26.0'), part('job', 'j1'), part('source', 'abc')]

describe('makeKey', () => {
  test('joins the parts and drops them from the right for the fallbacks', () => {
    const key = makeKey(parts, 2)
    expect(key.full).toBe('s.v1-go1.26.0-j1-abc')
    expect(key.fallbacks).toEqual(['s.v1-go1.26.0-j1-', 's.v1-go1.26.0-'])
  })

  test('a fallback never matches half a part', () => {
    const [nearest] = makeKey([part('a', 'x1'), part('b', 'y')], 1).fallbacks
    expect('x12-y'.startsWith(nearest ?? '')).toBe(false)
  })

  test.each(['with-dash', 'Upper', 'comma,', '', 'blank here'])('refuses the part %j', (value) => {
    expect(() => makeKey([part('a', value)], 1)).toThrow(RangeError)
  })

  test('stays within what @actions/cache takes: ten keys of 512 characters', () => {
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
    const found = match.kind === 'partial' ? [match.differs.name, match.theirs] : undefined
    expect(found).toEqual(difference)
  })

  test('a key with a digest matches exactly, whatever the digest', () => {
    expect(matchKey(key, keyWithDigest(key.full, 'feed'))).toEqual({ kind: 'exact' })
  })
})

describe('keyText and shortHash', () => {
  test('any text can stand in a key', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 100 }), (text) => {
        expect(() => makeKey([part('p', keyText(text))], 1)).not.toThrow()
      }),
    )
  })

  test('the bounds of hashed values count', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), fc.array(fc.string()), (a, b) => {
        expect(shortHash(a) === shortHash(b)).toBe(JSON.stringify(a) === JSON.stringify(b))
      }),
    )
    expect(shortHash(['ab'])).not.toBe(shortHash(['a', 'b']))
  })
})
