import { createHash } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import { read } from '../system/sync-files.ts'
import { PackDamaged } from './damaged.ts'
import { type EntryFile, withEntryFile } from './entry-file.ts'
import type { Frame, Shard } from './manifest.ts'

/** How much is read at once for hashing, in bytes. */
const portion = 1024 * 1024

/**
 * Reads a shard frame by frame, after its length and SHA-256 were checked: zstd in Node says nothing of a
 * cut or altered input, and nothing unchecked is given to it.
 *
 * @param directory the entry's folder
 * @param shard what the manifest says of it
 * @param use gets the tar of each frame, in order
 * @throws PackDamaged when the shard is not what the manifest says
 */
export function readFrames(directory: string, shard: Shard, use: (tar: Buffer) => void): void {
  withEntryFile(directory, shard.name, (file) => {
    if (file.length !== shard.length) {
      throw new PackDamaged(`${shard.name} has ${file.length} bytes instead of ${shard.length}`)
    }
    if (hashOf(file) !== shard.sha256) throw new PackDamaged(`${shard.name} does not have its SHA-256`)
    const packed = Buffer.allocUnsafe(Math.max(0, ...shard.frames.map((frame) => frame.packed)))
    let position = 0
    for (const frame of shard.frames) {
      const length = read(file.fd, packed, 0, frame.packed, position)
      position += length
      use(decompress(packed.subarray(0, length), frame, shard.name))
    }
  })
}

function hashOf({ fd }: EntryFile): string {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(portion)
  for (let length = portion; length === portion; ) {
    length = read(fd, buffer, 0, portion)
    hash.update(buffer.subarray(0, length))
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
