import { namesIn, statusAt } from '../system/sync-files.ts'
import { pathProblem } from './paths.ts'
import type { PackUnit } from './units.ts'

/** What lies under a unit's roots. */
export interface UnitContent {
  /** Files and the directories that hold any, the latter with a `/` at the end, each before what is in it. */
  readonly paths: readonly string[]
  /** How many files there are. */
  readonly files: number
  /** Their lengths together. */
  readonly bytes: number
  /** What cannot be packed, and why. */
  readonly faults: readonly PackFault[]
}

/** Something that cannot be packed. */
export interface PackFault {
  /** Relative to the packed folder, with `/`. */
  readonly path: string
  /** Goes on after the path, such as `is missing`. */
  readonly why: string
}

/**
 * Lists a unit's files and directories, in an order that depends on their names only. A directory without files is none
 * of them: no checksum covers it, and `//go:embed` fails on it.
 *
 * @param base absolute path of the packed folder
 * @param unit the unit
 * @param leaveOut tells of a file or directory, by its path relative to `base`, whether it is left out
 */
export function walkUnit(base: string, unit: PackUnit, leaveOut: (path: string) => boolean): UnitContent {
  const paths: string[] = []
  const faults: PackFault[] = []
  let [files, bytes] = [0, 0]
  function walk(path: string, isRoot: boolean): void {
    if (leaveOut(path)) return
    const problem = pathProblem(path, 'any')
    if (problem !== undefined) {
      faults.push({ path, why: problem })
      return
    }
    const status = statusAt(`${base}/${path}`)
    if (status === undefined) {
      if (isRoot) faults.push({ path, why: 'is missing' })
    } else if (status.isFile()) {
      paths.push(path)
      files++
      bytes += status.size
    } else if (status.isDirectory()) {
      const [before, at] = [files, paths.length]
      paths.push(`${path}/`)
      for (const name of namesIn(`${base}/${path}`)) attempt(`${path}/${name}`, false)
      if (files === before) paths.length = at
    } else faults.push({ path, why: 'is neither a file nor a directory' })
  }
  function attempt(path: string, isRoot: boolean): void {
    try {
      walk(path, isRoot)
    } catch (error) {
      faults.push({ path, why: `cannot be read: ${(error as Error).message}` })
    }
  }
  for (const root of unit.roots) attempt(root, true)
  return { paths, files, bytes, faults }
}
