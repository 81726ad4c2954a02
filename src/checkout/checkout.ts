import * as path from 'node:path'
import type { Problem } from '../errors.ts'
import type { GoSettingLookup } from '../gocmd/go-env.ts'
import type { Root, SkippedRoot } from '../gofiles/roots.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { isFile } from '../platform/files.ts'
import { type FoundModules, findModules } from './find-modules.ts'
import { collectProblem, readModule, workspacePath } from './module-files.ts'
import { readRoots } from './read-roots.ts'

/**
 * The go.work file that the go command uses in a directory: GOWORK, else the nearest one there or above
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

/** What the files of the checkout say; there may be no Go yet. */
export interface Checkout {
  /** Absolute path of the checkout. */
  readonly workspace: string
  /** Empty when there is no Go module. */
  readonly roots: readonly Root[]
  /** What was only found and is not taken. */
  readonly skipped: readonly SkippedRoot[]
  /** What the user may not expect, though it is no mistake: one sentence each. */
  readonly notes: readonly string[]
  /** Whether `modules` excludes some. */
  readonly areExcluded: boolean
  readonly problems: readonly Problem[]
}

/**
 * Looks at the modules of the checkout.
 *
 * @param inputs which of them are meant
 * @param workspace absolute path of the checkout
 * @param settings what the variables of the go command are set to
 * @param goflags GOFLAGS as it will be
 * @param foreign absolute paths of folders that hold modules of others
 */
export async function readCheckout(
  inputs: Pick<Inputs, 'working-directory' | 'modules'>,
  workspace: string,
  settings: GoSettingLookup,
  goflags: string,
  foreign: readonly string[] = [],
): Promise<Checkout> {
  const gowork = settings('GOWORK')
  const found = await findModules(inputs, workspace, gowork === 'off', foreign)
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
    why: 'its go.mod says nothing, which keeps `./...` out of the directory',
    patterns: [patternOf(directory)],
    isIntended: true as const,
  }))
  return {
    workspace,
    roots: read.roots,
    skipped: [...read.skipped, ...markers],
    notes: [
      ...found.notes,
      ...exclusionRemarks(found, read.roots, workspace),
      ...nestedRemarks(found, read.roots),
    ],
    areExcluded: found.excluded.length > 0,
    problems: [...found.problems, ...goworkProblems(gowork), ...read.problems],
  }
}

/** As many names as a sentence holds. */
const mostNames = 5

/** Says what `modules` excludes, and what it cannot. */
function exclusionRemarks(
  { excluded }: FoundModules,
  roots: readonly Root[],
  workspace: string,
): readonly string[] {
  const members = roots.flatMap((root) =>
    root.goWork === undefined ? [] : root.modules.map(({ directory }) => directory),
  )
  const [kept, gone] = [true, false].map((isMember) =>
    excluded
      .filter((one) => members.includes(one) === isMember)
      .map((one) => workspacePath(workspace, one) || '.'),
  )
  return [
    ...(gone?.length ? [`\`modules\` excludes ${several(gone)}.`] : []),
    ...(kept?.length
      ? [
          `\`modules\` excludes ${several(kept)}, and go.work uses it: it stays, for Go loads a workspace as a whole. \`go work edit -dropuse\` takes it out.`,
        ]
      : []),
  ]
}

/** Says which modules below a go.mod are not taken, if they have dependencies that are recorded. */
function nestedRemarks(
  { start, nested }: FoundModules,
  [root, ...others]: readonly Root[],
): readonly string[] {
  if (root === undefined || others.length > 0 || root.goWork !== undefined) return []
  const modules = nested.filter((directory) => hasSums(directory)).map((one) => workspacePath(start, one))
  if (modules.length === 0) return []
  return [
    `Taken is the module in ${root.label} alone, as by \`go build ./...\`. Nested modules are left: ${several(modules)}. \`modules: '**'\` takes all of them, too.`,
  ]
}

function hasSums(directory: string): boolean {
  const problems: Problem[] = []
  const module = collectProblem(problems, directory, () => readModule(directory, ''))
  return module !== undefined && module.goMod.require.length > 0 && module.goSum.goMods.length > 0
}

function several(names: readonly string[]): string {
  const more = names.length - mostNames
  return `${names.slice(0, mostNames).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** cmd/go/internal/modload/init.go, FindGoWork and loadWorkFile: with such a value every go command fails. */
function goworkProblems(gowork: string): readonly Problem[] {
  if (['', 'auto', 'off'].includes(gowork)) return []
  const isAbsolute = path.isAbsolute(gowork)
  if (isAbsolute && isFile(gowork)) return []
  return [
    {
      what: `GOWORK is "${gowork}"${isAbsolute ? ', and there is no such file' : ''}`,
      allowed: 'the absolute path of a go.work file, `auto` or `off`',
      fix: 'Correct the variable, or take it away.',
    },
  ]
}
