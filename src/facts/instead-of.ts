import * as path from 'node:path'
import { closestWord } from '../modules/closest-word.ts'
import { readText } from '../system/files.ts'
import { ownModules } from './own-modules.ts'
import type { Search } from './search.ts'

/** So many directories are named where none was meant. */
const shownDirectories = 5

/**
 * What to write instead of the name of a directory that holds no module.
 *
 * @param given as it was written
 * @param start absolute path of where it is looked up
 * @param usual what to do where nothing better is known
 */
export async function insteadOf(
  given: string,
  start: string,
  usual: string,
  isForeign: Search['isForeign'] = () => false,
): Promise<string> {
  const slash = slashed(given)
  const parent = path.posix.dirname(slash)
  if (['go.mod', 'go.work'].includes(path.posix.basename(slash)))
    return `Name the directory: \`${parent.replace(/^\.\//, '')}\`.`
  if (slash.includes('...')) return 'Write `**` for all directories below: `...` is for packages.'
  const own = await ownModules(start, isForeign)
  const directories = own.directories.map((one) => slashed(path.relative(start, one)) || '.')
  const written = slash.replace(/^(?:\.\/)+|\/+$/g, '')
  const near =
    // The path of a module is what an import begins with.
    directories.find((one) => modulePathIn(path.join(start, one)) === written) ??
    directories.find((one) => path.posix.basename(one) === written) ??
    closestWord(written, directories)
  if (near !== undefined) return `Did you mean \`${near}\`? Name the directory that holds the go.mod.`
  if (directories.length === 0) return usual
  const listed = directories.slice(0, shownDirectories).map((one) => `\`${one}\``)
  const more = directories.length - listed.length
  return `${usual} There is a go.mod in ${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`
}

/** The path that a go.mod gives its module; undefined where it does not parse. */
function modulePathIn(directory: string): string | undefined {
  return /^module[ \t]+"?([^\s"]+)/m.exec(readText(path.join(directory, 'go.mod')) ?? '')?.[1]
}

function slashed(file: string): string {
  return file.replaceAll(path.sep, '/')
}
