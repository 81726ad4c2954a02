import * as path from 'node:path'
import { coversDirectory } from '../modules/directory-patterns.ts'
import { platform } from '../system/environment.ts'
import { isWithin } from '../system/files.ts'
import { shown } from './module-files.ts'
import { holds, isMarker } from './own-modules.ts'

/** Where modules are looked for. */
export interface Search {
  /** Absolute path of the folder that `modules` is relative to. */
  readonly start: string
  /** Absolute path of the checkout. */
  readonly workspace: string
  readonly goWorkIsOff: boolean
  /** Whether a directory, by its absolute path, is not the project's own. */
  readonly isForeign: (directory: string) => boolean
}

/** Whether the go command finds its go.mod or go.work in a directory. */
export function holdsModule({ goWorkIsOff }: Search, directory: string): boolean {
  return holds(directory, 'go.mod') || (!goWorkIsOff && holds(directory, 'go.work'))
}

/** The same, where a go.mod that says nothing does not count. */
export function holdsUsableModule(search: Search, directory: string): boolean {
  return (
    holdsModule(search, directory) &&
    (!isMarker(directory) || (!search.goWorkIsOff && holds(directory, 'go.work')))
  )
}

/**
 * The nearest directory above another one, in the checkout, that the go command takes for its place there
 * (cmd/go/internal/modload/init.go, findModuleRoot).
 *
 * @returns its absolute path; undefined when there is none
 */
export function moduleAbove(search: Search, directory: string): string | undefined {
  for (let above = path.dirname(directory); isWithin(search.workspace, above); above = path.dirname(above)) {
    if (holdsModule(search, above)) return holdsUsableModule(search, above) ? above : undefined
    if (path.dirname(above) === above) return undefined
  }
  return undefined
}

/** The file that makes a directory a module or workspace, as the user knows it. */
export function moduleFileIn(search: Search, directory: string): string {
  const name = !search.goWorkIsOff && holds(directory, 'go.work') ? 'go.work' : 'go.mod'
  return shown(search.workspace, path.join(directory, name))
}

/** Whether a pattern of the input `modules` covers a directory. */
export function isCovered({ start }: Pick<Search, 'start'>, pattern: string, directory: string): boolean {
  const relative = path.relative(start, directory).replaceAll(path.sep, '/') || '.'
  // @actions/glob ignores case on Windows alone, too.
  const isWindows = platform() === 'win32'
  return coversDirectory(pattern, relative, { ignoreCase: isWindows, backslashes: isWindows })
}
