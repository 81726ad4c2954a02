import { createHash } from 'node:crypto'
import { constants, zstdCompressSync } from 'node:zlib'
import { recordShortLived } from '../../platform/garbage.ts'
import { uninterrupted } from '../../platform/uninterrupted.ts'
import { type Frame, frameSize, largestPacked, type ShardContent } from './manifest.ts'
import { storedFrame } from './stored-frame.ts'
import { encodeMember, endLength, headerLength, type Member, padded } from './tar.ts'

/** Reads on in a file. Returns the number of bytes, which is less than requested only at the end of the file. */
export type ReadMore = (buffer: Uint8Array, offset: number, length: number) => number

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

/** State of a shard before an addition, to return to. */
interface Checkpoint {
  filled: number
  /** Number of frames that were written before. */
  frames: number
  readonly files: number
  readonly bytes: number
  /** Content of the frame at that time, if it has been written since. */
  flushed?: Buffer
}

const compression = {
  // Room for most frames: the buffer is new for each, and stays in memory until garbage collection.
  chunkSize: 512 * 1024,
  params: {
    [constants.ZSTD_c_compressionLevel]: 3,
    // Level 3 by itself searches for at least 5 equal bytes. Searching for 6 saved time on sources and build objects.
    [constants.ZSTD_c_windowLog]: Math.log2(frameSize),
    [constants.ZSTD_c_minMatch]: 6,
  },
}

/** How to write a shard. */
interface ShardOptions {
  /**
   * Whether frames are stored without compression. So the length and the bytes of the shard depend on the members
   * alone, whatever the version of zstd.
   */
  readonly isStored: boolean
  /** Whether the tar ends with this shard. Of several consecutive shards, only the last has an end. */
  readonly ends: boolean
}

/**
 * Creates the writer of a shard: a tar, split into frames that are compressed separately. A member that does not fit
 * the rest of a frame begins a new one. Only members larger than a frame span several.
 *
 * @param output receives the bytes of the shard in order. They are valid only during the call, and final: frames whose
 *   content is reverted later stay in the shard as void frames
 */
export function createShardWriter(
  output: (bytes: Uint8Array) => void,
  { isStored, ends }: ShardOptions = { isStored: false, ends: true },
): ShardWriter {
  const frame = Buffer.allocUnsafe(frameSize)
  // One buffer for all frames: a new one for each would stay in memory until garbage collection.
  const room = isStored ? Buffer.allocUnsafe(largestPacked) : undefined
  const hash = createHash('sha256')
  const frames: Frame[] = []
  let [filled, length, files, bytes] = [0, 0, 0, 0]
  let checkpoints: readonly Checkpoint[] = []

  function flush(): void {
    for (const checkpoint of checkpoints) keep(checkpoint)
    const raw = frame.subarray(0, filled)
    const packed =
      room === undefined ? uninterrupted(() => zstdCompressSync(raw, compression)) : storedFrame(raw, room)
    // The compressor's own buffer, and its content.
    recordShortLived(compression.chunkSize + packed.length)
    output(packed)
    hash.update(packed)
    length += packed.length
    frames.push({ packed: packed.length, raw: filled })
    filled = 0
  }

  /** Makes a checkpoint independent of the frame, which is about to be written. */
  function keep(checkpoint: Checkpoint): void {
    if (checkpoint.flushed !== undefined) return
    if (checkpoint.filled === filled) {
      // Nothing was added since, so the frame stays in any case.
      checkpoint.filled = 0
      checkpoint.frames++
    } else {
      checkpoint.flushed = Buffer.from(frame.subarray(0, checkpoint.filled))
      recordShortLived(checkpoint.filled)
    }
  }

  function makeRoom(needed: number): void {
    if (filled > 0 && filled + needed > frameSize) flush()
  }

  function wholly(add: () => boolean): boolean {
    const checkpoint: Checkpoint = { filled, frames: frames.length, files, bytes }
    checkpoints = [...checkpoints, checkpoint]
    const isWhole = add()
    checkpoints = checkpoints.filter((one) => one !== checkpoint)
    if (isWhole) return true
    checkpoint.flushed?.copy(frame)
    for (let index = checkpoint.frames; index < frames.length; index++)
      frames[index] = { packed: frames[index]?.packed ?? 0, raw: 0 }
    ;({ filled, files, bytes } = checkpoint)
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
