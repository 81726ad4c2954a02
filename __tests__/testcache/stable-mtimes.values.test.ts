import { createHash } from 'node:crypto'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  listDigest,
  mtimeOfBlob,
  mtimeOfContent,
  mtimeOfEntries,
  type NamedEntry,
} from '../../src/testcache/stable-mtimes.ts'

const seconds = (date: string) => Date.parse(date) / 1000
const blobId = fc
  .uint8Array({ minLength: 20, maxLength: 20 })
  .map((bytes) => Buffer.from(bytes).toString('hex'))
const entries: fc.Arbitrary<NamedEntry[]> = fc.uniqueArray(
  fc.record({
    name: fc.string({ minLength: 1, unit: 'grapheme' }).filter((name) => !name.includes('\0')),
    kind: fc.constantFrom('file', 'directory', 'link', 'other'),
  }),
  { selector: ({ name }) => name },
)

describe('the mtime of a file', () => {
  test('is between 1980 and 1997, with a fraction that a number holds exactly', async () => {
    await fc.assert(
      fc.property(blobId, (id) => {
        const time = mtimeOfBlob(id)
        expect(time).toBeGreaterThanOrEqual(seconds('1980-01-01T00:00:00Z'))
        expect(time).toBeLessThan(seconds('1997-01-07T00:00:00Z'))
        expect(Number.isInteger(time * 2 ** 21)).toBe(true)
      }),
    )
  })

  test('changes with each of the first 50 bits', async () => {
    await fc.assert(
      fc.property(blobId, fc.integer({ min: 0, max: 49 }), (id, bit) => {
        const flipped = BigInt(`0x${id}`) ^ (1n << BigInt(159 - bit))
        expect(mtimeOfBlob(flipped.toString(16).padStart(40, '0'))).not.toBe(mtimeOfBlob(id))
      }),
    )
  })

  test('differs among a hundred thousand contents', () => {
    const ids = Array.from({ length: 100_000 }, (_, n) =>
      createHash('sha1').update(`blob ${n}`).digest('hex'),
    )
    expect(new Set(ids.map(mtimeOfBlob)).size).toBe(ids.length)
  })

  test('has a fixed value: changing it would cost every user one run of their tests', () => {
    expect(mtimeOfBlob('e69de29bb2d1d6434b8b29ae775ad8c2e48c5391')).toBe(799_171_155.4623141)
    expect(mtimeOfEntries([{ name: 'a', kind: 'file' }])).toBe(446_570_184.9356365)
  })

  test('of a file without a blob is derived from its bytes', () => {
    expect(mtimeOfContent(Buffer.from('gitdir: a'))).toBe(mtimeOfContent(Buffer.from('gitdir: a')))
    expect(mtimeOfContent(Buffer.from('gitdir: a'))).not.toBe(mtimeOfContent(Buffer.from('gitdir: b')))
  })
})

describe('the mtime of a directory', () => {
  test('does not depend on the order of its entries', async () => {
    await fc.assert(
      fc.property(entries, fc.nat(), (all, turn) => {
        const at = all.length === 0 ? 0 : turn % all.length
        expect(mtimeOfEntries([...all.slice(at), ...all.slice(0, at)])).toBe(mtimeOfEntries(all))
      }),
    )
  })

  test('changes when an entry is removed or becomes another kind', async () => {
    await fc.assert(
      fc.property(entries, (all) => {
        const [first, ...rest] = all
        fc.pre(first !== undefined)
        expect(mtimeOfEntries(rest)).not.toBe(mtimeOfEntries(all))
        const kind = first.kind === 'file' ? 'link' : 'file'
        expect(mtimeOfEntries([{ ...first, kind }, ...rest])).not.toBe(mtimeOfEntries(all))
      }),
    )
  })

  test('differs for entries whose names concatenate equally', () => {
    const time = (...names: string[]) =>
      mtimeOfEntries(names.map((name) => ({ name, kind: 'file' as const })))
    expect(time('ab', 'c')).not.toBe(time('a', 'bc'))
    expect(time()).not.toBe(time(''))
  })
})

describe('the digest of a list', () => {
  test('is equal for equal paths, and differs for others', () => {
    expect(listDigest(['b', 'a', 'a'])).toBe(listDigest(['a', 'b']))
    expect(listDigest(['a', 'b'])).not.toBe(listDigest(['a', 'b/']))
    expect(listDigest(['ab', 'c'])).not.toBe(listDigest(['a', 'bc']))
    expect(listDigest([])).toMatch(/^[0-9a-f]{16}$/)
  })
})
