import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Entry, findEntry, sameIdentity } from '../../testbed/cache-service/entries.ts'

const main = 'refs/heads/main'
const feature = 'refs/heads/feature'

function entries(...rows: readonly (readonly [key: string, scope?: string, version?: string])[]): Entry[] {
  return rows.map(([key, scope = main, version = 'v1'], id) => {
    return { id, key, scope, version, size: 1, created: new Date(id) }
  })
}

describe('findEntry', () => {
  test.each([
    { what: 'nothing in an empty cache', stored: entries(), key: 'go-a', found: undefined },
    { what: 'an equal key', stored: entries(['go-a'], ['go-b']), key: 'go-a', found: 0 },
    {
      what: 'an equal key before a newer longer one',
      stored: entries(['go-a'], ['go-a-2']),
      key: 'go-a',
      found: 0,
    },
    {
      what: 'the newest key that begins with it',
      stored: entries(['go-1'], ['go-3'], ['go-2']),
      key: 'go-',
      found: 2,
    },
    { what: 'nothing for a key that ends with it', stored: entries(['x-go']), key: 'go', found: undefined },
    { what: 'nothing for a shorter key', stored: entries(['go']), key: 'go-a', found: undefined },
    { what: 'nothing if only case differs', stored: entries(['GO-a']), key: 'go-a', found: undefined },
    {
      what: 'nothing of another version',
      stored: entries(['go-a', main, 'v2']),
      key: 'go-a',
      found: undefined,
    },
    {
      what: 'an older entry of the right version',
      stored: entries(['go-a'], ['go-a', main, 'v2']),
      key: 'go-a',
      found: 0,
    },
  ])('finds $what', ({ stored, key, found }) => {
    expect(findEntry(stored, { key, restoreKeys: [], version: 'v1' }, [main])?.id).toBe(found)
  })

  test.each([
    {
      what: 'restore keys in their order, not by age',
      stored: entries(['b-1'], ['c-1']),
      keys: ['b-', 'c-'],
      found: 0,
    },
    {
      what: 'the key by prefix before any restore key',
      stored: entries(['a-1'], ['b']),
      keys: ['b'],
      found: 0,
    },
    { what: 'a restore key equal before prefix', stored: entries(['b'], ['b-1']), keys: ['b'], found: 0 },
    { what: 'nothing if no restore key fits', stored: entries(['d']), keys: ['b', 'c'], found: undefined },
  ])('with restore keys: $what', ({ stored, keys, found }) => {
    expect(findEntry(stored, { key: 'a', restoreKeys: keys, version: 'v1' }, [main])?.id).toBe(found)
  })

  test.each([
    {
      what: 'its own before the base',
      stored: entries(['a', feature], ['a', main]),
      scopes: [feature, main],
      found: 0,
    },
    { what: 'the base if its own has none', stored: entries(['a', main]), scopes: [feature, main], found: 0 },
    {
      what: 'nothing of a scope it may not read',
      stored: entries(['a', feature]),
      scopes: [main],
      found: undefined,
    },
    {
      what: 'a fallback in its own before an equal key in the base',
      stored: entries(['a-old', feature], ['a', main]),
      scopes: [feature, main],
      found: 0,
    },
  ])('a job finds $what', ({ stored, scopes, found }) => {
    expect(findEntry(stored, { key: 'a', restoreKeys: [], version: 'v1' }, scopes)?.id).toBe(found)
  })

  test('finds something exactly if something fits, and nothing that does not', () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 1, maxLength: 3 })
    const version = fc.constantFrom('v1', 'v2')
    const scope = fc.constantFrom<string>('r1', 'r2', 'r3')
    fc.assert(
      fc.property(
        fc.array(fc.tuple(key, scope, version), { maxLength: 12 }),
        fc.record({ key, restoreKeys: fc.array(key, { maxLength: 3 }), version }),
        fc.uniqueArray(scope),
        (rows, lookup, scopes) => {
          const stored = entries(...rows)
          const fitting = stored.filter(
            (entry) =>
              entry.version === lookup.version &&
              scopes.includes(entry.scope) &&
              [lookup.key, ...lookup.restoreKeys].some((wanted) => entry.key.startsWith(wanted)),
          )
          const found = findEntry(stored, lookup, scopes)
          expect(found === undefined).toBe(fitting.length === 0)
          if (found !== undefined) expect(fitting).toContain(found)
        },
      ),
    )
  })
})

test.each([
  { other: {}, same: true },
  { other: { key: 'b' }, same: false },
  { other: { version: 'v2' }, same: false },
  { other: { scope: feature }, same: false },
])('an entry that differs in $other has the same identity: $same', ({ other, same }) => {
  const one = { scope: main, key: 'a', version: 'v1' }
  expect(sameIdentity(one, { ...one, ...other })).toBe(same)
})
