import * as path from 'node:path'
import type { GoEnv } from '../gocmd/index.ts'
import { GoFileError, parseDirectives } from '../gofiles/syntax.ts'
import { coversDirectory } from '../inputs/index.ts'
import type { Variables } from '../platform/environment.ts'
import { isFile, isWithin, readText, realPath } from '../platform/files.ts'
import { findGoMods } from '../platform/find-files.ts'
import { trackedFiles } from '../platform/git.ts'
import { platform } from '../platform/machine.ts'
import { homeFolder } from '../platform/temp-dirs.ts'
import { workspacePath } from './module-files.ts'

/** The directories below a folder that hold a go.mod of the project itself: absolute paths, shallowest first. */
interface ProjectModules {
  readonly directories: readonly string[]
  /** Directories whose go.mod is empty, which keeps them out of the parent's `./...` (https://go.dev/wiki/Modules). */
  readonly markers: readonly string[]
}

/**
 * Finds the modules of the project itself: those that git tracks, or all on disk if git fails.
 *
 * @param start absolute path of the folder to search
 */
export async function findProjectModules(
  start: string,
  { isOutsideProject, variables }: Pick<ModuleSearch, 'isOutsideProject' | 'variables'>,
): Promise<ProjectModules> {
  const files = (await trackedFiles(start, 'go.mod', variables)) ?? findGoMods(start, isOutsideProject)
  const found = files
    .filter(isProjectModule)
    .map((file) => path.dirname(path.join(start, file)))
    .filter((directory) => hasFile(directory, 'go.mod') && !isOutsideProject(directory))
  const markers = found.filter(isEmptyGoMod)
  return {
    directories: shallowestFirst(found.filter((one) => !markers.includes(one))),
    markers: shallowestFirst(markers),
  }
}

/**
 * Whether a go.mod belongs to the project itself: not vendored, not test data, and not in a directory
 * that the go command ignores (cmd/go, "Package lists and patterns": names that begin with `_` or `.`).
 *
 * @param file path of the go.mod relative to the start of the search, with `/`
 */
export function isProjectModule(file: string): boolean {
  return file
    .split('/')
    .slice(0, -1)
    .every((name) => !['vendor', 'testdata', 'node_modules'].includes(name) && !/^[._]/.test(name))
}

/** Whether a directory has a go.mod that is empty or holds only comments. */
export function isEmptyGoMod(directory: string): boolean {
  const file = path.join(directory, 'go.mod')
  try {
    const text = readText(file)
    return text !== undefined && parseDirectives(text, file).length === 0
  } catch (error) {
    // A file that cannot be read or parsed is reported later, by its reader.
    if (error instanceof GoFileError || (error instanceof Error && 'syscall' in error)) return false
    throw error
  }
}

/** Whether a directory holds a file of this name, links followed. */
function hasFile(directory: string, name: string): boolean {
  return isFile(path.join(directory, name))
}

/** Each directory once, shallowest first. */
export function shallowestFirst(directories: readonly string[]): readonly string[] {
  const depth = (directory: string) => directory.split(path.sep).length
  return [...new Set(directories)].sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
}

/** The parameters of a search for modules. */
export interface ModuleSearch {
  /** Absolute path of the folder that `modules` is relative to. */
  readonly start: string
  /** Absolute path of the checkout. */
  readonly workspace: string
  readonly goWorkIsOff: boolean
  /** Whether a directory, by its absolute path, is not the project's own. */
  readonly isOutsideProject: (directory: string) => boolean
  /** The variables that git gets. */
  readonly variables: Variables
}

/** Whether a directory holds a go.mod, or a go.work that the go command may use. */
export function hasModule({ goWorkIsOff }: ModuleSearch, directory: string): boolean {
  return hasFile(directory, 'go.mod') || (!goWorkIsOff && hasFile(directory, 'go.work'))
}

/** Whether a directory holds a go.mod with directives, or a go.work that the go command may use. */
export function hasUsableModule(search: ModuleSearch, directory: string): boolean {
  return (
    hasModule(search, directory) &&
    (!isEmptyGoMod(directory) || (!search.goWorkIsOff && hasFile(directory, 'go.work')))
  )
}

/**
 * Returns the nearest parent directory in the checkout that the go command uses as the module root
 * (cmd/go/internal/modload/init.go, findModuleRoot).
 *
 * @returns its absolute path; undefined when there is none
 */
