import { createHash } from 'node:crypto'
import { close, fstat, openToRead, openToWrite, read, writeAt } from '../../platform/open-files.ts'
import type { ShardContent } from './manifest.ts'
import { createShardWriter, type ShardWriter } from './shard-writer.ts'
import type { Member } from './tar.ts'

/** File that goes into a single file, with its expected length and hash. */
export interface FileToStore {
  /** Path in the archive, with `/`. */
  readonly path: string
  /** Absolute path of its current location. */
  readonly source: string
  /** Length in bytes. */
  readonly size: number
  /** SHA-256 of its content in hexadecimal. */
  readonly sha256: string
}

/** Work of one worker thread. */
export interface StoreShardJob {
  /** Absolute path of the existing file that the shard becomes a part of. */
  readonly target: string
  /** Offset in the file where it begins, in bytes. */
  readonly at: number
  /** Whether its tar ends the file's tar. Of several consecutive shards, only the last has an end. */
  readonly ends: boolean
  readonly files: readonly FileToStore[]
}

/** Returns the tar member for a stored file, which does not depend on the machine. */
export function storedMember({ path, size }: FileToStore): Member {
  return { path, isDirectory: false, isExecutable: false, size, mtime: 0 }
}

/**
 * Writes a shard to its position in a file. Runs in a worker thread.
 *
 * @throws when a file is missing, or its length or SHA-256 has changed
 */
export function storeShard({ target, files, at, ends }: StoreShardJob): ShardContent {
  const fd = openToWrite(target)
  let position = at
  const output = (bytes: Uint8Array) => {
    writeAt(fd, bytes, position)
    position += bytes.length
  }
  try {
    const writer = createShardWriter(output, { isStored: true, ends })
    for (const file of files) storeFile(file, writer)
    return writer.finish()
  } finally {
    close(fd)
  }
}

function storeFile(file: FileToStore, writer: ShardWriter): void {
  const fd = openToRead(file.source)
  try {
    const hash = createHash('sha256')
    const isWhole =
      fstat(fd).size === file.size &&
      writer.addFile(storedMember(file), (buffer, offset, length) => {
        const count = read(fd, buffer, offset, length)
        hash.update(buffer.subarray(offset, offset + count))
        return count
      })
    if (!isWhole || hash.digest('hex') !== file.sha256)
      throw new Error(`cannot pack ${file.source}: it changed after it was verified`)
  } finally {
    close(fd)
  }
}
