import * as path from 'node:path'
import { isFile, isWithin, realPath } from '../system/files.ts'
import type { Settings } from './settings.ts'

/** What decides which folders of a checkout are not the project's own. */
export interface ForeignFacts {
  /** Absolute path of the checkout. */
  readonly workspace: string
  /** What the variables of the go command are set to. */
  readonly settings: Settings
  /** The environment variables of the action. */
  readonly variables: Readonly<Record<string, string | undefined>>
}

/**
 * Lists the folders of Go and of the runner that may lie in a checkout and hold modules of others: the module cache, the
 * build cache, GOROOT, the tool cache, RUNNER_TEMP.
 *
 * @returns absolute paths; they need not exist
 */
export function foreignFolders({ workspace, settings, variables }: ForeignFacts): readonly string[] {
  const home = variables.HOME ?? variables.USERPROFILE ?? ''
  // The default (cmd/go/internal/cfg/cfg.go and go/build, defaultGOPATH).
  const gopaths = settings('GOPATH') || (home === '' ? '' : path.join(home, 'go'))
  const folders = [
    ...['GOMODCACHE', 'GOCACHE', 'GOROOT'].map(settings),
    ...gopaths.split(path.delimiter).flatMap((gopath) => packagesIn(gopath, workspace)),
    ...['RUNNER_TEMP', 'RUNNER_TOOL_CACHE', 'AGENT_TOOLSDIRECTORY'].map((name) => variables[name] ?? ''),
  ]
  return [...new Set(folders.filter((folder) => path.isAbsolute(folder)))]
}

/** The first GOPATH has the module cache; others may have had it. A checkout that is its own GOPATH may have a `pkg` of its own. */
function packagesIn(gopath: string, workspace: string): readonly string[] {
  if (!path.isAbsolute(gopath)) return []
  const [packages, modules] = [path.join(gopath, 'pkg'), path.join(gopath, 'pkg', 'mod')]
  return realPath(gopath) === realPath(workspace) ? [modules] : [packages, modules]
}

/**
 * Tells which folders below a place are not the project's own.
 *
 * @param start absolute path of the place
 * @param folders absolute paths of foreign folders; those that hold the place itself do not count
 * @returns whether a folder, an absolute path below the place, is foreign or lies in a foreign one
 */
export function foreignBelow(start: string, folders: readonly string[]): (folder: string) => boolean {
  const from = realPath(start)
  const below = new Set(
    folders
      .map(realPath)
      .filter((folder) => folder !== from && isWithin(from, folder))
      .map((folder) => path.relative(from, folder)),
  )
  return (folder) => {
    const names = path.relative(start, folder).split(path.sep)
    return names.some((name, index) => {
      const upTo = path.join(...names.slice(0, index + 1))
      // The module cache extracts to path@version: such a name is in no import path.
      return (
        /@v\d/.test(name) ||
        below.has(upTo) ||
        (name !== '' && name !== '..' && isGoRoot(path.join(start, upTo)))
      )
    })
  }
}

/** A Go that was unpacked into the checkout holds the modules `std` and `cmd`. */
function isGoRoot(folder: string): boolean {
  return isFile(path.join(folder, 'VERSION')) && isFile(path.join(folder, 'src', 'runtime', 'runtime.go'))
}
