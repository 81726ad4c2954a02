import * as path from 'node:path'
import type { Problem } from '../errors.ts'
import { parseGoWork } from '../gofiles/go-work.ts'
import type { Module, Root, SkippedRoot } from '../gofiles/roots.ts'
import { modfileOf } from '../gosettings/goflags.ts'
import { isFile } from '../platform/files.ts'
import {
  collectProblem,
  emptyGoSum,
  isVendored,
  readModule,
  readModuleFile,
  readSums,
  workspacePath,
} from './module-files.ts'

export function settingSource(given: string, label: string): string {
  return path.isAbsolute(given) ? '' : ` in ${label === '.' ? 'the directory of the module' : label}`
}

export function goflagsProblem(what: string, fix: string): Problem {
  return { what, allowed: '', fix }
}

/**
 * Returns why the go command cannot read the file of -modfile (cmd/go/internal/modload/init.go, Init).
 *
 * @param directory absolute path of the module
 * @param label the module's path as users know it
 */
function modfileProblems(directory: string, label: string, goflags: string): readonly Problem[] {
  const given = modfileOf(goflags)
  if (given === undefined) return []
  const file = path.resolve(directory, given)
  if (!file.endsWith('.mod')) {
    return [
      goflagsProblem(
        `GOFLAGS holds -modfile=${given}, and the go command refuses a name that does not end in .mod`,
        'Rename the file, for example to `tools.mod`, and use that name in -modfile.',
      ),
    ]
  }
  if (isFile(file)) return []
  return [
    goflagsProblem(
      `GOFLAGS holds -modfile=${given}, but that file does not exist${settingSource(given, label)}`,
      'Correct the name in GOFLAGS, or remove -modfile.',
    ),
  ]
}

/** The roots, and the problems of files that cannot be read. */
interface ReadRoots {
  readonly roots: readonly Root[]
  /** Modules that a search found but that cannot be used. */
  readonly skipped: readonly SkippedRoot[]
  readonly problems: readonly Problem[]
}

/** A directory in which the go command will run. */
interface ModuleLocation {
  /** Absolute path. */
  readonly directory: string
  /** Absolute path of the go.work file that the go command uses there, if it uses one. */
  readonly goWork: string | undefined
  /** Whether the user named it; otherwise a search found it. */
  readonly named: boolean
  /** How `modules` would name it; by default its path in the checkout. */
  readonly pattern?: string
}

/** The parameters and results that all readers of this file share. */
interface ReadContext {
  /** Absolute path of the checkout. */
  readonly workspace: string
  readonly goflags: string
  readonly skipped: SkippedRoot[]
  readonly problems: Problem[]
}

/**
 * Reads the module files of directories; those that share a go.work file are one root.
 *
 * @param places the directories in which the go command will run
 * @param workspace absolute path of the checkout
 * @param goflags GOFLAGS; empty when it is not set
 */
export function readRoots(places: readonly ModuleLocation[], workspace: string, goflags: string): ReadRoots {
  const context: ReadContext = { workspace, goflags, skipped: [], problems: [] }
  const byRoot = new Map<string, ModuleLocation[]>()
  for (const place of places) {
    const key = place.goWork ?? place.directory
    byRoot.set(key, [...(byRoot.get(key) ?? []), place])
  }
  const roots = [...byRoot.values()].flatMap((locations) => readRoot(locations, context) ?? [])
  return { roots, skipped: context.skipped, problems: context.problems }
}

function readRoot(places: readonly ModuleLocation[], context: ReadContext): Root | undefined {
  const [first] = places
  if (first === undefined) return undefined
  const { goWork, directory } = first
  const { workspace } = context
  const isNamed = places.some(({ named }) => named)
  // A module that the user did not name must not fail the job: with a problem, it is skipped.
  const problems: Problem[] = isNamed ? context.problems : []
  const rootContext = { ...context, problems }
  const root = collectProblem(problems, workspace, () =>
    goWork === undefined ? readSingle(directory, rootContext) : readWorkspace(goWork, places, rootContext),
  )
  if (isNamed) return root
  const patterns = patternsOf(places, goWork, workspace)
  if (problems.length === 0) return root && { ...root, found: patterns }
  const label = workspacePath(workspace, goWork === undefined ? directory : path.dirname(goWork)) || '.'
  context.skipped.push({ label, why: problems.map(({ what }) => what).join('; '), patterns })
  return undefined
}

