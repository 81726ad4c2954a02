import * as path from 'node:path'
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
export function walkForGoMods(
  start: string,
  isForeign: (directory: string) => boolean = () => false,
): readonly string[] {
  return filesNamed('go.mod', start, isForeign)
}

/** Every file of a name below a directory, as paths relative to it with `/`, but for those of other people's modules. */
export function filesNamed(
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
