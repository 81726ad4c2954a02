import { createHash } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import { read } from '../system/sync-files.ts'
import { PackDamaged } from './damaged.ts'
import { type EntryFile, withEntryFile } from './entry-file.ts'
import type { Frame, Shard } from './manifest.ts'
import { readStoredFrame, storedLength } from './stored-frame.ts'

/** How much is read at once for hashing, in bytes. */
const portion = 1024 * 1024

/** Where the bytes of a shard are. */
export interface ShardPlace {
  /** Absolute path of the file that holds it. */
  readonly file: string
  /** Where in that file it begins, in bytes; undefined: it is the whole file. */
  readonly at?: number
}

/**
 * Reads a shard frame by frame, after its length and SHA-256 were checked: zstd in Node says nothing of a
 * cut or altered input.
 *
 * @param place where it is
 * @param shard what the manifest says of it
 * @param isVouchedFor whether its SHA-256 need not be compared, because that of everything around it is
 * @param use gets the tar of each frame, in order, for as long as it runs
 * @throws PackDamaged when the shard is not what the manifest says
 */
export function readFrames(
  place: ShardPlace,
  shard: Shard,
  isVouchedFor: boolean,
  use: (tar: Buffer) => void,
): void {
  withEntryFile(place.file, shard.name, (file) => {
    if (isVouchedFor) checkLength(file, place, shard)
    else checkShard(file, place, shard)
    const roomFor = (length: (frame: Frame) => number) =>
      Buffer.allocUnsafe(Math.max(0, ...shard.frames.map(length)))
    const packed = roomFor((frame) => frame.packed)
    const stored = roomFor((frame) => (frame.packed === storedLength(frame.raw) ? frame.raw : 0))
    let position = place.at ?? 0
    for (const frame of shard.frames) {
      const length = read(file.fd, packed, 0, frame.packed, position)
      position += length
      const bytes = packed.subarray(0, length)
      use(readStoredFrame(bytes, frame.raw, stored) ?? decompress(bytes, frame, shard.name))
    }
  })
}

/**
 * Compares a shard with what the manifest says, and does not look into it.
 *
 * @throws PackDamaged when its length or SHA-256 is another one
 */
export function checkPlacedShard(place: ShardPlace, shard: Shard): void {
  withEntryFile(place.file, shard.name, (file) => checkShard(file, place, shard))
}

/** @throws PackDamaged when length or SHA-256 of a shard is not what the manifest says */
function checkShard(file: EntryFile, place: ShardPlace, shard: Shard): void {
  checkLength(file, place, shard)
  if (hashOf(file, place.at ?? 0, shard.length) !== shard.sha256)
    throw new PackDamaged(`${shard.name} does not have its SHA-256`)
}

function checkLength(file: EntryFile, { at }: ShardPlace, shard: Shard): void {
  const length = Math.min(file.length - (at ?? 0), at === undefined ? file.length : shard.length)
  if (length !== shard.length)
    throw new PackDamaged(`${shard.name} has ${length} bytes instead of ${shard.length}`)
}

function hashOf({ fd }: EntryFile, at: number, length: number): string {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(portion)
  for (let done = 0; done < length; ) {
    const count = read(fd, buffer, 0, Math.min(portion, length - done), at + done)
    if (count === 0) break
    hash.update(buffer.subarray(0, count))
    done += count
  }
  return hash.digest('hex')
}

function decompress(packed: Buffer, { raw }: Frame, name: string): Buffer {
  let tar: Buffer
  try {
    // With the whole output in one buffer nothing is copied; more than promised is an error of Node's.
    tar = zstdDecompressSync(packed, { chunkSize: raw, maxOutputLength: raw })
  } catch (error) {
    throw new PackDamaged(`${name} cannot be decompressed: ${(error as Error).message}`)
  }
  if (tar.length !== raw)
    throw new PackDamaged(`${name} has a frame of ${tar.length} bytes instead of ${raw}`)
  return tar
}
