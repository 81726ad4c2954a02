import * as path from 'node:path'
import { ActionError, type Problem } from '../errors.ts'
import { parseGoMod } from '../gofiles/go-mod.ts'
import { type GoSum, parseGoSum } from '../gofiles/go-sum.ts'
import { compareGoVersions } from '../gofiles/go-version.ts'
import { isImportPath } from '../gofiles/module-path.ts'
import { parseVendorModules } from '../gofiles/modules-txt.ts'
import type { Module } from '../gofiles/roots.ts'
import { GoFileError, parseDirectives } from '../gofiles/syntax.ts'
import { goFlagValue, modfileOf } from '../gosettings/goflags.ts'
import { readText } from '../platform/files.ts'

/**
 * Whether the go command builds from the vendor directory, by default or because of `-mod=vendor`.
 *
 * The rule is setDefaultBuildMod in cmd/go/internal/modload/init.go: the go line is at least 1.14, and
 * modules.txt is for a workspace exactly when there is one. An explicit `-mod` wins.
 *
 * @param place `goLine`: the version in go.mod or go.work; `modulesTxt`: the text of vendor/modules.txt,
 *   whose path is `file`; `goflags`: GOFLAGS
 * @throws GoFileError when modules.txt does not parse
 */
export function vendorDecides(place: {
  readonly goLine: string | undefined
  readonly isWorkspace: boolean
  readonly modulesTxt: string
  readonly file: string
  readonly goflags: string
}): boolean {
  // `-mod=` counts as not set (cmd/go/internal/work/init.go, BuildModExplicit).
  const explicit = goFlagValue(place.goflags, 'mod') ?? ''
  if (explicit !== '') return explicit === 'vendor'
  if (place.goLine === undefined || compareGoVersions(place.goLine, '1.14') < 0) return false
  return parseVendorModules(place.modulesTxt, place.file).workspace === place.isWorkspace
}

/** The content of a checksum file that does not exist. */
export const emptyGoSum: GoSum = { trees: [], goMods: [], isMissing: true }

/**
 * Reads the files of one module.
 *
 * @param directory absolute path of the module
 * @param goflags GOFLAGS; its `-modfile` names a file that replaces go.mod, with its .sum file in the same directory
 *   (`go help build`, -modfile)
 * @throws GoFileError when a file does not parse, or names no module
 */
export function readModule(directory: string, goflags: string): Module {
  const modfile = modfileOf(goflags)
  const goModFile = modfile === undefined ? path.join(directory, 'go.mod') : path.resolve(directory, modfile)
  const goSumFile = goModFile.replace(/\.mod$/, '.sum')
  const text = readModuleFile(goModFile) ?? ''
  const goMod = parseGoMod(text, goModFile)
  const lineOf = (name: string) => parseDirectives(text, goModFile).find(({ verb }) => verb === name)?.line
  // cmd/go/internal/modload/init.go, loadModFile. A template, such as `module "{{ .Path }}"`, has such a path.
  if (!isImportPath(goMod.module)) {
    const problem = `malformed module path ${JSON.stringify(goMod.module)}`
    throw new GoFileError(goModFile, lineOf('module') ?? 1, problem)
  }
  return {
    directory,
    goModFile,
    goSumFile,
    goMod,
    goLine: lineOf('go'),
    goSum: readSums(goSumFile),
  }
}

/**
 * Reads go.sum or go.work.sum; the result is empty if the file does not exist.
 *
 * @throws GoFileError when it does not parse
 */
export function readSums(file: string): GoSum {
  const text = readModuleFile(file)
  return text === undefined ? emptyGoSum : parseGoSum(text, file)
}

/**
 * Whether the go command builds from the vendor directory.
 *
 * @throws GoFileError when vendor/modules.txt does not parse
 */
export function isVendored(
  directory: string,
  goLine: string | undefined,
  isWorkspace: boolean,
  goflags: string,
): boolean {
  const file = path.join(directory, 'vendor', 'modules.txt')
  const modulesTxt = readModuleFile(file)
  return modulesTxt !== undefined && vendorDecides({ goLine, isWorkspace, modulesTxt, file, goflags })
}

/** Returns a path for users and annotations: relative to the checkout, with `/`. */
export function workspacePath(workspace: string, target: string): string {
  return path.relative(workspace, target).replaceAll(path.sep, '/')
}

/** Runs a reader. For a file that does not parse, or that this user may not read, it adds a problem. */
export function collectProblem<T>(problems: Problem[], workspace: string, read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof GoFileError)
      problems.push(goFileProblem(error, workspacePath(workspace, error.file)))
    else if (error instanceof UnreadableFile)
      problems.push(unreadable(error, workspacePath(workspace, error.file)))
    else throw error
    return undefined
  }
}

/** A module file that this user has no permission to read. */
class UnreadableFile extends ActionError {
  readonly file: string

  constructor(file: string, cause: Error) {
    super('unreadable-file', cause.message.split(',')[0] ?? '')
    this.file = file
  }
}

/** Reads a module file; undefined when there is none. */
export function readModuleFile(file: string): string | undefined {
  try {
    return readText(file)
  } catch (error) {
    throw error instanceof Error ? new UnreadableFile(file, error) : error
  }
}

function unreadable({ message }: UnreadableFile, file: string): Problem {
  return {
    what: `${file} cannot be read (${message})`,
    allowed: '',
    fix: `Give the user that runs the job read access, for example with \`chmod a+r ${file}\`.`,
    file,
  }
}

/**
 * Returns the problem of a file that does not parse.
 *
 * @param file its path as users know it
 */
export function goFileProblem({ line, message }: GoFileError, file: string): Problem {
  return {
    what: `${file}:${line}: ${message}`,
    allowed: '',
    fix: 'Fix the line, or restore the file from git.',
    file,
    line,
  }
}
