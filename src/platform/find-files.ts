import * as path from 'node:path'
import { create } from '@actions/glob'
import { entriesOf } from './files.ts'

/** Maximum depth of a search below its start, where git cannot list files. */
const maxDepth = 6

/** Directories to skip: those that the go command ignores, and those that hold dependencies. */
const skipped = /^(?:[._].*|vendor|testdata|node_modules)$/

/**
 * Finds every go.mod below a directory, for checkouts without git.
 *
 * @param start absolute path
 * @param isOutsideProject whether a directory, given by its absolute path, belongs to another project
 * @returns paths relative to `start`, with `/`
 */
export function findGoMods(
  start: string,
  isOutsideProject: (directory: string) => boolean = () => false,
): readonly string[] {
  return findFilesNamed('go.mod', start, isOutsideProject)
}

/**
 * Finds every file with a name below a directory, except in directories of dependencies.
 *
 * @param start absolute path
 * @param isOutsideProject whether a directory, given by its absolute path, belongs to another project
 * @returns paths relative to `start`, with `/`
 */
export function findFilesNamed(
  name: string,
  start: string,
  isOutsideProject: (directory: string) => boolean = () => false,
): readonly string[] {
  const walk = (relative: string, depth: number): readonly string[] => {
    const entries = readableEntries(path.join(start, relative))
    const isHere = entries.some((entry) => !entry.isDirectory() && entry.name === name)
    const here = isHere ? [`${relative}${name}`] : []
    if (depth === maxDepth) return here
    const below = entries
      .filter((entry) => entry.isDirectory() && !skipped.test(entry.name))
      .filter((entry) => !isOutsideProject(path.join(start, relative, entry.name)))
      .flatMap((entry) => walk(`${relative}${entry.name}/`, depth + 1))
    return [...here, ...below]
  }
  return walk('', 0)
}

/** Lists a directory; empty when this user may not read it, since it then holds no usable module. */
function readableEntries(directory: string): ReturnType<typeof entriesOf> {
  try {
    return entriesOf(directory)
  } catch {
    return []
  }
}

/**
 * Finds the directories below a start that match a pattern in the syntax of @actions/glob.
 *
 * @param pattern a relative path or glob
 * @param start absolute path that the pattern is relative to
 */
export async function directoriesMatching(pattern: string, start: string): Promise<readonly string[]> {
  const globber = await create(path.join(globLiteral(start), pattern), {
    matchDirectories: true,
    implicitDescendants: false,
    followSymbolicLinks: false,
  })
  return globber.glob()
}

/** Escapes the characters in a path that have a meaning to @actions/glob. */
function globLiteral(directory: string): string {
  // Only brackets also escape on Windows, where the backslash is the separator.
  return directory.replaceAll(/[[?*]/g, '[$&]')
}
