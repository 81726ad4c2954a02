import * as path from 'node:path'
import { filesBelow, look, readBytes } from '../system/files.ts'

/**
 * Whether two directory trees hold the same files with the same content. Modes and times do not count, nor
 * do empty directories, of which git knows nothing.
 *
 * @param a absolute path; a tree that is not there holds no files
 * @param b the same
 */
export function sameTree(a: string, b: string): boolean {
  const [files, others] = [filesBelow(a), filesBelow(b)]
  return (
    files.length === others.length &&
    files.every((file, index) => file === others[index] && sameFile(path.join(a, file), path.join(b, file)))
  )
}

function sameFile(a: string, b: string): boolean {
  const [statsOfA, statsOfB] = [look(a), look(b)]
  if (statsOfA?.isFile() !== true || statsOfB?.isFile() !== true || statsOfA.size !== statsOfB.size)
    return false
  return readBytes(a)?.equals(readBytes(b) ?? Buffer.alloc(0)) ?? false
}
