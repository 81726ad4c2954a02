import * as fs from 'node:fs'

/**
 * Sets the times of what is at a path: of a link its own, never those of what it leads to.
 *
 * @param seconds since 1970; fractions count
 * @returns false when nothing is there, or it belongs to somebody else: only an owner may set a time
 * @throws the error of the system when it fails for another reason
 */
export function setOwnTime(file: string, seconds: number): boolean {
  try {
    fs.lutimesSync(file, seconds, seconds)
    return true
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (['ENOENT', 'ENOTDIR', 'EPERM', 'EACCES', 'EROFS'].includes(code)) return false
    throw error
  }
}
