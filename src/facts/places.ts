import * as path from 'node:path'
import type { Inputs } from '../inputs/inputs.ts'
import type { Problem } from '../inputs/problem.ts'
import { closestWord } from '../modules/closest-word.ts'
import { isDirectory, isFile, isWithin, readText, realPath } from '../system/files.ts'
import { trackedFiles } from '../system/git.ts'
import { directoriesMatching } from '../system/glob.ts'
import { walkForGoMods } from '../system/walk.ts'

/** So many directories are named where none was meant. */
const shownDirectories = 5

/** The directories that hold a go.work or go.mod, and what was wrong with the places that were named. */
export interface FoundPlaces {
  /** Absolute paths, shallowest first. */
  readonly directories: readonly string[]
  /** Those of them that the user named; others were found, below `working-directory` or by a glob. */
  readonly named: readonly string[]
  readonly problems: readonly Problem[]
}

/**
 * Finds where the go command is to run.
 *
 * @param inputs the inputs `working-directory` and `modules`
 * @param workspace absolute path of the checkout
 * @param goWorkIsOff whether GOWORK=off
 */
export async function findPlaces(
  inputs: Pick<Inputs, 'working-directory' | 'modules'>,
  workspace: string,
  goWorkIsOff: boolean,
): Promise<FoundPlaces> {
  const holdsModule = (directory: string) =>
    holds(directory, 'go.mod') || (!goWorkIsOff && holds(directory, 'go.work'))
  const named = inputs['working-directory']
  const start = path.resolve(workspace, named)
  if (!isDirectory(start)) {
    return problem({
      what: `Input \`working-directory\` is "${named}", and there is no such directory in ${workspace}`,
      allowed: 'a directory of the checkout',
      mend: await insteadOf(
        named,
        workspace,
        'Correct the path, or run actions/checkout before this action.',
      ),
    })
  }
  if (!isInCheckout(workspace, start)) {
    return problem({
      what: `Input \`working-directory\` is "${named}", which is outside of the checkout in ${workspace}`,
      allowed: 'a directory of the checkout',
      mend: 'Check the repository out below GITHUB_WORKSPACE, and name its directory there.',
    })
  }
  if (inputs.modules.length > 0) return findNamed(inputs.modules, start, workspace, holdsModule)
  if (holdsModule(start)) return { directories: [start], named: [start], problems: [] }
  const files = (await trackedFiles(start, 'go.mod')) ?? walkForGoMods(start)
  const directories = files
    .filter((file) => isOwnModule(file))
    .map((file) => path.dirname(path.join(start, file)))
    .filter((directory) => isFile(path.join(directory, 'go.mod')))
  if (directories.length === 0 && start !== path.resolve(workspace)) {
    return problem({
      what: `Input \`working-directory\` is "${named}", and there is no go.mod in it or below`,
      allowed: 'a directory with a go.work or go.mod in it or below',
      mend: 'Name the directory of your module, or leave the input out.',
    })
  }
  return { directories: ordered(directories), named: [], problems: [] }
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

async function findNamed(
  patterns: readonly string[],
  start: string,
  workspace: string,
  holdsModule: (directory: string) => boolean,
): Promise<FoundPlaces> {
  const directories: string[] = []
  const named: string[] = []
  const problems: Problem[] = []
  for (const pattern of patterns) {
    const isGlob = /[*?[]/.test(pattern)
    const found = (await directoriesMatching(pattern, start))
      .filter(holdsModule)
      .filter(
        (directory) => !isGlob || isOwnModule(slashed(path.relative(start, path.join(directory, 'go.mod')))),
      )
    if (found.length === 0) problems.push(await nothingAt(pattern, start))
    if (found.some((directory) => !isInCheckout(workspace, directory))) {
      problems.push({
        what: `Input \`modules\` names "${pattern}", which is outside of the checkout in ${workspace}`,
        allowed: 'directories or globs below `working-directory` that hold a go.mod or go.work',
        mend: 'Correct the name or take the line out.',
      })
    }
    directories.push(...found)
    if (!isGlob) named.push(...found)
  }
  return { directories: ordered(directories), named, problems }
}

/** Says that a line of `modules` leads to no module. */
async function nothingAt(pattern: string, start: string): Promise<Problem> {
  const file = path.resolve(start, pattern)
  return {
    what: isFile(file)
      ? `Input \`modules\` names "${pattern}", which is a file and no directory`
      : `Input \`modules\` names "${pattern}", and there is no go.mod or go.work there`,
    allowed: 'directories or globs below `working-directory` that hold a go.mod or go.work',
    mend: await insteadOf(pattern, start, 'Correct the name or take the line out.'),
  }
}

/**
 * What to write instead of the name of a directory that holds no module.
 *
 * @param given as it was written
 * @param start absolute path of where it is looked up
 * @param usual what to do where nothing better is known
 */
async function insteadOf(given: string, start: string, usual: string): Promise<string> {
  const slash = slashed(given)
  const parent = path.posix.dirname(slash)
  if (['go.mod', 'go.work'].includes(path.posix.basename(slash)))
    return `Name the directory: \`${parent.replace(/^\.\//, '')}\`.`
  if (slash.includes('...')) return 'Write `**` for all directories below: `...` is for packages.'
  const files = (await trackedFiles(start, 'go.mod')) ?? walkForGoMods(start)
  const directories = files.filter(isOwnModule).map((one) => path.posix.dirname(slashed(one)))
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

/** Whether a directory lies in the checkout, also where links lead. */
function isInCheckout(workspace: string, directory: string): boolean {
  return isWithin(realPath(workspace), realPath(directory))
}

function holds(directory: string, name: string): boolean {
  return isFile(path.join(directory, name))
}

function slashed(file: string): string {
  return file.replaceAll(path.sep, '/')
}

function ordered(directories: readonly string[]): readonly string[] {
  const depth = (directory: string) => directory.split(path.sep).length
  return [...new Set(directories)].sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))
}

function problem(one: Problem): FoundPlaces {
  return { directories: [], named: [], problems: [one] }
}
