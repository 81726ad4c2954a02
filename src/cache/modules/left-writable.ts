import * as path from 'node:path'
import { isDirectory, isWithin, realPath } from '../../system/files.ts'
import { debug } from '../../system/runner.ts'
import { makeTreeWritable } from '../../system/write-protection.ts'

/**
 * Whether the trees of a module cache are to stay writable: where it lies in the checkout. There the next job's
 * actions/checkout removes it, with `git clean -ffdx` or file by file (its git-directory-helper.ts), and nobody but
 * root can remove what is in a directory that Go has write-protected (cmd/go/internal/modfetch/fetch.go,
 * makeDirsReadOnly).
 *
 * @param gomodcache GOMODCACHE; empty where Go has none
 * @param workspace absolute path of the checkout
 */
export function isLeftWritable(gomodcache: string, workspace: string): boolean {
  if (!path.isAbsolute(gomodcache)) return false
  // Of what is not there yet only the name is known.
  return isDirectory(gomodcache)
    ? isWithin(realPath(workspace), realPath(gomodcache))
    : isWithin(workspace, gomodcache)
}

/**
 * Lets the owner remove a module cache and what is in it. The files stay read-only. It touches the time by which
 * trees of this job are told from older ones, so it comes after the save; what it cannot do is nobody's failure.
 *
 * @param gomodcache absolute path of the module cache
 */
export function leaveWritable(gomodcache: string): void {
  if (!isDirectory(gomodcache)) return
  try {
    makeTreeWritable(gomodcache, 'directories')
  } catch (error) {
    debug(`${gomodcache} cannot be made writable: ${(error as Error).message}`)
  }
}
