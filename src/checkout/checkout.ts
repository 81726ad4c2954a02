import * as path from 'node:path'
import type { Problem } from '../errors.ts'
import type { GoEnv } from '../gocmd/index.ts'
import type { Root, SkippedRoot } from '../gofiles/roots.ts'
import type { Inputs } from '../inputs/index.ts'
import { isFile } from '../platform/files.ts'
import { listSome } from '../text/lists.ts'
import { type FoundModules, findModules } from './find-modules.ts'
import { collectProblem, readModule, workspacePath } from './module-files.ts'
import { readRoots } from './read-roots.ts'

/**
 * Returns the go.work file that the go command uses in a directory: GOWORK, else the nearest one there or above
 * (cmd/go/internal/modload/init.go, FindGoWork).
 *
 * @param directory absolute path
 * @param gowork the setting GOWORK; empty when it is not set
 * @returns its absolute path; undefined when there is none
 */
export function goWorkFor(directory: string, gowork: string): string | undefined {
  if (gowork === 'off') return undefined
  if (gowork !== '' && gowork !== 'auto')
    return path.isAbsolute(gowork) && isFile(gowork) ? gowork : undefined
  for (let folder = directory; ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'go.work')
    if (isFile(file)) return file
    if (path.dirname(folder) === folder) return undefined
  }
}

/** The modules of the checkout. They come only from its files, because Go may not be installed yet. */
export interface Checkout {
  /** Absolute path of the checkout. */
  readonly workspace: string
  /** Empty when there is no Go module. */
  readonly roots: readonly Root[]
  /** Modules that a search found but that are not used. */
  readonly skipped: readonly SkippedRoot[]
  /** Facts that may surprise the user but are not mistakes: one sentence each. */
  readonly notes: readonly string[]
  /** Whether `modules` excludes any module. */
  readonly areExcluded: boolean
  readonly problems: readonly Problem[]
}

/**
 * Finds and reads the modules of the checkout.
 *
 * @param inputs the inputs that select modules
 * @param workspace absolute path of the checkout
 * @param env the environment of the user
 * @param goflags the effective GOFLAGS
 * @param otherFolders absolute paths of folders whose modules are not the project's own
 */
export async function readCheckout(
  inputs: Pick<Inputs, 'working-directory' | 'modules'>,
  workspace: string,
  env: GoEnv,
  goflags: string,
  otherFolders: readonly string[] = [],
): Promise<Checkout> {
  const gowork = env.setting('GOWORK')
  const found = await findModules(inputs, workspace, gowork === 'off', env.variables, otherFolders)
  const patternOf = (directory: string) => workspacePath(found.start, directory) || '.'
  const places = found.directories.map((directory) => ({
    directory,
    goWork: goWorkFor(directory, gowork),
    named: found.named.includes(directory),
    pattern: patternOf(directory),
  }))
  const read = readRoots(places, workspace, goflags)
  const markers = found.markers.map((directory) => ({
    label: workspacePath(workspace, directory) || '.',
    why: 'its go.mod is empty, which excludes the directory from `./...`',
    patterns: [patternOf(directory)],
    isIntended: true as const,
  }))
  return {
    workspace,
    roots: read.roots,
    skipped: [...read.skipped, ...markers],
    notes: [
      ...found.notes,
      ...exclusionNotes(found, read.roots, workspace),
      ...nestedNotes(found, read.roots),
    ],
    areExcluded: found.excluded.length > 0,
    problems: [...found.problems, ...goworkProblems(gowork), ...read.problems],
  }
}

/** Maximum number of names in a sentence. */
const maxNames = 5

/** Lists the modules that `modules` excludes, and those that it cannot exclude because go.work uses them. */
function exclusionNotes(
  { excluded }: FoundModules,
  roots: readonly Root[],
  workspace: string,
): readonly string[] {
  const members = roots.flatMap((root) =>
    root.goWork === undefined ? [] : root.modules.map(({ directory }) => directory),
  )
  const [kept, removed] = [true, false].map((isMember) =>
    excluded
      .filter((one) => members.includes(one) === isMember)
      .map((one) => workspacePath(workspace, one) || '.'),
  )
  return [
    ...(removed?.length ? [`\`modules\` excludes ${listSome(removed, maxNames)}.`] : []),
    ...(kept?.length
      ? [
          `\`modules\` excludes ${listSome(kept, maxNames)}, but go.work uses it, and Go loads a workspace as a whole: it is not excluded. Run \`go work edit -dropuse\` to remove it from go.work.`,
        ]
      : []),
  ]
}

/** Lists the nested modules that are not used, if their go.sum records dependencies. */
function nestedNotes({ start, nested }: FoundModules, [root, ...others]: readonly Root[]): readonly string[] {
  if (root === undefined || others.length > 0 || root.goWork !== undefined) return []
  const modules = nested.filter((directory) => hasSums(directory)).map((one) => workspacePath(start, one))
  if (modules.length === 0) return []
  return [
    `Only the module in ${root.label} is used, as with \`go build ./...\`. Nested modules are skipped: ${listSome(modules, maxNames)}. Set \`modules: '**'\` to use them too.`,
  ]
}

function hasSums(directory: string): boolean {
  const problems: Problem[] = []
  const module = collectProblem(problems, directory, () => readModule(directory, ''))
  return module !== undefined && module.goMod.require.length > 0 && module.goSum.goMods.length > 0
}

/** Rejects a GOWORK with which every go command fails (cmd/go/internal/modload/init.go, FindGoWork, loadWorkFile). */
function goworkProblems(gowork: string): readonly Problem[] {
  if (['', 'auto', 'off'].includes(gowork)) return []
  const isAbsolute = path.isAbsolute(gowork)
  if (isAbsolute && isFile(gowork)) return []
  return [
    {
      what: `GOWORK is "${gowork}"${isAbsolute ? ', but that file does not exist' : ''}`,
      allowed: 'the absolute path of a go.work file, `auto` or `off`',
      fix: 'Correct the variable, or unset it.',
    },
  ]
}
