import * as path from 'node:path'
import { GoFileError, parseDirectives } from '../modules/syntax.ts'
import { isFile, readText } from '../system/files.ts'
import { trackedFiles } from '../system/git.ts'
import { walkForGoMods } from '../system/walk.ts'

/** The directories below a place that hold a go.mod of the project itself: absolute paths, shallowest first. */
export interface OwnModules {
  readonly directories: readonly string[]
  /** Those whose go.mod says nothing at all, which keeps `./...` out of a directory (https://go.dev/wiki/Modules). */
  readonly markers: readonly string[]
}

/**
 * Finds the modules of the project itself: what git tracks, or what is there where git cannot tell.
 *
 * @param start absolute path of the place
 * @param isForeign whether a directory, by its absolute path, is not the project's own
 */
export async function ownModules(
  start: string,
  isForeign: (directory: string) => boolean,
): Promise<OwnModules> {
  const files = (await trackedFiles(start, 'go.mod')) ?? walkForGoMods(start, isForeign)
  const found = files
    .filter(isOwnModule)
    .map((file) => path.dirname(path.join(start, file)))
    .filter((directory) => holds(directory, 'go.mod') && !isForeign(directory))
  const markers = found.filter(isMarker)
  return { directories: ordered(found.filter((one) => !markers.includes(one))), markers: ordered(markers) }
}

/**
 * Whether a go.mod belongs to the project itself: not vendored, not test data, and not in a directory
 * that the go command ignores (cmd/go, "Package lists and patterns": names that begin with `_` or `.`).
 *
 * @param file path of the go.mod relative to where the search began, with `/`
 */
export function isOwnModule(file: string): boolean {
  return file
    .split('/')
    .slice(0, -1)
    .every((name) => !['vendor', 'testdata', 'node_modules'].includes(name) && !/^[._]/.test(name))
}

/** Whether a directory has a go.mod that is empty or holds comments alone. */
export function isMarker(directory: string): boolean {
  const file = path.join(directory, 'go.mod')
  try {
    const text = readText(file)
    return text !== undefined && parseDirectives(text, file).length === 0
  } catch (error) {
    // What cannot be read or understood is told of where it is read.
    if (error instanceof GoFileError || (error instanceof Error && 'syscall' in error)) return false
    throw error
  }
}

/** Whether a directory holds a file of this name, links followed. */
export function holds(directory: string, name: string): boolean {
  return isFile(path.join(directory, name))
}

/** Each directory once, shallowest first. */
export function ordered(directories: readonly string[]): readonly string[] {
  const depth = (directory: string) => directory.split(path.sep).length
  return [...new Set(directories)].sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
}
