import * as path from 'node:path'
import { isWithin, look, realPath } from '../system/files.ts'

/**
 * What is wrong with a place where a file of the checkout is to be written, links resolved; undefined when nothing is. Folders
 * above it need not be there yet.
 *
 * @param workspace absolute path of the checkout
 * @param file absolute path
 */
export function placeFault(workspace: string, file: string): string | undefined {
  if (!isWithin(workspace, file) || file === workspace) return 'that is not in the checkout'
  let folder = path.dirname(file)
  while (look(folder) === undefined && folder !== workspace) folder = path.dirname(folder)
  if (!isWithin(realPath(workspace), realPath(folder))) return 'a link leads out of the checkout there'
  const found = look(file)
  if (found?.isSymbolicLink() === true) return 'that is a link'
  if (found !== undefined && !found.isFile()) return 'that is no file'
  return look(realPath(folder))?.isDirectory() === false ? 'the folder of it is a file' : undefined
}
