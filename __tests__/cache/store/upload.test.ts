import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type EntrySource, entrySource } from '../../../src/cache/archive/entry-source.ts'
import { decodeHead, headLength } from '../../../src/cache/store/object-layout.ts'
import type { ObjectUpload } from '../../../src/cache/store/object-service.ts'
import { uploadEntry } from '../../../src/cache/store/upload.ts'
import { TransferFailure } from '../../../src/platform/transfer.ts'
import { temporaryFolder } from '../../temporary.ts'

const mebi = 1024 * 1024

/** An upload that keeps what it receives, as a service would. */
function recordingUpload(leastPart: number, more: Partial<ObjectUpload> = {}) {
  const parts = new Map<number, Buffer>()
  const seen = { object: undefined as Buffer | undefined, aborts: 0, sizes: [] as number[] }
  const upload: ObjectUpload = {
    leastPart,
    putWhole: async (bytes) => {
      seen.object = Buffer.from(bytes)
      return { kind: 'saved' }
    },
    putPart: async (number, bytes) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 5))
      parts.set(number, Buffer.from(bytes))
    },
    complete: async (numbers, length) => {
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b))
      expect(new Set(numbers).size).toBe(numbers.length)
      expect(Math.min(...numbers)).toBeGreaterThanOrEqual(1)
      expect(Math.max(...numbers)).toBeLessThanOrEqual(10_000)
      seen.sizes = numbers.map((number) => parts.get(number)?.length ?? -1)
      seen.object = Buffer.concat(numbers.map((number) => parts.get(number) as Buffer))
      expect(seen.object.length).toBe(length)
      return { kind: 'saved' }
    },
    abort: async () => {
      seen.aborts++
    },
    ...more,
  }
  return { upload, seen, parts }
}

/** An entry of files with random bytes. Each file is a unit, and they are spread over the shards. */
function entryOf(lengths: readonly number[], shards: number, maxBytes = Number.POSITIVE_INFINITY) {
  const base = temporaryFolder()
  for (const [index, length] of lengths.entries())
    writeFileSync(path.join(base, String(index)), randomBytes(length))
  const units = lengths.map((_, index) => ({ name: String(index), roots: [String(index)] }))
  return { base, source: entrySource({ kind: 'modules', metadata: {}, base, units, shards }, maxBytes) }
}

/** Checks that an object is the head and the shards that it describes. */
function expectWhole(object: Buffer | undefined): void {
  const whole = object ?? Buffer.alloc(0)
  const length = headLength(whole, whole.length)
  const { shards } = decodeHead(whole.subarray(0, length), whole.length)
  let at = length
  for (const shard of shards) {
    const bytes = whole.subarray(at, at + shard.length)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(shard.sha256)
    at += shard.length
  }
}

describe('the upload of an entry while it is packed', () => {
  test.each([
    ['two long shards', [20 * mebi, 21 * mebi], 2],
    ['one long shard between short ones', [1000, 30 * mebi, 2000], 3],
    ['long shards after an empty one', [20 * mebi, 20 * mebi, 20 * mebi], 4],
    ['shards that end with a part', [8 * mebi - 2000, 16 * mebi - 2000], 2],
  ])('makes the whole object: %s', async (_, lengths, shards) => {
    for (const leastPart of [1, 5 * mebi]) {
      const { upload, seen } = recordingUpload(leastPart)
      expect(await uploadEntry(upload, entryOf(lengths, shards).source)).toMatchObject({ kind: 'saved' })
      expectWhole(seen.object)
      expect(seen.sizes.length).toBeGreaterThan(1)
      expect(Math.min(...seen.sizes.slice(0, -1))).toBeGreaterThanOrEqual(leastPart)
      expect(seen.aborts).toBe(0)
    }
  })

  test('sends a small object in one request', async () => {
    const { upload, seen, parts } = recordingUpload(5 * mebi)
    expect(await uploadEntry(upload, entryOf([1000, 3 * mebi], 2).source)).toMatchObject({ kind: 'saved' })
    expectWhole(seen.object)
    expect(parts.size).toBe(0)
  })

  test('stops at the maximum size, learns the whole size, and completes nothing', async () => {
    const { upload, seen, parts } = recordingUpload(1)
    const { source } = entryOf([40 * mebi, 40 * mebi], 2, 10 * mebi)
    expect(await uploadEntry(upload, source)).toEqual({ kind: 'withdrawn' })
    expect(source.packed()?.packedBytes).toBeGreaterThan(80 * mebi)
    expect([seen.object, seen.aborts]).toEqual([undefined, 1])
    expect([...parts.values()].reduce((sum, part) => sum + part.length, 0)).toBeLessThanOrEqual(10 * mebi)
  })

  test('fails with the error of the service, ends the packing, and gives the object up', async () => {
    const failure = new TransferFailure('the server answers 403', { status: 403, isTransient: false })
    const { upload, seen } = recordingUpload(1, {
      putPart: async (number) => {
        if (number > 3) throw failure
      },
    })
    await expect(uploadEntry(upload, entryOf([60 * mebi, 60 * mebi], 2).source)).rejects.toBe(failure)
    expect([seen.object, seen.aborts]).toEqual([undefined, 1])
  })

  test('fails with the error of packing, and gives the object up', async () => {
    const { upload, seen } = recordingUpload(1)
    const { base, source } = entryOf([20 * mebi, 20 * mebi], 2)
    rmSync(path.join(base, '1'))
    await expect(uploadEntry(upload, source)).rejects.toThrow('cannot pack 1: it is missing')
    mkdirSync(path.join(base, '1'))
    const broken: EntrySource = {
      ...source,
      toRings: async () => {
        throw new Error('no thread')
      },
    }
    await expect(uploadEntry(upload, broken)).rejects.toThrow('no thread')
    expect([seen.object, seen.aborts]).toEqual([undefined, 2])
  })
})
