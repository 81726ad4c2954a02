import { CorruptArchive } from '../../errors.ts'
import { recordShortLived } from '../../platform/garbage.ts'
import { type RemoteObject, readRange } from '../../platform/remote-object.ts'
import {
  changesOf,
  copyIn,
  createRings,
  failRing,
  nextChange,
  type SharedRing,
  setFilled,
  takenUpTo,
} from '../../platform/shared-ring.ts'
import { TransferFailure, type TransferOptions } from '../../platform/transfer.ts'
import type { OpenEntry } from '../archive/open-entry.ts'
import { decodeHead, headLength } from './object-layout.ts'

/** Length of the first range, in bytes. It holds the manifest of most entries, and small entries as a whole. */
const firstRange = 1024 * 1024

/** Length of the other ranges, in bytes. */
const rangeLength = 2 * 1024 * 1024

/** Number of ranges that are read at once. */
const rangesAtOnce = 8

/** Maximum memory for all shards together, in bytes. */
const allRings = 64 * 1024 * 1024

/** Maximum memory for one shard, in bytes. */
const largestRing = 8 * 1024 * 1024

/**
 * Opens an object as an entry: reads its manifest, and begins to download the shards. All shards arrive side by side,
 * in memory, so that a thread for each can unpack it. The download waits when the threads are slower.
 *
 * @param stop ends the requests
 * @throws CorruptArchive when it is no entry; TransferFailure when its start cannot be read
 */
export async function downloadEntry(
  object: RemoteObject,
  options: TransferOptions,
  stop: () => void,
): Promise<OpenEntry> {
  const start = await readStart(object, options).catch((error) => {
    // Range Not Satisfiable: there is nothing at this offset.
    if (error instanceof TransferFailure && error.status === 416) throw new CorruptArchive('it is empty')
    throw error
  })
  const bytes = object.size ?? 0
  const manifest = decodeHead(start.head, bytes)
  const rings = createRings(ringLengths(manifest.shards.map(({ length }) => length)))
  let at = start.head.length
  const shards = manifest.shards.map(({ length }, index) => {
    const begin = at
    at += length
    const shard = createShardDownload(object, [begin, at], rings[index] as SharedRing, options)
    shard.takeStart(start.bytes)
    return shard
  })
  const fail = () => rings.forEach(failRing)
  options.signal.addEventListener('abort', fail)
  const done = downloadShards(shards, rings, options.signal)
    .catch((error) => {
      fail()
      throw error
    })
    // Later, threads still take what has arrived.
    .finally(() => options.signal.removeEventListener('abort', fail))
  // The caller may wait for it later, or not at all.
  done.catch(() => {})
  return { manifest, places: rings.map((ring) => ({ ring })), bytes, done, stop }
}

/**
 * Returns the length of the memory for each shard, in bytes. Shards that are short together fit as a whole, so that the
 * main thread, which cannot wait, can unpack them.
 */
function ringLengths(shards: readonly number[]): readonly number[] {
  const whole = shards.reduce((sum, length) => sum + length, 0)
  const most =
    whole <= largestRing ? largestRing : Math.min(largestRing, Math.floor(allRings / shards.length))
  return shards.map((length) => Math.max(1, Math.min(length, most)))
}

/** Reads the start of an object: its head, and everything that came with it. */
async function readStart(
  object: RemoteObject,
  options: TransferOptions,
): Promise<{ readonly head: Buffer; readonly bytes: Buffer }> {
  const chunks: Buffer[] = []
  const take = (chunk: Buffer) => void chunks.push(chunk)
  await readRange(object, 0, firstRange, take, options)
  const first = Buffer.concat(chunks)
  const end = headLength(first, object.size ?? 0)
  if (end > first.length) await readRange(object, first.length, end, take, options)
  const bytes = Buffer.concat(chunks)
  return { head: bytes.subarray(0, end), bytes }
}

/** The download of a shard into its ring. */
interface ShardDownload {
  /** Takes what came with the manifest. */
  readonly takeStart: (start: Buffer) => void
  /** Number of bytes that were requested. */
  readonly requested: () => number
  readonly isRequested: () => boolean
  /** Whether the ring has room for the next range. */
  readonly hasRoom: () => boolean
  /** Reads the next range. */
  readonly readNext: () => Promise<void>
}

/** Begins the download of a shard. It lies in the object from `begin` to `end`. */
function createShardDownload(
  object: RemoteObject,
  [begin, end]: readonly [number, number],
  ring: SharedRing,
  options: TransferOptions,
): ShardDownload {
  const longest = Math.min(rangeLength, Math.max(1, Math.floor(ring.room.byteLength / 2)))
  /** The ranges that are not complete, or follow one that is not, in order; `at` is the next byte of each. */
  const ranges: { at: number; readonly to: number }[] = []
  let next = begin
  const nextEnd = () => Math.min(end, next + longest)
  /** Publishes the bytes that have arrived without a gap. */
  const publish = () => {
    while (ranges[0] !== undefined && ranges[0].at === ranges[0].to) ranges.shift()
    setFilled(ring, (ranges[0]?.at ?? next) - begin)
  }
  return {
    takeStart: (start) => {
      const bytes = start.subarray(begin, end)
      copyIn(ring, 0, bytes)
      next = begin + bytes.length
      publish()
    },
    requested: () => next - begin,
    isRequested: () => next === end,
    hasRoom: () => next < end && nextEnd() - begin <= takenUpTo(ring) + ring.room.byteLength,
    readNext: () => {
      const range = { at: next, to: nextEnd() }
      ranges.push(range)
      next = range.to
      const take = (chunk: Buffer, at: number) => {
        copyIn(ring, at - begin, chunk)
        recordShortLived(chunk.length)
        range.at = at + chunk.length
        publish()
      }
      return readRange(object, range.at, range.to, take, options)
    },
  }
}

/** Downloads the shards, each as far as its ring has room. The shard of which least was requested comes first. */
async function downloadShards(
  shards: readonly ShardDownload[],
  rings: readonly SharedRing[],
  signal: AbortSignal,
): Promise<void> {
  const running = new Set<Promise<void>>()
  const [ring] = rings
  while (ring !== undefined) {
    signal.throwIfAborted()
    const seen = changesOf(ring)
    const ready = running.size < rangesAtOnce ? shards.filter(({ hasRoom }) => hasRoom()) : []
    const [shard] = ready.sort((a, b) => a.requested() - b.requested())
    if (shard !== undefined) {
      const range = shard.readNext().finally(() => running.delete(range))
      range.catch(() => {})
      running.add(range)
      continue
    }
    const isAllRequested = shards.every(({ isRequested }) => isRequested())
    if (isAllRequested && running.size === 0) return
    const waitsForRoom = running.size < rangesAtOnce && !isAllRequested
    await Promise.race([...running, ...(waitsForRoom ? [nextChange(ring, seen)] : [])])
  }
}
