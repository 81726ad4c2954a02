import * as path from 'node:path'
import type { Problem } from '../inputs/problem.ts'
import { parseGoMod } from '../modules/go-mod.ts'
import { type GoSum, parseGoSum } from '../modules/go-sum.ts'
import type { Module } from '../modules/roots.ts'
import { modfileOf } from '../modules/settings/goflags.ts'
import { GoFileError, parseDirectives } from '../modules/syntax.ts'
import { vendorDecides } from '../modules/vendoring.ts'
import { readText } from '../system/files.ts'

/** What a checksum file that is not there holds. */
export const noSums: GoSum = { trees: [], goMods: [] }

/**
 * Reads the files of one module.
 *
 * @param directory absolute path of the module
 * @param goflags GOFLAGS; its `-modfile` names a file that stands for go.mod, with its sums beside it
 *   (`go help build`, -modfile)
 * @throws GoFileError when a file does not parse
 */
export function readModule(directory: string, goflags: string): Module {
  const modfile = modfileOf(goflags)
  const goModFile = modfile === undefined ? path.join(directory, 'go.mod') : path.resolve(directory, modfile)
  const goSumFile = goModFile.replace(/\.mod$/, '.sum')
  const text = readText(goModFile) ?? ''
  return {
    directory,
    goModFile,
    goSumFile,
    goMod: parseGoMod(text, goModFile),
    goLine: parseDirectives(text, goModFile).find(({ verb }) => verb === 'go')?.line,
    goSum: readSums(goSumFile),
  }
}

/**
 * Reads go.sum or go.work.sum; many a module has none.
 *
 * @throws GoFileError when it does not parse
 */
export function readSums(file: string): GoSum {
  const text = readText(file)
  return text === undefined ? noSums : parseGoSum(text, file)
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
  const modulesTxt = readText(file)
  return modulesTxt !== undefined && vendorDecides({ goLine, isWorkspace, modulesTxt, file, goflags })
}

/** A path as users know it, and as annotations take it: relative to the checkout, with `/`. */
export function shown(workspace: string, target: string): string {
  return path.relative(workspace, target).replaceAll(path.sep, '/')
}

/** Runs a reader; a file that does not parse becomes a problem that names file and line. */
export function caught<T>(problems: Problem[], workspace: string, read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof GoFileError)) throw error
    problems.push(goFileProblem(error, shown(workspace, error.file)))
    return undefined
  }
}

/**
 * What to say of a file that does not parse.
 *
 * @param file its path as users know it
 */
export function goFileProblem({ line, message }: GoFileError, file: string): Problem {
  return {
    what: `${file}:${line}: ${message}`,
    allowed: '',
    mend: 'Mend the line, or restore the file from git.',
    file,
    line,
  }
}
