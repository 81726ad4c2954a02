import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { type OpenEntry, openFolder } from '../../../src/cache/archive/open-entry.ts'
import { packEntry } from '../../../src/cache/archive/pack.ts'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import {
  changesOf,
  copyIn,
  createRings,
  failRing,
  nextChange,
  setFilled,
  takenUpTo,
} from '../../../src/platform/shared-ring.ts'
import { temporaryFolder } from '../../temporary.ts'

/** An entry of some length whose shards arrive piece by piece in memory of 4 MiB each. */
async function arriving(bytes: number, damage: (shard: Buffer) => void = () => undefined) {
  const [base, directory] = [temporaryFolder(), path.join(temporaryFolder(), 'entry')]
  const content = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, randomBytes(bytes)]))
  for (const [name, data] of Object.entries(content)) {
    mkdirSync(path.join(base, name))
    writeFileSync(path.join(base, name, 'file'), data)
  }
  const units = Object.keys(content).map((name) => ({ name, roots: [name] }))
  await packEntry({ kind: 'modules', metadata: {}, base, units, directory })
  const whole = openFolder(directory)
  const shards = whole.manifest.shards.map(({ name }) => readFileSync(path.join(directory, name)))
  shards.forEach(damage)
  const rings = createRings(shards.map(() => 4 * 1024 * 1024))
  /** Fills a share of each shard, as far as there is room. */
  const arrive = async (share = 1) => {
    await Promise.all(
      shards.map(async (shard, index) => {
        const ring = rings[index]
        const end = Math.floor(shard.length * share)
        for (let at = 0; ring !== undefined && at < end; ) {
          const seen = changesOf(ring)
          const count = Math.min(end - at, 100_000, takenUpTo(ring) + ring.room.byteLength - at)
          if (count === 0) await nextChange(ring, seen)
          copyIn(ring, at, shard.subarray(at, at + count))
          at += count
          setFilled(ring, at)
        }
      }),
    )
  }
  const open = (done: Promise<void>): OpenEntry => ({
    ...{ ...whole, places: rings.map((ring) => ({ ring })) },
    ...{ done, stop: () => undefined },
  })
  return { content, arrive, open, rings }
}

describe('an entry that is unpacked while it arrives', () => {
  test.each([
    ['small, in this thread', 1000],
    ['large, in threads, longer than its memory', 10_000_000],
  ])('has the content that was packed: %s', async (_, bytes) => {
    const { content, arrive, open } = await arriving(bytes)
    const stage = path.join(temporaryFolder(), 'stage')
    await unpackEntry({ directory: open(arrive()), stage, readOnly: false })
    for (const [name, data] of Object.entries(content))
      expect(readFileSync(path.join(stage, name, 'file')).equals(data)).toBe(true)
  })

  test('is refused when a shard does not match its SHA-256', async () => {
    const { arrive, open } = await arriving(4_000_000, (shard) => {
      const at = Math.floor(shard.length / 2)
      shard[at] = (shard[at] ?? 0) ^ 1
    })
    const stage = path.join(temporaryFolder(), 'stage')
    const unpacked = unpackEntry({ directory: open(arrive()), stage, readOnly: false })
    await expect(unpacked).rejects.toThrow(/SHA-256|cannot be decompressed|path|frame|tar/i)
  })

  test('fails, and does not wait, when the download fails halfway', async () => {
    const { arrive, open, rings } = await arriving(4_000_000)
    const done = arrive(0.5).then(() => {
      rings.forEach(failRing)
      throw new Error('reset')
    })
    done.catch(() => undefined)
    const stage = path.join(temporaryFolder(), 'stage')
    const unpacked = unpackEntry({ directory: open(done), stage, readOnly: false })
    await expect(unpacked).rejects.toMatchObject({ code: 'ring-failed' })
  })
})
