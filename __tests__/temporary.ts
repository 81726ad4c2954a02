import { existsSync, mkdirSync, mkdtempSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { onTestFinished } from 'vitest'

/** Creates a folder that is removed when the test ends; its path is real, and Go does not ignore a go.mod there. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'go-deps-test-'))
  // On Windows a program may hold a folder a moment longer than it runs.
  onTestFinished(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  return folder
}

/**
 * Writes files below a folder.
 *
 * @param folder absolute path
 * @param files text by path relative to the folder, with `/`
 */
export function writeFiles(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

/** Whether files have owners and permission bits here, and processes receive signals. */
export const isUnix = process.platform !== 'win32'

/** A folder on another file system than temporary folders: in memory, or on the disk; undefined if there is only one. */
export function otherFileSystem(): string | undefined {
  const places = ['/dev/shm', path.resolve(import.meta.dirname, '..', '.tools')]
  return places.find((place) => existsSync(place) && statSync(place).dev !== statSync(tmpdir()).dev)
}
