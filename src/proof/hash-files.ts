import { createHash } from 'node:crypto'
import { close, openToRead, read, statusOf } from '../system/sync-files.ts'

/** Files for one worker thread to hash. */
export interface HashFilesJob {
  /** Absolute path of the directory that they are in. */
  readonly directory: string
  /** Their paths in it, with `/`. */
  readonly files: readonly string[]
}

/** A file and the SHA-256 of its content in hexadecimal. */
export interface HashedFile {
  readonly file: string
  readonly sha256: string
}

/** A file is hashed in pieces of so many bytes. */
const pieceSize = 1024 * 1024

/**
 * Hashes files; runs in a worker thread.
 *
 * @throws the error of the system when a file is gone, or cannot be read
 */
export function hashFiles({ directory, files }: HashFilesJob): readonly HashedFile[] {
  const buffer = hashBuffer()
  return files.map((file) => ({ file, sha256: hashFile(`${directory}/${file}`, buffer) }))
}

/** Room for hashing one file after the other. */
export function hashBuffer(): Buffer {
  return Buffer.allocUnsafe(pieceSize)
}

/**
 * The SHA-256 of a file's content in hexadecimal.
 *
 * @param file absolute path
 * @param buffer what is read goes through it
 */
export function hashFile(file: string, buffer: Buffer): string {
  const fd = openToRead(file)
  try {
    const hash = createHash('sha256')
    for (let left = statusOf(fd).size; ; ) {
      const count = read(fd, buffer, 0, buffer.length)
      hash.update(buffer.subarray(0, count))
      left -= count
      if (count === 0 || left <= 0) return hash.digest('hex')
    }
  } finally {
    close(fd)
  }
}
