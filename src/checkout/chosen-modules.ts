import * as path from 'node:path'
import type { Problem } from '../errors.ts'
import type { DirectoryPattern } from '../inputs/patterns.ts'
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
const shownDirectories = 5

/**
 * Returns a fix for a directory name that leads to no module.
 *
 * @param given the name as the user wrote it
 * @param start absolute path that the name is relative to
 * @param usual the fix if there is no better one
 */
export async function suggestDirectory(
  given: string,
  start: string,
  usual: string,
  search: Pick<ModuleSearch, 'isOutsideProject' | 'variables'>,
): Promise<string> {
  const slash = slashed(given)
  const parent = path.posix.dirname(slash)
  if (['go.mod', 'go.work'].includes(path.posix.basename(slash)))
    return `Name the directory: \`${parent.replace(/^\.\//, '')}\`.`
  if (slash.includes('...')) return 'Write `**` for all directories below: `...` is for packages.'
  const own = await findProjectModules(start, search)
  const directories = own.directories.map((one) => slashed(path.relative(start, one)) || '.')
  const written = slash.replace(/^(?:\.\/)+|\/+$/g, '')
  const near =
    // Users may write the module path, with which imports begin, instead of the directory.
    directories.find((one) => modulePathIn(path.join(start, one)) === written) ??
    directories.find((one) => path.posix.basename(one) === written) ??
    closestWord(written, directories)
  if (near !== undefined) return `Did you mean \`${near}\`? Name the directory that holds the go.mod.`
  if (directories.length === 0) return usual
  const listed = listSome(
    directories.map((one) => `\`${one}\``),
    shownDirectories,
  )
  return `${usual} There is a go.mod in ${listed}.`
}

/** Returns the module path in a directory's go.mod; undefined if it has no readable `module` line. */
function modulePathIn(directory: string): string | undefined {
  return /^module[ \t]+"?([^\s"]+)/m.exec(readText(path.join(directory, 'go.mod')) ?? '')?.[1]
}

function slashed(file: string): string {
  return file.replaceAll(path.sep, '/')
}

type Chosen = Pick<FoundModules, 'directories' | 'named' | 'excluded' | 'notes' | 'problems'>

const allowed =
  'directories or globs below `working-directory` that hold a go.mod or go.work, with `!` in front to exclude'

/**
 * Finds the modules that the input `modules` selects. Its lines apply in order, as in a workflow's `paths`: each adds
 * to the selection of the previous lines or removes from it.
 */
export async function selectedModules(
  patterns: readonly DirectoryPattern[],
  search: ModuleSearch,
): Promise<Chosen> {
  const chosen = new Map<string, { readonly isNamed: boolean }>()
  const excluded = new Set<string>()
  const notes: string[] = []
  const problems: Problem[] = []
  for (const one of patterns) {
    if (one.excludes) {
      const gone = [...chosen.keys()].filter((directory) => matchesDirectory(search, one.pattern, directory))
      for (const directory of gone) {
        chosen.delete(directory)
        excluded.add(directory)
      }
      if (gone.length === 0) notes.push(unusedExclusion(one.text, 'selected before it'))
      continue
    }
    const { directories, remark, problem } = await matching(one, search)
    if (problem !== undefined) problems.push(problem)
    if (remark !== undefined) notes.push(remark)
    for (const directory of directories) {
      chosen.set(directory, { isNamed: !one.isGlob || chosen.get(directory)?.isNamed === true })
      excluded.delete(directory)
    }
  }
  if (chosen.size === 0 && problems.length === 0) problems.push(nothingLeft(patterns))
  const directories = shallowestFirst([...chosen.keys()])
  return {
    directories,
    named: directories.filter((one) => chosen.get(one)?.isNamed === true),
    excluded: shallowestFirst([...excluded]),
    notes: notes,
    problems,
  }
}

/** Returns the sentence about a `!` line of `modules` that has no effect. */
export function unusedExclusion(text: string, among: string): string {
  return `\`modules\` has \`${text}\`, which excludes no module ${among}.`
}

interface Matching {
  readonly directories: readonly string[]
  readonly remark?: string
  readonly problem?: Problem
}

async function matching({ pattern, isGlob }: DirectoryPattern, search: ModuleSearch): Promise<Matching> {
  const { start, workspace, isOutsideProject } = search
  const matched = await directoriesMatching(pattern, start)
  const directories = matched
    .filter((directory) => hasModule(search, directory))
    .filter((directory) => !isGlob || isOwn(start, directory, isOutsideProject))
  const outside = directories.some((directory) => !isWithin(realPath(workspace), realPath(directory)))
  if (outside) {
    return { directories, problem: problem(pattern, `which is outside of the checkout in ${workspace}`) }
  }
  if (directories.length > 0) return { directories }
  const [only] = isGlob ? [] : matched.filter(isDirectory)
  const nothing = async () => ({ directories, problem: await nothingAt(pattern, search) })
  if (only === undefined) return nothing()
  const below = await findProjectModules(only, search)
  if (below.directories.length > 0) {
    const glob = `${pattern.replace(/[/\\]+$/, '')}/**`
    return { directories, problem: problem(pattern, noModule, `Write \`${glob}\` for the modules below it.`) }
  }
  const above = enclosingModule(search, only)
  if (above === undefined) return nothing()
  return {
    directories: [above],
    remark: enclosingModuleRemark(`\`modules\` names "${pattern}"`, above, search),
  }
}

/** Returns the sentence about a named directory inside a module: that module is used. */
export function enclosingModuleRemark(what: string, above: string, search: ModuleSearch): string {
  return `${what}, which is inside the module or workspace of ${moduleFileIn(search, above)}: the action uses that one, as Go does.`
}

/** Returns the problem of a line of `modules` that leads to no module. */
async function nothingAt(pattern: string, search: ModuleSearch): Promise<Problem> {
  const { start } = search
  const what = isFile(path.resolve(start, pattern)) ? 'which is a file, not a directory' : noModule
  return problem(pattern, what, await suggestDirectory(pattern, start, usualFix, search))
}

const usualFix = 'Correct the name, or remove the line.'

const noModule = 'where no go.mod or go.work exists'

function isOwn(
  start: string,
  directory: string,
  isOutsideProject: ModuleSearch['isOutsideProject'],
): boolean {
  return !isOutsideProject(directory) && isProjectModule(workspacePath(start, path.join(directory, 'go.mod')))
}

function problem(pattern: string, what: string, fix = usualFix): Problem {
  return { what: `Input \`modules\` names "${pattern}", ${what}`, allowed, fix }
}

function nothingLeft(patterns: readonly DirectoryPattern[]): Problem {
  return {
    what: `Input \`modules\` is ${JSON.stringify(patterns.map(({ text }) => text).join('\n'))}, which selects no module`,
    allowed,
    fix: 'Lines apply in order: remove the last `!` line, or add a module below it.',
  }
}
