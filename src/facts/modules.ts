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

/** What the environment says of the go command, as far as it decides which files count. */
export interface GoSettings {
  /** GOWORK=off. */
  readonly goWorkIsOff: boolean
  /** GOFLAGS; empty when it is not set. */
  readonly goflags: string
}

const noSums: GoSum = { trees: [], goMods: [] }

/**
 * Reads the module files of directories that hold a go.work or a go.mod.
 *
 * @param directories absolute paths
 * @param workspace absolute path of the checkout
 * @param settings what the environment says of the go command
 */
export function readRoots(
  directories: readonly string[],
  workspace: string,
  settings: GoSettings,
): ReadRoots {
  const problems: Problem[] = []
  const roots: Root[] = []
  for (const directory of directories) {
    const label = shown(workspace, directory) || '.'
    const root = caught(problems, workspace, () => {
      const isWorkspace = !settings.goWorkIsOff && isFile(path.join(directory, 'go.work'))
      return isWorkspace
        ? readWorkspace(directory, label, settings, problems, workspace)
        : readSingle(directory, label, settings)
    })
    if (root !== undefined) roots.push(root)
  }
  return { roots, problems }
}

function readSingle(directory: string, label: string, settings: GoSettings): Root {
  const module = readModule(directory)
  return {
    directory,
    label,
    modules: [module],
    goWorkSum: noSums,
    vendored: isVendored(directory, module.goMod.go, false, settings),
    files: [path.join(directory, 'go.mod'), path.join(directory, 'go.sum')],
  }
}

function readWorkspace(
  directory: string,
  label: string,
  settings: GoSettings,
  problems: Problem[],
  workspace: string,
): Root {
  const file = path.join(directory, 'go.work')
  const goWork = parseGoWork(readText(file) ?? '', file)
  const modules: Module[] = []
  for (const use of goWork.use) {
    const used = path.resolve(directory, use)
    if (!isFile(path.join(used, 'go.mod'))) {
      problems.push({
        what: `${label === '.' ? 'go.work' : `${label}/go.work`} uses \`${use}\`, where there is no go.mod`,
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
    goWorkSum: readSums(path.join(directory, 'go.work.sum')),
    vendored: isVendored(directory, goWork.go, true, settings),
    files: [
      file,
      path.join(directory, 'go.work.sum'),
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

function isVendored(
  directory: string,
  goLine: GoWork['go'],
  isWorkspace: boolean,
  { goflags }: GoSettings,
): boolean {
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
