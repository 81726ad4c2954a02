import * as fs from 'node:fs'
import * as path from 'node:path'

/**
 * Lets the owner write to a folder and what is in it.
 *
 * @param folder absolute path
 * @param what `directories`: those alone, which is enough to remove the tree, and files that somebody else owns or
 *   that have another name elsewhere are left as they are
 */
export function makeTreeWritable(folder: string, what: 'directories' | 'everything'): void {
  allow(folder, 0o700)
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const inside = path.join(folder, entry.name)
    if (entry.isDirectory()) makeTreeWritable(inside, what)
    else if (entry.isFile() && what === 'everything') allow(inside, 0o200)
  }
}

/**
 * Makes sure that there is a folder which others may read, and nobody but this user may change.
 *
 * @param folder absolute path; the folders above it are there
 * @returns false when something is there that others may have filled; Windows does not tell
 */
export function makeOwnDirectory(folder: string): boolean {
  try {
    fs.mkdirSync(folder, { mode: 0o755 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const stats = fs.lstatSync(folder)
  if (!stats.isDirectory()) return false
  return process.getuid === undefined || (stats.uid === process.getuid() && (stats.mode & 0o022) === 0)
}

function allow(target: string, permissions: number): void {
  fs.chmodSync(target, fs.statSync(target).mode | permissions)
}
