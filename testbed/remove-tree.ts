import { chmod, lstat, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Removes a file or folder with all that is in it, also what is write-protected: Go makes the folders of its
 * module cache read-only, and nobody but root can empty such a folder.
 * @param path absolute; may be missing
 */
export async function removeTree(path: string): Promise<void> {
  await makeWritable(path)
  await rm(path, { recursive: true, force: true, maxRetries: 3 })
}

async function makeWritable(path: string): Promise<void> {
  const stats = await lstat(path).catch(() => undefined)
  if (!stats?.isDirectory()) return
  await chmod(path, 0o755)
  for (const entry of await readdir(path, { withFileTypes: true })) {
    if (entry.isDirectory()) await makeWritable(join(path, entry.name))
  }
}
