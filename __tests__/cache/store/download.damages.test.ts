import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { decodeHead, headLength } from '../../../src/cache/store/object-layout.ts'
import { slice } from '../../harness/extent.ts'
import { serveObject } from '../../harness/object-server.ts'
import { restore, type Stored, stored } from './stored-objects.ts'

const mebi = 1024 * 1024

let small: Stored
let large: Stored

beforeAll(async () => {
  small = await stored([1000, 2000, 30_000])
  large = await stored([5 * mebi, 4 * mebi, 3 * mebi])
})

describe('a flipped bit makes a miss, and the entry corrupt', () => {
  /** Offsets at which something begins or ends in an object. */
  function borders(object: Buffer): readonly number[] {
    const length = headLength(object, object.length)
    const found = [0, 4, 8, 20, 90, length]
    let at = length
    for (const { frames } of decodeHead(object.subarray(0, length), object.length).shards)
      for (const { packed } of frames) {
        found.push(at + 4, at + Math.floor(packed / 2))
        at += packed
        found.push(at)
      }
    const both = found.flatMap((one) => [one - 1, one])
    return [...new Set(both)].filter((one) => one >= 0 && one < object.length)
  }

  test.each([
    ['small', () => small, 20],
    ['large', () => large, 6],
  ] as const)('in the %s object', async (_, which, count) => {
    const { object } = which()
    const server = await serveObject(object)
    for (const at of slice(borders(object), count)) {
      const damaged = Buffer.from(object)
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
      server.object = damaged
      const { outcome } = await restore(server, 20)
      expect(outcome, `at ${at} of ${object.length}`).toMatchObject({ found: 'miss', corrupt: true })
      expect(outcome.error).toContain('the entry could not be used')
    }
  })
})

test.each([
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('x')],
  ['a tar of @actions/cache', Buffer.concat([Buffer.from('28b52ffd', 'hex'), randomBytes(2 * mebi)])],
  ['a page', Buffer.from('<html></html>')],
])('an object that is not ours makes a miss: %s', async (_, object) => {
  const server = await serveObject(object, (range) =>
    object.length === 0 ? void range.response.writeHead(416).end() : range.serve(),
  )
  const { outcome } = await restore(server)
  expect(outcome).toMatchObject({ found: 'miss', corrupt: true })
})