/** Returns the patterns of `modules` for a root: of its directories, or of the workspace directory above them. */
function patternsOf(
  places: readonly ModuleLocation[],
  goWork: string | undefined,
  workspace: string,
): readonly string[] {
  const names = places.map(({ directory, pattern }) => pattern ?? workspacePath(workspace, directory))
  const [first] = places
  if (first === undefined || goWork === undefined || places.length === 1) return names
  const up = path.relative(path.dirname(goWork), first.directory).split(path.sep).length
  const above = (names[0] ?? '').split('/').slice(0, -up).join('/')
  return above === '' ? names : [above]
}

function readSingle(directory: string, { workspace, goflags, problems }: ReadContext): Root | undefined {
  const label = workspacePath(workspace, directory) || '.'
  const modfile = modfileProblems(directory, label, goflags)
  problems.push(...modfile)
  if (modfile.length > 0) return undefined
  const module = readModule(directory, goflags)
  return {
    directory,
    label,
    modules: [module],
    goWorkSum: emptyGoSum,
    vendored: isVendored(directory, module.goMod.go, false, goflags),
    files: [...new Set([path.join(directory, 'go.mod'), module.goModFile, module.goSumFile])],
  }
}

function readWorkspace(
  file: string,
  places: readonly ModuleLocation[],
  context: ReadContext,
): Root | undefined {
  const { workspace, goflags, problems } = context
  const directory = path.dirname(file)
  // cmd/go/internal/modload: the workspace's sums are in the same directory, in `<its file>.sum`.
  const sums = `${file}.sum`
  const goWork = parseGoWork(readModuleFile(file) ?? '', file)
  const used = goWork.use.map((use) => path.resolve(directory, use))
  const unusedModules = places.filter(
    (place) => isFile(path.join(place.directory, 'go.mod')) && !used.includes(place.directory),
  )
  problems.push(
    ...unusedModules
      .filter(({ named }) => named)
      .map((place) => notInWorkspace(place.directory, file, workspace)),
  )
  context.skipped.push(
    ...unusedModules
      .filter(({ named }) => !named)
      .map((place) => ({
        label: workspacePath(workspace, place.directory),
        why: 'the go.work above does not use it',
        patterns: patternsOf([place], undefined, workspace),
        isIntended: true as const,
      })),
  )
  // A search found these modules, and the workspace uses none of them, so it is not part of the result.
  if (unusedModules.length === places.length) return undefined
  if (modfileOf(goflags) !== undefined) problems.push(noModfileInWorkspace(file, workspace))
  const modules: Module[] = []
  for (const [index, use] of goWork.use.entries()) {
    const place = used[index] ?? ''
    if (used.indexOf(place) < index) {
      problems.push({
        what: `${workspacePath(workspace, file)} uses \`${use}\` twice, which the go command refuses`,
        allowed: '',
        fix: 'Remove one of the two lines.',
        file: workspacePath(workspace, file),
      })
      continue
    }
    if (!isFile(path.join(place, 'go.mod'))) {
      problems.push({
        what: `${workspacePath(workspace, file)} uses \`${use}\`, which has no go.mod`,
        allowed: '',
        fix: 'Remove the directory from go.work, or check it out.',
        file: workspacePath(workspace, file),
      })
      continue
    }
    const module = collectProblem(problems, workspace, () => readModule(place, ''))
    if (module !== undefined) modules.push(module)
  }
  return {
    directory,
    label: workspacePath(workspace, directory) || '.',
    modules,
    goWork,
    goWorkSum: readSums(sums),
    vendored: isVendored(directory, goWork.go, true, goflags),
    files: [file, sums, ...modules.flatMap((module) => [module.goModFile, module.goSumFile])],
  }
}

function notInWorkspace(directory: string, goWork: string, workspace: string): Problem {
  const name = workspacePath(workspace, directory) || '.'
  return {
    what: `The module in \`${name}\` is not one of the main modules: ${workspacePath(workspace, goWork)} does not use it, so every go command there fails`,
    allowed: '',
    fix: `Run \`go work use ${name}\`, set GOWORK=off for this job, or exclude the module.`,
    file: workspacePath(workspace, goWork),
  }
}

function noModfileInWorkspace(goWork: string, workspace: string): Problem {
  return {
    what: `GOFLAGS holds -modfile, and the go command refuses it in a workspace (${workspacePath(workspace, goWork)})`,
    allowed: '',
    fix: 'Remove -modfile from GOFLAGS, or set GOWORK=off for this job.',
    file: workspacePath(workspace, goWork),
  }
}
