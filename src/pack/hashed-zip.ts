import { zipHash, zipHashOf, zipInMemory } from '../proof/zip-hash.ts'
import type { TreeFile } from './tree-writer.ts'

/** What zips are kept in while they are written, one after the other: a thread writes one file at a time. */
let room = Buffer.alloc(0)

/**
 * Hashes the zip of a module while it is written, so that it need not be read again.
 *
 * @param file what it is written to
 * @param path absolute path of that file
 * @param size how many bytes will be written
 * @param hashed told the hash as go.sum has it, or what is wrong with the zip in words, when the file is there
 */
export function hashedZip(
  file: TreeFile,
  path: string,
  size: number,
  hashed: (hash: string) => void,
): TreeFile {
  const isKept = size <= zipInMemory
  let filled = 0
  if (isKept && room.length < size) room = Buffer.allocUnsafe(size)
  return {
    write(bytes) {
      file.write(bytes)
      if (isKept) room.set(bytes, filled)
      filled += bytes.length
    },
    finish() {
      const isThere = file.finish()
      if (isThere) hashed(isKept ? zipHashOf(room.subarray(0, filled)) : zipHash(path))
      return isThere
    },
  }
}
