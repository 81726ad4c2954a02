import { createHash, type Hash } from 'node:crypto'
import { constants, zstdCompressSync } from 'node:zlib'
import { truncate, writeAt } from '../../platform/open-files.ts'
import { type Frame, frameSize, largestPacked, type ShardContent } from './manifest.ts'
import { storedFrame } from './stored-frame.ts'
import { encodeMember, endLength, headerLength, type Member, padded } from './tar.ts'

/** Reads on in a file; answers how many bytes it gave, which are fewer than asked for only at its end. */
export type ReadMore = (buffer: Uint8Array, offset: number, length: number) => number

/** How a shard is written that is a part of a file. */
export interface ShardPart {
  /** Where in the file it begins, in bytes. */
  readonly at: number
  /** Whether its tar ends the file's tar: of several, one after the other, only the last has an end. */
  readonly ends: boolean
}

/** Writes members to a shard. */
export interface ShardWriter {
  addDirectory(member: Member): void
  /** Adds a file, or nothing at all when `read` gives fewer bytes than the member's size says. */
  addFile(member: Member, read: ReadMore): boolean
  /** Adds what `add` does, or nothing at all when that answers false. */
  wholly(add: () => boolean): boolean
  /** Ends the tar. */
  finish(): ShardContent
}

/** How far a shard was before something was added. */
interface Mark {
  readonly filled: number
  readonly length: number
  readonly frames: readonly Frame[]
  readonly files: number
  readonly bytes: number
  /** What the frame that was written since held then, and the hash of everything before it. */
  flushed?: { readonly frame: Buffer; readonly hash: Hash }
}

const compression = {
  // With room for the worst case, the compressor writes into this one buffer in one call.
  chunkSize: largestPacked,
  params: {
    [constants.ZSTD_c_compressionLevel]: 3,
    // Level 3 by itself looks for at least 5 equal bytes. Looking for 6 saved time on sources and build objects.
    [constants.ZSTD_c_windowLog]: Math.log2(frameSize),
    [constants.ZSTD_c_minMatch]: 6,
  },
}

/**
 * Writes a shard: a tar, cut into frames that are compressed each by itself. A member that would not fit
 * the rest of a frame begins a new one; only members larger than a frame run over several.
 *
 * @param fd a file, open for writing: empty, unless the shard is to be a part of it
 * @param part where it is to be in the file; its frames are then stored and not compressed, so that its length and
 *   its bytes follow from the members alone, whatever the version of zstd
 */
export function createShardWriter(fd: number, part?: ShardPart): ShardWriter {
  const { at, ends } = part ?? { at: 0, ends: true }
  const frame = Buffer.allocUnsafe(frameSize)
  // One for all of them: what is allocated anew stays until the collector comes by.
  const room = part === undefined ? undefined : Buffer.allocUnsafe(largestPacked)
  let filled = 0
  let hash = createHash('sha256')
  let length = 0
  let frames: readonly Frame[] = []
  let [files, bytes] = [0, 0]
  let marks: readonly Mark[] = []

  function flush(): void {
    for (const mark of marks) {
      mark.flushed ??= { frame: Buffer.from(frame.subarray(0, mark.filled)), hash: hash.copy() }
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
    const mark: Mark = { filled, length, frames, files, bytes }
    marks = [...marks, mark]
    const isWhole = add()
    marks = marks.filter((one) => one !== mark)
    if (isWhole) return true
    if (mark.flushed !== undefined) {
      mark.flushed.frame.copy(frame)
      hash = mark.flushed.hash
      if (part === undefined) truncate(fd, mark.length)
    }
    ;({ filled, length, frames, files, bytes } = mark)
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
