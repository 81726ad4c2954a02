import * as path from 'node:path'
import type { Inputs } from '../inputs/inputs.ts'
import type { Problem } from '../inputs/problem.ts'
import { type DirectoryPattern, readDirectoryPattern } from '../modules/directory-patterns.ts'
import { isDirectory, isWithin, realPath } from '../system/files.ts'
import { chosenPlaces, excludesNothing, isInside } from './chosen-places.ts'
import { foreignBelow } from './foreign-folders.ts'
import { insteadOf } from './instead-of.ts'
import { isMarker, ownModules } from './own-modules.ts'
import { holdsModule, holdsUsableModule, isCovered, moduleAbove, type Search } from './search.ts'

/** The directories that hold a go.work or go.mod, and what was wrong with the places that were named. */
export interface FoundPlaces {
  /** Absolute path that `modules` is relative to. */
  readonly start: string
  /** Absolute paths, shallowest first. */
  readonly directories: readonly string[]
  /** Those of them that the user named; others were found, below `working-directory` or by a glob. */
  readonly named: readonly string[]
  /** Modules below a go.mod that is taken by itself: absolute paths. */
  readonly nested: readonly string[]
  /** Directories whose go.mod says nothing: absolute paths. */
  readonly markers: readonly string[]
  /** Modules that `modules` excludes: absolute paths. */
  readonly excluded: readonly string[]
  /** What the user may not expect, though it is no mistake: one sentence each. */
  readonly remarks: readonly string[]
  readonly problems: readonly Problem[]
}

/**
 * Finds where the go command is to run.
 *
 * @param inputs the inputs `working-directory` and `modules`
 * @param workspace absolute path of the checkout
 * @param goWorkIsOff whether GOWORK=off
 * @param foreign absolute paths of folders that hold modules of others
 */
export async function findPlaces(
  inputs: Pick<Inputs, 'working-directory' | 'modules'>,
  workspace: string,
  goWorkIsOff: boolean,
  foreign: readonly string[] = [],
): Promise<FoundPlaces> {
  const named = inputs['working-directory']
  const start = path.resolve(workspace, named)
  const none = nothingIn(start)
  if (!isDirectory(start)) {
    return problem(none, {
      what: `Input \`working-directory\` is "${named}", and there is no such directory in ${workspace}`,
      allowed: 'a directory of the checkout',
      mend: await insteadOf(
        named,
        workspace,
        'Correct the path, or run actions/checkout before this action.',
      ),
    })
  }
  if (!isWithin(realPath(workspace), realPath(start))) {
    return problem(none, {
      what: `Input \`working-directory\` is "${named}", which is outside of the checkout in ${workspace}`,
      allowed: 'a directory of the checkout',
      mend: 'Check the repository out below GITHUB_WORKSPACE, and name its directory there.',
    })
  }
  const search = {
    ...{ start, workspace: path.resolve(workspace), goWorkIsOff },
    isForeign: foreignBelow(start, foreign),
  }
  const patterns = inputs.modules.map(readDirectoryPattern)
  if (patterns.some(({ excludes }) => !excludes))
    return { ...none, ...(await chosenPlaces(patterns, search)) }
  return without(patterns, await foundPlaces(named, search), search)
}

/** What is taken where `modules` names nothing. */
async function foundPlaces(named: string, search: Search): Promise<FoundPlaces> {
  const { start, workspace, isForeign } = search
  const none = nothingIn(start)
  const own = await ownModules(start, isForeign)
  if (holdsUsableModule(search, start)) {
    const nested = own.directories.filter((directory) => directory !== start)
    return { ...none, directories: [start], named: [start], nested }
  }
  const markers = [...new Set([...(isMarker(start) ? [start] : []), ...own.markers])]
  if (own.directories.length > 0) return { ...none, directories: own.directories, markers }
  if (start === workspace) return { ...none, markers }
  if (holdsModule(search, start)) return { ...none, directories: [start], named: [start] }
  const above = moduleAbove(search, start)
  if (above !== undefined) {
    const remark = isInside(`\`working-directory\` is "${named}"`, above, search)
    return { ...none, directories: [above], named: [above], markers, remarks: [remark] }
  }
  return problem(none, {
    what: `Input \`working-directory\` is "${named}", and there is no go.mod in it or below`,
    allowed: 'a directory of the checkout with a go.work or go.mod in it, below or above',
    mend: 'Name the directory of your module, or leave the input out.',
  })
}

/** Takes away what patterns with `!` in front cover. */
function without(patterns: readonly DirectoryPattern[], found: FoundPlaces, search: Search): FoundPlaces {
  const excluded =
    ({ pattern }: DirectoryPattern) =>
    (directory: string) =>
      isCovered(search, pattern, directory)
  const isExcluded = (directory: string) => patterns.some((pattern) => excluded(pattern)(directory))
  const all = [...found.directories, ...found.nested, ...found.markers]
  const idle = patterns.filter((pattern) => !all.some(excluded(pattern)))
  return {
    ...found,
    directories: found.directories.filter((one) => !isExcluded(one)),
    named: found.named.filter((one) => !isExcluded(one)),
    nested: found.nested.filter((one) => !isExcluded(one)),
    markers: found.markers.filter((one) => !isExcluded(one)),
    excluded: [...found.directories, ...found.nested].filter(isExcluded),
    remarks: [...found.remarks, ...idle.map(({ text }) => excludesNothing(text, 'that is here'))],
  }
}

function nothingIn(start: string): FoundPlaces {
  return {
    start,
    ...{ directories: [], named: [], nested: [], markers: [], excluded: [], remarks: [], problems: [] },
  }
}

function problem(none: FoundPlaces, one: Problem): FoundPlaces {
  return { ...none, problems: [one] }
}
