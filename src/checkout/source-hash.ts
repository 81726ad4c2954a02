import { createHash } from 'node:crypto'
import * as path from 'node:path'
import type { Variables } from '../platform/environment.ts'
import { entriesOf, lstat, readBytes } from '../platform/files.ts'
import { checkedOut } from '../platform/git.ts'
import { nonProjectBelow } from './own-modules.ts'

/**
 * Returns values that identify the source that is checked out: git's own hashes, else hashes of the files in the module
 * directories.
 *
 * @param workspace absolute path of the checkout
 * @param directories absolute paths of the modules
 * @param variables the variables that git gets
 * @param otherFolders absolute paths of folders that are not the project's own: files that a job downloads into the
 *   checkout do not count as source
 * @returns values to hash, in a fixed order
 */
export async function hashSource(
  workspace: string,
  directories: readonly string[],
  variables: Variables,
  otherFolders: readonly string[] = [],
): Promise<readonly string[]> {
  const byGit = await checkedOut(workspace, variables)
  if (byGit !== undefined) return byGit
  // The modules may be checked out below a workspace that is not a repository itself.
  const each = await Promise.all(
    directories.map(
      async (directory) =>
        (await checkedOut(directory, variables)) ??
        contentOf(directory, '', nonProjectBelow(directory, otherFolders)),
    ),
  )
  return each.flat()
}

function contentOf(
  directory: string,
  relative: string,
  isOutsideProject: (folder: string) => boolean,
): readonly string[] {
  return readableEntries(path.join(directory, relative)).flatMap((entry) => {
    const name = `${relative}${entry.name}`
    if (entry.isDirectory()) {
      const isIgnored = entry.name === '.git' || isOutsideProject(path.join(directory, name))
      return isIgnored ? [] : contentOf(directory, `${name}/`, isOutsideProject)
    }
    return [name, entry.isFile() ? digestOf(path.join(directory, name)) : '']
  })
}

/** Lists a directory. An unreadable directory counts as empty, because its content cannot be built either. */
function readableEntries(directory: string): ReturnType<typeof entriesOf> {
  try {
    return entriesOf(directory)
  } catch {
    return []
  }
}

/** Returns the SHA-256 of a file; size and mtime if it cannot be read or is too large. */
function digestOf(file: string): string {
  try {
    return createHash('sha256')
      .update(readBytes(file) ?? '')
      .digest('hex')
  } catch {
    const { size, mtimeMs } = lstat(file) ?? { size: 0, mtimeMs: 0 }
    return `${size} ${mtimeMs}`
  }
}
