import { namesIn, statusAt } from '../system/sync-files.ts'
import { pathProblem } from './paths.ts'
import type { PackUnit } from './units.ts'

/** What lies under a unit's roots. */
export interface UnitContent {
  /** Files and directories, the latter with a `/` at the end, each before what is in it. */
  readonly paths: readonly string[]
  /** How many files there are. */
  readonly files: number
  /** Their lengths together. */
  readonly bytes: number
}

/**
 * Lists a unit's files and directories, in an order that depends on their names only.
 *
 * @param base absolute path of the packed folder
 * @param unit the unit
 * @param leaveOut tells of a file or directory, by its path relative to `base`, whether it is left out
 * @throws when a root is missing, or anything is neither file nor directory or has a name that another
 *   system could misunderstand
 */
export function walkUnit(base: string, unit: PackUnit, leaveOut: (path: string) => boolean): UnitContent {
  const paths: string[] = []
  let [files, bytes] = [0, 0]
  function walk(path: string, isRoot: boolean): void {
    if (leaveOut(path)) return
    const problem = pathProblem(path, 'any')
    if (problem !== undefined) throw new Error(`cannot pack ${JSON.stringify(path)}: it ${problem}`)
    const status = statusAt(`${base}/${path}`)
    if (status === undefined) {
      if (isRoot) throw new Error(`cannot pack ${path}: it is missing`)
    } else if (status.isFile()) {
      paths.push(path)
      files++
      bytes += status.size
    } else if (status.isDirectory()) {
      paths.push(`${path}/`)
      for (const name of namesIn(`${base}/${path}`)) walk(`${path}/${name}`, false)
    } else {
      throw new Error(`cannot pack ${path}: it is neither a file nor a directory`)
    }
  }
  for (const root of unit.roots) walk(root, true)
  return { paths, files, bytes }
}
