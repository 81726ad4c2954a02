import * as path from 'node:path'
import type { Problem } from '../errors.ts'
import { type DirectoryPattern, type Inputs, readDirectoryPattern } from '../inputs/index.ts'
import type { Variables } from '../platform/environment.ts'
import { isDirectory, isWithin, realPath } from '../platform/files.ts'
import {
  enclosingModuleRemark,
  selectedModules,
  suggestDirectory,
  unusedExclusion,
} from './chosen-modules.ts'
import {
  enclosingModule,
  findProjectModules,
  hasModule,
  hasUsableModule,
  isEmptyGoMod,
  type ModuleSearch,
  matchesDirectory,
  nonProjectBelow,
} from './own-modules.ts'

/** The directories that hold a go.work or go.mod, and the problems of the directories that the user named. */
export interface FoundModules {
  /** Absolute path that `modules` is relative to. */
  readonly start: string
  /** Absolute paths, shallowest first. */
  readonly directories: readonly string[]
  /** Those of `directories` that the user named; a search or a glob found the others. */
  readonly named: readonly string[]
  /** Nested modules below the only go.mod that is used: absolute paths. */
  readonly nested: readonly string[]
  /** Directories whose go.mod has no directives: absolute paths. */
  readonly markers: readonly string[]
  /** Modules that `modules` excludes: absolute paths. */
  readonly excluded: readonly string[]
  /** Facts that may surprise the user but are not mistakes: one sentence each. */
  readonly notes: readonly string[]
  readonly problems: readonly Problem[]
}

/**
 * Finds the directories in which the go command will run.
 *
 * @param inputs the inputs `working-directory` and `modules`
 * @param workspace absolute path of the checkout
 * @param goWorkIsOff whether GOWORK=off
 * @param variables the variables that git gets
 * @param otherFolders absolute paths of folders whose modules are not the project's own
 */
export async function findModules(
  inputs: Pick<Inputs, 'working-directory' | 'modules'>,
  workspace: string,
  goWorkIsOff: boolean,
  variables: Variables,
  otherFolders: readonly string[] = [],
): Promise<FoundModules> {
  const named = inputs['working-directory']
  const start = path.resolve(workspace, named)
  const none = noModules(start)
  if (!isDirectory(start)) {
    return problem(none, {
      what: `Input \`working-directory\` is "${named}", but that directory does not exist in ${workspace}`,
      allowed: 'a directory of the checkout',
      fix: await suggestDirectory(
        named,
        workspace,
        'Correct the path, or run actions/checkout before this action.',
        { isOutsideProject: () => false, variables },
      ),
    })
  }
  if (!isWithin(realPath(workspace), realPath(start))) {
    return problem(none, {
      what: `Input \`working-directory\` is "${named}", which is outside of the checkout in ${workspace}`,
      allowed: 'a directory of the checkout',
      fix: 'Check out the repository below GITHUB_WORKSPACE, and set the input to that directory.',
    })
  }
  const search = {
    ...{ start, workspace: path.resolve(workspace), goWorkIsOff, variables },
    isOutsideProject: nonProjectBelow(start, otherFolders),
  }
  const patterns = inputs.modules.map(readDirectoryPattern)
  if (patterns.some(({ excludes }) => !excludes))
    return { ...none, ...(await selectedModules(patterns, search)) }
  return excludeMatching(patterns, await discoverModules(named, search), search)
}

/** Finds the modules to use if `modules` names none. */
async function discoverModules(named: string, search: ModuleSearch): Promise<FoundModules> {
  const { start, workspace } = search
  const none = noModules(start)
  const own = await findProjectModules(start, search)
  if (hasUsableModule(search, start)) {
    const nested = own.directories.filter((directory) => directory !== start)
    return { ...none, directories: [start], named: [start], nested }
  }
  const markers = [...new Set([...(isEmptyGoMod(start) ? [start] : []), ...own.markers])]
  if (own.directories.length > 0) return { ...none, directories: own.directories, markers }
  if (start === workspace) return { ...none, markers }
  if (hasModule(search, start)) return { ...none, directories: [start], named: [start] }
  const above = enclosingModule(search, start)
  if (above !== undefined) {
    const note = enclosingModuleRemark(`\`working-directory\` is "${named}"`, above, search)
    return { ...none, directories: [above], named: [above], markers, notes: [note] }
  }
  return problem(none, {
    what: `Input \`working-directory\` is "${named}", but no go.mod exists in it or below it`,
    allowed: 'a directory of the checkout with a go.work or go.mod in it, below or above',
    fix: 'Set it to the directory of your module, or remove the input.',
  })
}

/** Removes the modules that patterns with a leading `!` cover. */
function excludeMatching(
  patterns: readonly DirectoryPattern[],
  found: FoundModules,
  search: ModuleSearch,
): FoundModules {
  const excluded =
    ({ pattern }: DirectoryPattern) =>
    (directory: string) =>
      matchesDirectory(search, pattern, directory)
  const isExcluded = (directory: string) => patterns.some((pattern) => excluded(pattern)(directory))
  const all = [...found.directories, ...found.nested, ...found.markers]
  const unused = patterns.filter((pattern) => !all.some(excluded(pattern)))
  return {
    ...found,
    directories: found.directories.filter((one) => !isExcluded(one)),
    named: found.named.filter((one) => !isExcluded(one)),
    nested: found.nested.filter((one) => !isExcluded(one)),
    markers: found.markers.filter((one) => !isExcluded(one)),
    excluded: [...found.directories, ...found.nested].filter(isExcluded),
    notes: [...found.notes, ...unused.map(({ text }) => unusedExclusion(text, 'in this checkout'))],
  }
}

function noModules(start: string): FoundModules {
  return {
    start,
    ...{ directories: [], named: [], nested: [], markers: [], excluded: [], notes: [], problems: [] },
  }
}

function problem(none: FoundModules, one: Problem): FoundModules {
  return { ...none, problems: [one] }
}
