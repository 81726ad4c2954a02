import { createHash } from 'node:crypto'
import { close, fstat, openToRead, openToWrite, read } from '../../platform/open-files.ts'
import type { ShardContent } from './manifest.ts'
import { createShardWriter, type ShardPart, type ShardWriter } from './shard-writer.ts'
import type { Member } from './tar.ts'

/** A file that goes into a single file, and what is known of it. */
export interface FileToStore {
  /** Its path in the archive, with `/`. */
  readonly path: string
  /** Absolute path of where it is now. */
  readonly source: string
  /** Length in bytes. */
  readonly size: number
  /** SHA-256 of its content in hexadecimal. */
  readonly sha256: string
}

/** What a worker thread writes. */
export interface StoreShardJob extends ShardPart {
  /** Absolute path of the file that the shard becomes a part of; it is there. */
  readonly target: string
  readonly files: readonly FileToStore[]
}

/** A stored file as the tar describes it: nothing of the machine that it comes from. */
export function storedMember({ path, size }: FileToStore): Member {
  return { path, isDirectory: false, isExecutable: false, size, mtime: 0 }
}

/**
 * Writes a shard into its place in a file. Runs in a worker thread.
 *
 * @throws when a file is gone, or is no longer what was said of it
 */
export function storeShard({ target, files, ...part }: StoreShardJob): ShardContent {
  const fd = openToWrite(target)
  try {
    const writer = createShardWriter(fd, part)
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
      throw new Error(`cannot pack ${file.source}: it changed meanwhile`)
  } finally {
    close(fd)
  }
}