export function enclosingModule(search: ModuleSearch, directory: string): string | undefined {
  for (let above = path.dirname(directory); isWithin(search.workspace, above); above = path.dirname(above)) {
    if (hasModule(search, above)) return hasUsableModule(search, above) ? above : undefined
    if (path.dirname(above) === above) return undefined
  }
  return undefined
}

/** Returns the path of the go.mod or go.work in a directory, as the user knows it. */
export function moduleFileIn(search: ModuleSearch, directory: string): string {
  const name = !search.goWorkIsOff && hasFile(directory, 'go.work') ? 'go.work' : 'go.mod'
  return workspacePath(search.workspace, path.join(directory, name))
}

/** Whether a pattern of the input `modules` covers a directory. */
export function matchesDirectory(
  { start }: Pick<ModuleSearch, 'start'>,
  pattern: string,
  directory: string,
): boolean {
  const relative = path.relative(start, directory).replaceAll(path.sep, '/') || '.'
  // @actions/glob also ignores case on Windows only.
  const isWindows = platform() === 'win32'
  return coversDirectory(pattern, relative, { ignoreCase: isWindows, backslashes: isWindows })
}

/**
 * Lists the folders of Go and of the runner that may lie in a checkout and hold modules that are not the project's:
 * the module cache, the build cache, GOROOT, the tool cache, RUNNER_TEMP.
 *
 * @param workspace absolute path of the checkout
 * @param env the settings of the go command, and the variables of the runner
 * @returns absolute paths; they need not exist
 */
export function nonProjectFolders(workspace: string, { setting, variables }: GoEnv): readonly string[] {
  const home = homeFolder(variables)
  // The default (cmd/go/internal/cfg/cfg.go and go/build, defaultGOPATH).
  const gopaths = setting('GOPATH') || (home === '' ? '' : path.join(home, 'go'))
  const folders = [
    ...['GOMODCACHE', 'GOCACHE', 'GOROOT'].map(setting),
    ...gopaths.split(path.delimiter).flatMap((gopath) => packagesIn(gopath, workspace)),
    ...['RUNNER_TEMP', 'RUNNER_TOOL_CACHE', 'AGENT_TOOLSDIRECTORY'].map((name) => variables[name] ?? ''),
  ]
  return [...new Set(folders.filter((folder) => path.isAbsolute(folder)))]
}

/**
 * Lists the folders of a GOPATH that hold packages of other projects. The first GOPATH holds the module cache; others
 * may have held it before. If the checkout is a GOPATH itself, its `pkg` may be the project's own.
 */
function packagesIn(gopath: string, workspace: string): readonly string[] {
  if (!path.isAbsolute(gopath)) return []
  const [packages, modules] = [path.join(gopath, 'pkg'), path.join(gopath, 'pkg', 'mod')]
  return realPath(gopath) === realPath(workspace) ? [modules] : [packages, modules]
}

/**
 * Returns a predicate for folders that are not the project's own.
 *
 * @param start absolute path of the folder to search
 * @param folders absolute paths of folders that are not the project's own; those that contain `start` do not count
 * @returns whether a folder, an absolute path below `start`, is one of these or lies in one
 */
export function nonProjectBelow(start: string, folders: readonly string[]): (folder: string) => boolean {
  const realStart = realPath(start)
  const below = new Set(
    folders
      .map(realPath)
      .filter((folder) => folder !== realStart && isWithin(realStart, folder))
      .map((folder) => path.relative(realStart, folder)),
  )
  return (folder) => {
    const names = path.relative(start, folder).split(path.sep)
    return names.some((name, index) => {
      const parent = path.join(...names.slice(0, index + 1))
      // The module cache extracts to path@version, and no import path holds such a name.
      return (
        /@v\d/.test(name) ||
        below.has(parent) ||
        (name !== '' && name !== '..' && isGoRoot(path.join(start, parent)))
      )
    })
  }
}

/** Whether a folder is a GOROOT. A Go in the checkout holds the modules `std` and `cmd`. */
function isGoRoot(folder: string): boolean {
  return isFile(path.join(folder, 'VERSION')) && isFile(path.join(folder, 'src', 'runtime', 'runtime.go'))
}
