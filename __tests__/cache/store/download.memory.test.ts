import { createHash, randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Manifest, shardName } from '../../../src/cache/archive/manifest.ts'
import { storedFrame } from '../../../src/cache/archive/stored-frame.ts'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { downloadEntry } from '../../../src/cache/store/download.ts'
import { encodeHead } from '../../../src/cache/store/object-layout.ts'
import { openConnections } from '../../../src/platform/http.ts'
import { filledUpTo, type SharedRing, setTaken } from '../../../src/platform/shared-ring.ts'
import { endOfDownload, newStage, serveObject } from '../../harness/object-server.ts'
import { member, end as tarEnd } from '../archive/forged.ts'
import { readTree } from '../archive/trees.ts'

const mebi = 1024 * 1024

/** An object whose shards each hold one file of about this length, in frames of 1 MiB. */
function objectWith(shards: readonly number[]): Buffer {
  const made = shards.map((length, index) => {
    const content = randomBytes(Math.ceil(length / 512) * 512)
    const head = member({ path: `m${index}`, size: content.length })
    const tar = Buffer.concat([head.subarray(0, 512), content, tarEnd])
    const frames: Buffer[] = []
    const raws: number[] = []
    for (let at = 0; at < tar.length; at += mebi) {
      const raw = tar.subarray(at, at + mebi)
      frames.push(storedFrame(raw))
      raws.push(raw.length)
    }
    const bytes = Buffer.concat(frames)
    const shard = {
      name: shardName(index),
      length: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      ...{ files: 1, bytes: content.length },
      frames: frames.map((frame, at) => ({ packed: frame.length, raw: raws[at] ?? 0 })),
    }
    return { shard, bytes }
  })
  const all = made.map(({ shard }) => shard)
  const manifest: Manifest = {
    ...{ kind: 'modules', about: {} },
    units: all.map((_, shard) => ({ name: `m${shard}`, roots: [`m${shard}`], shard })),
    files: all.length,
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
    shards: all,
  }
  return Buffer.concat([encodeHead(manifest), ...made.map(({ bytes }) => bytes)])
}

/** Opens an object of these shards, and begins the download. */
async function open(shards: readonly number[]) {
  const server = await serveObject(objectWith(shards))
  const connections = openConnections()
  const end = new AbortController()
  onTestFinished(() => {
    end.abort(new Error('the test has ended'))
    connections.close()
  })
  const counts = { bytes: 0, requests: 0, retries: 0 }
  const entry = await downloadEntry(
    { url: server.url },
    { signal: end.signal, connections, counts },
    () => {},
  )
  const rings = entry.places.flatMap((place) => ('ring' in place ? [place.ring] : []))
  return { server, entry, rings, counts, end }
}

/** Waits until a number stays the same. */
async function settled(read: () => number): Promise<number> {
  for (let before = -1; ; ) {
    const value = read()
    if (value === before) return value
    before = value
    await sleep(150)
  }
}

describe('a download whose shards are not unpacked', () => {
  test.each([
    ['two long shards', [40 * mebi, 40 * mebi]],
    ['a long and a short one', [60 * mebi, 1000]],
    ['64 shards', Array.from({ length: 64 }, () => 2 * mebi)],
  ])('waits for room, and takes at most 64 MiB: %s', async (_, shards) => {
    const { server, entry, rings, counts } = await open(shards)
    const room = rings.reduce((sum, ring) => sum + ring.room.byteLength, 0)
    expect(room).toBeLessThanOrEqual(64 * mebi)
    const arrived = await settled(() => counts.bytes)
    expect(arrived).toBeLessThanOrEqual(room + 2 * mebi)
    expect(arrived).toBeGreaterThan(room / 4)
    const requested = server.ranges.length
    // Room for one range, and no more, makes one request.
    const ring = rings[0] as SharedRing
    setTaken(ring, Math.min(2 * mebi, ring.room.byteLength / 2))
    await settled(() => counts.bytes)
    expect(server.ranges).toHaveLength(requested + 1)
    for (const one of rings) expect(filledUpTo(one)).toBeLessThanOrEqual(one.room.byteLength * 1.5)
    entry.stop()
  })

  test.each([
    ['this thread unpacks', [1000, 1000]],
    ['threads unpack', [20 * mebi, 20 * mebi]],
  ])('ends an entry that is unpacked only after it was stopped: %s', async (_, shards) => {
    const { server, end } = await open(shards)
    // Another one, so that nothing has arrived but the start.
    const entry = await downloadEntry({ url: server.url }, { signal: end.signal }, () => {})
    end.abort(new Error('stopped'))
    const began = performance.now()
    const unpacked = unpackEntry({ directory: entry, stage: newStage(), readOnly: false })
    if (shards[0] === 1000) await unpacked.catch(() => {})
    else await expect(unpacked).rejects.toMatchObject({ code: 'ring-failed' })
    await endOfDownload(entry)
    expect(performance.now() - began).toBeLessThan(2000)
  })

  test('ends when it is stopped', async () => {
    const { entry, counts, end } = await open([40 * mebi, 40 * mebi])
    await settled(() => counts.bytes)
    const began = performance.now()
    end.abort(new Error('stopped'))
    expect((await endOfDownload(entry))?.message).toBe('stopped')
    expect(performance.now() - began).toBeLessThan(500)
  })
})

describe('an entry is unpacked in bounded memory and time', () => {
  test.each([
    ['64 shards, more than threads', Array.from({ length: 64 }, () => 600_000), 2],
    ['64 shards that exceed their memory', Array.from({ length: 64 }, () => 1_300_000), 2],
    ['shards that exceed their memory, in one thread', [20 * mebi, 18 * mebi, 20 * mebi], 1],
    ['short shards before a long one', [0, 10, 30 * mebi, 0], 2],
  ])(
    '%s',
    async (_, shards, threads) => {
      const { entry } = await open(shards)
      const before = process.memoryUsage().rss
      const stage = newStage()
      await unpackEntry({ directory: entry, stage, readOnly: false, threads })
      await entry.done
      expect(Object.keys(readTree(stage))).toHaveLength(shards.length)
      // The memory of the shards, the threads, and what the collector has not freed.
      expect(process.memoryUsage().rss - before).toBeLessThan(250 * mebi)
    },
    30_000,
  )

  test('a shard is skipped as it arrives', async () => {
    const { entry } = await open([20 * mebi, 20 * mebi])
    const stage = newStage()
    await unpackEntry({ directory: entry, stage, readOnly: false, skipRoots: ['m0', 'm1'], threads: 1 })
    await entry.done
    expect(readTree(stage)).toEqual({})
  })
})
