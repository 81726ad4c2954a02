import * as path from 'node:path'
import { patternDirectory } from '../modules/package-patterns.ts'
import type { Root } from '../modules/roots.ts'
import { isDirectory } from '../system/files.ts'

/**
 * Which patterns of packages mean something in a root: those of directories that it has, and those of import paths.
 *
 * @param patterns as for `go build`
 */
export function patternsIn(root: Pick<Root, 'directory'>, patterns: readonly string[]): readonly string[] {
  return patterns.filter((pattern) => {
    const directory = patternDirectory(pattern)
    return directory === undefined || isDirectory(path.join(root.directory, directory))
  })
}

/** Patterns of directories that name every package of a root's modules, wherever a workspace has them. */
export function packagesOf({ directory, modules }: Pick<Root, 'directory' | 'modules'>): readonly string[] {
  return modules.map((module) => {
    const relative = path.relative(directory, module.directory).replaceAll(path.sep, '/')
    if (relative === '') return './...'
    return /^\.\.(?:\/|$)/.test(relative) || path.isAbsolute(relative)
      ? `${relative}/...`
      : `./${relative}/...`
  })
}
