import * as path from 'node:path'
import { look } from '../system/files.ts'
import { runWorkers } from '../system/workers.ts'
import type { HashedFile, HashFilesJob } from './hash-files.ts'

/** A byte is hashed in this share of the time that packing it takes. */
const costOfHashing = 1 / 8

/**
 * Hashes a file while others go on, in a worker thread if it is worth it.
 *
 * @param file absolute path
 * @returns the SHA-256 of its content in hexadecimal
 * @throws the error of the system when the file is gone, or cannot be read
 */
export async function hashBehind(file: string): Promise<string> {
  const work = (look(file)?.size ?? 0) * costOfHashing
  const data: HashFilesJob = { directory: path.dirname(file), files: [path.basename(file)] }
  const [answer] = (await runWorkers(1, work, () => [
    { task: 'hash-files', data },
  ])) as readonly HashedFile[][]
  return answer?.[0]?.sha256 ?? ''
}
