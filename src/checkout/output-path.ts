import * as path from 'node:path'
import { isWithin, lstat, realPath } from '../platform/files.ts'

/**
 * Checks an output path in the checkout, with links resolved. Its parent folders need not exist yet.
 *
 * @param workspace absolute path of the checkout
 * @param file absolute path
 * @returns the fault as a clause; undefined if there is none
 */
export function outputPathFault(workspace: string, file: string): string | undefined {
  return faultWithin(workspace, file, 'the checkout')
}

/**
 * Checks an output path that may also lie below the runner's temporary folder.
 *
 * @param temporary RUNNER_TEMP; empty if it is not set
 * @returns the fault as a clause; undefined if there is none
 */
export function outputPathOrTempFault(
  workspace: string,
  temporary: string,
  file: string,
): string | undefined {
  if (temporary === '' || isWithin(workspace, file)) return outputPathFault(workspace, file)
  const folder = path.resolve(temporary)
  return isWithin(folder, file)
    ? faultWithin(folder, file, 'RUNNER_TEMP')
    : `it is neither in the checkout nor below RUNNER_TEMP (${folder})`
}

function faultWithin(base: string, file: string, name: string): string | undefined {
  if (!isWithin(base, file) || file === base) return `it is not in ${name}`
  let folder = path.dirname(file)
  while (lstat(folder) === undefined && folder !== base) folder = path.dirname(folder)
  if (!isWithin(realPath(base), realPath(folder)))
    return `a symbolic link in its path leads outside of ${name}`
  const found = lstat(file)
  if (found?.isSymbolicLink() === true) return 'it is a symbolic link'
  if (found !== undefined && !found.isFile()) return 'it is not a file'
  return lstat(realPath(folder))?.isDirectory() === false ? 'its parent is a file' : undefined
}
