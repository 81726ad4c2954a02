import * as path from 'node:path'
import type { Problem } from '../errors.ts'
import type { DirectoryPattern } from '../inputs/index.ts'
import { isDirectory, isFile, isWithin, readText, realPath } from '../platform/files.ts'
import { directoriesMatching } from '../platform/find-files.ts'
import { closestWord } from '../text/closest-word.ts'
import { listSome } from '../text/lists.ts'
import type { FoundModules } from './find-modules.ts'
import { workspacePath } from './module-files.ts'
import {
  enclosingModule,
  findProjectModules,
  hasModule,
  isProjectModule,
  type ModuleSearch,
  matchesDirectory,
  moduleFileIn,
  shallowestFirst,
} from './own-modules.ts'

/** Maximum number of directories in a suggestion. */
const maxDirectories = 5

/**
 * Returns a fix for a directory name that leads to no module.
 *
 * @param given the name as the user wrote it
 * @param start absolute path that the name is relative to
 * @param defaultFix the fix if there is no better one
 */
export async function suggestDirectory(
  given: string,
  start: string,
  defaultFix: string,
  search: Pick<ModuleSearch, 'isOutsideProject' | 'variables'>,
): Promise<string> {
  const slash = slashed(given)
  const parent = path.posix.dirname(slash)
  if (['go.mod', 'go.work'].includes(path.posix.basename(slash)))
    return `Name the directory: \`${parent.replace(/^\.\//, '')}\`.`
  if (slash.includes('...')) return 'Write `**` for all directories below: `...` is for packages.'
  const modules = await findProjectModules(start, search)
  const directories = modules.directories.map((one) => slashed(path.relative(start, one)) || '.')
  const written = slash.replace(/^(?:\.\/)+|\/+$/g, '')
  const suggestion =
    // Users may write the module path, with which imports begin, instead of the directory.
    directories.find((one) => modulePathIn(path.join(start, one)) === written) ??
    directories.find((one) => path.posix.basename(one) === written) ??
    closestWord(written, directories)
  if (suggestion !== undefined)
    return `Did you mean \`${suggestion}\`? Name the directory that holds the go.mod.`
  if (directories.length === 0) return defaultFix
  const listed = listSome(
    directories.map((one) => `\`${one}\``),
    maxDirectories,
  )
  return `${defaultFix} There is a go.mod in ${listed}.`
}

/** Returns the module path in a directory's go.mod; undefined if it has no readable `module` line. */
function modulePathIn(directory: string): string | undefined {
  return /^module[ \t]+"?([^\s"]+)/m.exec(readText(path.join(directory, 'go.mod')) ?? '')?.[1]
}

function slashed(file: string): string {
  return file.replaceAll(path.sep, '/')
}

type SelectedModules = Pick<FoundModules, 'directories' | 'named' | 'excluded' | 'notes' | 'problems'>

const allowed =
  'directories or globs below `working-directory` that hold a go.mod or go.work, with `!` in front to exclude'

/**
 * Finds the modules that the input `modules` selects. Its lines apply in order, as in a workflow's `paths`: each adds
 * to the selection of the previous lines or removes from it.
 */
export async function selectedModules(
  patterns: readonly DirectoryPattern[],
  search: ModuleSearch,
): Promise<SelectedModules> {
  const selected = new Map<string, { readonly isNamed: boolean }>()
  const excluded = new Set<string>()
  const notes: string[] = []
  const problems: Problem[] = []
  for (const one of patterns) {
    if (one.excludes) {
      const removed = [...selected.keys()].filter((directory) =>
        matchesDirectory(search, one.pattern, directory),
      )
      for (const directory of removed) {
        selected.delete(directory)
        excluded.add(directory)
      }
      if (removed.length === 0) notes.push(unusedExclusion(one.text, 'selected before it'))
      continue
    }
    const { directories, note, problem } = await matchPattern(one, search)
    if (problem !== undefined) problems.push(problem)
    if (note !== undefined) notes.push(note)
    for (const directory of directories) {
      selected.set(directory, { isNamed: !one.isGlob || selected.get(directory)?.isNamed === true })
      excluded.delete(directory)
    }
  }
  if (selected.size === 0 && problems.length === 0) problems.push(noModuleSelected(patterns))
  const directories = shallowestFirst([...selected.keys()])
  return {
    directories,
    named: directories.filter((one) => selected.get(one)?.isNamed === true),
    excluded: shallowestFirst([...excluded]),
    notes,
    problems,
  }
}

/** Returns the sentence about a `!` line of `modules` that has no effect. */
export function unusedExclusion(text: string, among: string): string {
  return `\`modules\` has \`${text}\`, which excludes no module ${among}.`
}

interface MatchResult {
  readonly directories: readonly string[]
  readonly note?: string
  readonly problem?: Problem
}

async function matchPattern(
  { pattern, isGlob }: DirectoryPattern,
  search: ModuleSearch,
): Promise<MatchResult> {
  const { start, workspace, isOutsideProject } = search
  const matched = await directoriesMatching(pattern, start)
  const directories = matched
    .filter((directory) => hasModule(search, directory))
    .filter((directory) => !isGlob || isProjectDirectory(start, directory, isOutsideProject))
  const outside = directories.some((directory) => !isWithin(realPath(workspace), realPath(directory)))
  if (outside) {
    return { directories, problem: problem(pattern, `which is outside of the checkout in ${workspace}`) }
  }
  if (directories.length > 0) return { directories }
  const [only] = isGlob ? [] : matched.filter(isDirectory)
  const noMatch = async () => ({ directories, problem: await noModuleAt(pattern, search) })
  if (only === undefined) return noMatch()
  const below = await findProjectModules(only, search)
  if (below.directories.length > 0) {
    const glob = `${pattern.replace(/[/\\]+$/, '')}/**`
    return { directories, problem: problem(pattern, noModule, `Write \`${glob}\` for the modules below it.`) }
  }
  const above = enclosingModule(search, only)
  if (above === undefined) return noMatch()
  return {
    directories: [above],
    note: enclosingModuleRemark(`\`modules\` names "${pattern}"`, above, search),
  }
}

/** Returns the sentence about a named directory inside a module: that module is used. */
export function enclosingModuleRemark(what: string, above: string, search: ModuleSearch): string {
  return `${what}, which is inside the module or workspace of ${moduleFileIn(search, above)}: the action uses that one, as Go does.`
}

/** Returns the problem of a line of `modules` that leads to no module. */
async function noModuleAt(pattern: string, search: ModuleSearch): Promise<Problem> {
  const { start } = search
  const what = isFile(path.resolve(start, pattern)) ? 'which is a file, not a directory' : noModule
  return problem(pattern, what, await suggestDirectory(pattern, start, defaultFix, search))
}

const defaultFix = 'Correct the name, or remove the line.'

const noModule = 'where no go.mod or go.work exists'

function isProjectDirectory(
  start: string,
  directory: string,
  isOutsideProject: ModuleSearch['isOutsideProject'],
): boolean {
  return !isOutsideProject(directory) && isProjectModule(workspacePath(start, path.join(directory, 'go.mod')))
}

function problem(pattern: string, what: string, fix = defaultFix): Problem {
  return { what: `Input \`modules\` names "${pattern}", ${what}`, allowed, fix }
}

function noModuleSelected(patterns: readonly DirectoryPattern[]): Problem {
  return {
    what: `Input \`modules\` is ${JSON.stringify(patterns.map(({ text }) => text).join('\n'))}, which selects no module`,
    allowed,
    fix: 'Lines apply in order: remove the last `!` line, or add a module below it.',
  }
}
