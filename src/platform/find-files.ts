import * as path from 'node:path'
import { create } from '@actions/glob'
import { entriesOf } from './files.ts'

/** How deep below the start a go.mod is looked for where git cannot tell. */
const deepest = 6

/** Directories that hold other people's modules. */
const skipped = /^(?:[._].*|vendor|testdata|node_modules)$/

/**
 * Every go.mod below a directory, as paths relative to it with `/`; for checkouts without git.
 *
 * @param isForeign whether a directory, by its absolute path, is not the project's own
 */
export function findGoMods(
  start: string,
  isForeign: (directory: string) => boolean = () => false,
): readonly string[] {
  return findFilesNamed('go.mod', start, isForeign)
}

/** Every file of a name below a directory, as paths relative to it with `/`, but for those of other people's modules. */
export function findFilesNamed(
  name: string,
  start: string,
  isForeign: (directory: string) => boolean = () => false,
): readonly string[] {
  const walk = (relative: string, depth: number): readonly string[] => {
    const entries = readableEntries(path.join(start, relative))
    const isHere = entries.some((entry) => !entry.isDirectory() && entry.name === name)
    const here = isHere ? [`${relative}${name}`] : []
    if (depth === deepest) return here
    const below = entries
      .filter((entry) => entry.isDirectory() && !skipped.test(entry.name))
      .filter((entry) => !isForeign(path.join(start, relative, entry.name)))
      .flatMap((entry) => walk(`${relative}${entry.name}/`, depth + 1))
    return [...here, ...below]
  }
  return walk('', 0)
}

/** A directory that this user may not read holds no module for them. */
function readableEntries(directory: string): ReturnType<typeof entriesOf> {
  try {
    return entriesOf(directory)
  } catch {
    return []
  }
}

/**
 * The directories below a place that match a pattern in the syntax of @actions/glob.
 *
 * @param pattern a relative path or glob
 * @param start absolute path of where it is looked up
 */
export async function directoriesMatching(pattern: string, start: string): Promise<readonly string[]> {
  const globber = await create(path.join(globLiteral(start), pattern), {
    matchDirectories: true,
    implicitDescendants: false,
    followSymbolicLinks: false,
  })
  return globber.glob()
}

/** A path in which no character has a meaning to @actions/glob. */
function globLiteral(directory: string): string {
  // Brackets are the only way to escape that works on Windows, too, where the backslash separates.
  return directory.replaceAll(/[[?*]/g, '[$&]')
}
