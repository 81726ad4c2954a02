import * as path from 'node:path'
import type { Problem } from '../inputs/problem.ts'
import type { DirectoryPattern } from '../modules/directory-patterns.ts'
import { isDirectory, isFile, isWithin, realPath } from '../system/files.ts'
import { directoriesMatching } from '../system/glob.ts'
import { insteadOf } from './instead-of.ts'
import { shown } from './module-files.ts'
import { isOwnModule, ordered, ownModules } from './own-modules.ts'
import type { FoundPlaces } from './places.ts'
import { holdsModule, isCovered, moduleAbove, moduleFileIn, type Search } from './search.ts'

type Chosen = Pick<FoundPlaces, 'directories' | 'named' | 'excluded' | 'remarks' | 'problems'>

const allowed =
  'directories or globs below `working-directory` that hold a go.mod or go.work, with `!` in front to exclude'

/**
 * Finds the places that the input `modules` names. Its lines count in their order, as those of a workflow's `paths` do: each
 * adds to what those before it came to, or takes away from it.
 */
export async function chosenPlaces(patterns: readonly DirectoryPattern[], search: Search): Promise<Chosen> {
  const chosen = new Map<string, { readonly isNamed: boolean }>()
  const excluded = new Set<string>()
  const remarks: string[] = []
  const problems: Problem[] = []
  for (const one of patterns) {
    if (one.excludes) {
      const gone = [...chosen.keys()].filter((directory) => isCovered(search, one.pattern, directory))
      for (const directory of gone) {
        chosen.delete(directory)
        excluded.add(directory)
      }
      if (gone.length === 0) remarks.push(excludesNothing(one.text, 'of those chosen before it'))
      continue
    }
    const { directories, remark, problem } = await matching(one, search)
    if (problem !== undefined) problems.push(problem)
    if (remark !== undefined) remarks.push(remark)
    for (const directory of directories) {
      chosen.set(directory, { isNamed: !one.isGlob || chosen.get(directory)?.isNamed === true })
      excluded.delete(directory)
    }
  }
  if (chosen.size === 0 && problems.length === 0) problems.push(nothingLeft(patterns))
  const directories = ordered([...chosen.keys()])
  return {
    directories,
    named: directories.filter((one) => chosen.get(one)?.isNamed === true),
    excluded: ordered([...excluded]),
    remarks,
    problems,
  }
}

/** What `modules` says without effect. */
export function excludesNothing(text: string, among: string): string {
  return `\`modules\` has \`${text}\`, which excludes no module ${among}.`
}

interface Matching {
  readonly directories: readonly string[]
  readonly remark?: string
  readonly problem?: Problem
}

async function matching({ pattern, isGlob }: DirectoryPattern, search: Search): Promise<Matching> {
  const { start, workspace, isForeign } = search
  const matched = await directoriesMatching(pattern, start)
  const directories = matched
    .filter((directory) => holdsModule(search, directory))
    .filter((directory) => !isGlob || isOwn(start, directory, isForeign))
  const outside = directories.some((directory) => !isWithin(realPath(workspace), realPath(directory)))
  if (outside) {
    return { directories, problem: problem(pattern, `which is outside of the checkout in ${workspace}`) }
  }
  if (directories.length > 0) return { directories }
  const [only] = isGlob ? [] : matched.filter(isDirectory)
  const nothing = async () => ({ directories, problem: await nothingAt(pattern, search) })
  if (only === undefined) return nothing()
  const below = await ownModules(only, isForeign)
  if (below.directories.length > 0) {
    const glob = `${pattern.replace(/[/\\]+$/, '')}/**`
    return { directories, problem: problem(pattern, noModule, `Write \`${glob}\` for the modules below it.`) }
  }
  const above = moduleAbove(search, only)
  if (above === undefined) return nothing()
  return { directories: [above], remark: isInside(`\`modules\` names "${pattern}"`, above, search) }
}

/** Says that a directory was named that lies in a module, which is taken. */
export function isInside(what: string, above: string, search: Search): string {
  return `${what}, which is inside of the module or workspace of ${moduleFileIn(search, above)}: that is taken, as Go takes it.`
}

/** Says that a line of `modules` leads to no module. */
async function nothingAt(pattern: string, { start, isForeign }: Search): Promise<Problem> {
  const what = isFile(path.resolve(start, pattern)) ? 'which is a file and no directory' : noModule
  return problem(pattern, what, await insteadOf(pattern, start, usualFix, isForeign))
}

const usualFix = 'Correct the name or take the line out.'
const noModule = 'and there is no go.mod or go.work there'

function isOwn(start: string, directory: string, isForeign: Search['isForeign']): boolean {
  return !isForeign(directory) && isOwnModule(shown(start, path.join(directory, 'go.mod')))
}

function problem(pattern: string, what: string, mend = usualFix): Problem {
  return { what: `Input \`modules\` names "${pattern}", ${what}`, allowed, mend }
}

function nothingLeft(patterns: readonly DirectoryPattern[]): Problem {
  return {
    what: `Input \`modules\` is ${JSON.stringify(patterns.map(({ text }) => text).join('\n'))}, and that leaves no module`,
    allowed,
    mend: 'Lines count in their order: take out the last `!` line, or name a module below it.',
  }
}
