import * as path from 'node:path'
import type { Problem } from '../inputs/problem.ts'
import { type GoMod, parseGoMod } from '../modules/go-mod.ts'
import { type GoSum, parseGoSum } from '../modules/go-sum.ts'
import { type GoWork, parseGoWork } from '../modules/go-work.ts'
import type { Module, Root } from '../modules/roots.ts'
import { GoFileError } from '../modules/syntax.ts'
import { vendorDecides } from '../modules/vendoring.ts'
import { isFile, readText } from '../system/files.ts'

/** What was read, and every file that could not be. */
export interface ReadRoots {
  readonly roots: readonly Root[]
  readonly problems: readonly Problem[]
}

/** A place where the go command is to run. */
export interface Place {
  /** Absolute path. */
  readonly directory: string
  /** Absolute path of the go.work file that the go command uses there, if it uses one. */
  readonly goWork: string | undefined
}

const noSums: GoSum = { trees: [], goMods: [] }

/**
 * Reads the module files of places; those that share a go.work file are one root.
 *
 * @param places where the go command is to run
 * @param workspace absolute path of the checkout
 * @param goflags GOFLAGS of the environment; empty when it is not set
 */
export function readRoots(places: readonly Place[], workspace: string, goflags: string): ReadRoots {
  const problems: Problem[] = []
  const roots: Root[] = []
  for (const { directory, goWork } of distinct(places)) {
    const label = shown(workspace, directory) || '.'
    const root = caught(problems, workspace, () =>
      goWork === undefined
        ? readSingle(directory, label, goflags)
        : readWorkspace(goWork, label, goflags, problems, workspace),
    )
    if (root !== undefined) roots.push(root)
  }
  return { roots, problems }
}

/** Each workspace once, at the directory of its go.work file. */
function distinct(places: readonly Place[]): readonly Place[] {
  const byFile = new Map(places.map((place) => [place.goWork ?? place.directory, place]))
  return [...byFile.values()].map(({ directory, goWork }) => ({
    directory: goWork === undefined ? directory : path.dirname(goWork),
    goWork,
  }))
}

function readSingle(directory: string, label: string, goflags: string): Root {
  const module = readModule(directory)
  return {
    directory,
    label,
    modules: [module],
    goWorkSum: noSums,
    vendored: isVendored(directory, module.goMod.go, false, goflags),
    files: [path.join(directory, 'go.mod'), path.join(directory, 'go.sum')],
  }
}

function readWorkspace(
  file: string,
  label: string,
  goflags: string,
  problems: Problem[],
  workspace: string,
): Root {
  const directory = path.dirname(file)
  // cmd/go/internal/modload: the workspace's sums stand beside its file, whatever its name.
  const sums = `${file}.sum`
  const goWork = parseGoWork(readText(file) ?? '', file)
  const modules: Module[] = []
  for (const use of goWork.use) {
    const used = path.resolve(directory, use)
    if (!isFile(path.join(used, 'go.mod'))) {
      problems.push({
        what: `${shown(workspace, file)} uses \`${use}\`, where there is no go.mod`,
        allowed: '',
        mend: 'Take the directory out of go.work or check it out.',
        file: shown(workspace, file),
      })
      continue
    }
    const module = caught(problems, workspace, () => readModule(used))
    if (module !== undefined) modules.push(module)
  }
  return {
    directory,
    label,
    modules,
    goWork,
    goWorkSum: readSums(sums),
    vendored: isVendored(directory, goWork.go, true, goflags),
    files: [
      file,
      sums,
      ...modules.flatMap((module) => [
        path.join(module.directory, 'go.mod'),
        path.join(module.directory, 'go.sum'),
      ]),
    ],
  }
}

function readModule(directory: string): Module {
  const file = path.join(directory, 'go.mod')
  const goMod: GoMod = parseGoMod(readText(file) ?? '', file)
  return { directory, goMod, goSum: readSums(path.join(directory, 'go.sum')) }
}

function readSums(file: string): GoSum {
  const text = readText(file)
  return text === undefined ? noSums : parseGoSum(text, file)
}

function isVendored(directory: string, goLine: GoWork['go'], isWorkspace: boolean, goflags: string): boolean {
  const file = path.join(directory, 'vendor', 'modules.txt')
  const modulesTxt = readText(file)
  return modulesTxt !== undefined && vendorDecides({ goLine, isWorkspace, modulesTxt, file, goflags })
}

/** A path as users know it, and as annotations take it: relative to the checkout, with `/`. */
function shown(workspace: string, target: string): string {
  return path.relative(workspace, target).replaceAll(path.sep, '/')
}

/** Runs a reader; a file that does not parse becomes a problem that names file and line. */
function caught<T>(problems: Problem[], workspace: string, read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof GoFileError)) throw error
    const file = shown(workspace, error.file)
    problems.push({
      what: `${file}:${error.line}: ${error.message}`,
      allowed: '',
      mend: 'Mend the line, or restore the file from git.',
      file,
      line: error.line,
    })
    return undefined
  }
}
