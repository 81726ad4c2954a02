import { createHash } from 'node:crypto'
import { readBytes } from '../system/files.ts'

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

/**
 * Hashes files; runs in a worker thread.
 *
 * @throws Error when a file is gone
 */
export function hashFiles({ directory, files }: HashFilesJob): readonly HashedFile[] {
  return files.map((file) => {
    const content = readBytes(`${directory}/${file}`)
    if (content === undefined) throw new Error(`${file} is gone`)
    return { file, sha256: createHash('sha256').update(content).digest('hex') }
  })
}
