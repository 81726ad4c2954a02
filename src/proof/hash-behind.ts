import * as path from 'node:path'
import { look } from '../system/files.ts'
import { runWorkers } from '../system/workers.ts'
import { type HashedFile, type HashFilesJob, hashBuffer, hashFile } from './hash-files.ts'

/** So many bytes are hashed before a thread has started. */
const worthThread = 32e6

/**
 * Hashes a file while others go on, in a worker thread if it is worth it.
 *
 * @param file absolute path
 * @returns the SHA-256 of its content in hexadecimal
 * @throws the error of the system when the file is gone, or cannot be read
 */
export async function hashBehind(file: string): Promise<string> {
  if ((look(file)?.size ?? 0) < worthThread) return hashFile(file, hashBuffer())
  const data: HashFilesJob = { directory: path.dirname(file), files: [path.basename(file)] }
  const [answer] = (await runWorkers(1, () => [{ task: 'hash-files', data }])) as readonly HashedFile[][]
  return answer?.[0]?.sha256 ?? ''
}
