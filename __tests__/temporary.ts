import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { onTestFinished } from 'vitest'

/** A folder for one test, removed when the test ends; real path, and no place where Go ignores a go.mod. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'go-deps-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
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

/** Whether files here have owners and permission bits, and processes signals. */
export const isUnix = process.platform !== 'win32'

/** A folder on another file system than temporary folders: in memory, or on the disk; undefined where there is only one. */
export function otherFileSystem(): string | undefined {
  const places = ['/dev/shm', path.resolve(import.meta.dirname, '..', '.tools')]
  return places.find((place) => existsSync(place) && statSync(place).dev !== statSync(tmpdir()).dev)
}
