import { createHash, type Hash } from 'node:crypto'
import { constants, zstdCompressSync } from 'node:zlib'
import { truncate, writeAt } from '../../platform/open-files.ts'
import { type Frame, frameSize, largestPacked, type ShardContent } from './manifest.ts'
import { storedFrame } from './stored-frame.ts'
import { encodeMember, endLength, headerLength, type Member, padded } from './tar.ts'

/** Reads on in a file. Returns the number of bytes, which is less than requested only at the end of the file. */
export type ReadMore = (buffer: Uint8Array, offset: number, length: number) => number

/** Position of a shard that is part of a file. */
export interface ShardPart {
  /** Offset in the file where it begins, in bytes. */
  readonly at: number
  /** Whether its tar ends the file's tar. Of several consecutive shards, only the last has an end. */
  readonly ends: boolean
}

/** Writer of the members of a shard. */
export interface ShardWriter {
  addDirectory(member: Member): void
  /** Adds a file. Adds nothing when `read` returns fewer bytes than the member's size. */
  addFile(member: Member, read: ReadMore): boolean
  /** Calls `add`. Reverts everything that it added when it returns false. */
  wholly(add: () => boolean): boolean
  /** Ends the tar. */
  finish(): ShardContent
}

/** Position of a shard before an addition, to return to. */
interface Checkpoint {
  readonly filled: number
  readonly length: number
  readonly frames: readonly Frame[]
  readonly files: number
  readonly bytes: number
  /**
   * Content that the frame had at that position, if it has been written since, and the hash of everything before it.
   */
  flushed?: { readonly frame: Buffer; readonly hash: Hash }
}

const compression = {
  // With room for the worst case, the compressor writes into this one buffer in one call.
  chunkSize: largestPacked,
  params: {
    [constants.ZSTD_c_compressionLevel]: 3,
    // Level 3 by itself searches for at least 5 equal bytes. Searching for 6 saved time on sources and build objects.
    [constants.ZSTD_c_windowLog]: Math.log2(frameSize),
    [constants.ZSTD_c_minMatch]: 6,
  },
}

/**
 * Creates the writer of a shard: a tar, split into frames that are compressed separately. A member that does not fit
 * the rest of a frame begins a new one. Only members larger than a frame span several.
 *
 * @param fd a file, open for writing; it is empty, unless the shard becomes a part of it
 * @param part position of the shard in the file. Its frames are then stored without compression. So its length and
 *   bytes depend on the members alone, whatever the version of zstd
 */
export function createShardWriter(fd: number, part?: ShardPart): ShardWriter {
  const { at, ends } = part ?? { at: 0, ends: true }
  const frame = Buffer.allocUnsafe(frameSize)
  // One buffer for all frames: a new one for each would stay in memory until garbage collection.
  const room = part === undefined ? undefined : Buffer.allocUnsafe(largestPacked)
  let filled = 0
  let hash = createHash('sha256')
  let length = 0
  let frames: readonly Frame[] = []
  let [files, bytes] = [0, 0]
  let checkpoints: readonly Checkpoint[] = []

  function flush(): void {
    for (const checkpoint of checkpoints) {
      checkpoint.flushed ??= { frame: Buffer.from(frame.subarray(0, checkpoint.filled)), hash: hash.copy() }
    }
    const raw = frame.subarray(0, filled)
    const packed = room === undefined ? zstdCompressSync(raw, compression) : storedFrame(raw, room)
    writeAt(fd, packed, at + length)
    hash.update(packed)
    length += packed.length
    frames = [...frames, { packed: packed.length, raw: filled }]
    filled = 0
  }

  function makeRoom(needed: number): void {
    if (filled > 0 && filled + needed > frameSize) flush()
  }

  function wholly(add: () => boolean): boolean {
    const checkpoint: Checkpoint = { filled, length, frames, files, bytes }
    checkpoints = [...checkpoints, checkpoint]
    const isWhole = add()
    checkpoints = checkpoints.filter((one) => one !== checkpoint)
    if (isWhole) return true
    if (checkpoint.flushed !== undefined) {
      checkpoint.flushed.frame.copy(frame)
      hash = checkpoint.flushed.hash
      if (part === undefined) truncate(fd, checkpoint.length)
    }
    ;({ filled, length, frames, files, bytes } = checkpoint)
    return false
  }

  return {
    addDirectory(member) {
      makeRoom(headerLength(member))
      filled = encodeMember(frame, filled, member)
    },
    addFile(member, read) {
      makeRoom(headerLength(member) + padded(member.size))
      return wholly(() => {
        filled = encodeMember(frame, filled, member)
        for (let left = member.size; left > 0; ) {
          if (filled === frameSize) flush()
          const portion = Math.min(left, frameSize - filled)
          if (read(frame, filled, portion) < portion) return false
          filled += portion
          left -= portion
        }
        frame.fill(0, filled, padded(filled))
        filled = padded(filled)
        files++
        bytes += member.size
        return true
      })
    },
    wholly,
    finish() {
      if (ends) {
        makeRoom(endLength)
        frame.fill(0, filled, filled + endLength)
        filled += endLength
      }
      if (filled > 0) flush()
      return { length, sha256: hash.digest('hex'), files, bytes, frames }
    },
  }
}
