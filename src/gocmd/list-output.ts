/** Parsers for the output of `go list`: the build list, and packages that fail to load. */

import { splitModuleVersion } from '../gofiles/module-path.ts'

/** A module of the build list, as `go list -m` describes it. */
export interface ListedModule {
  /** `path@version` as the build list names it. */
  readonly name: string
  /** `path@version` of the module that Go fetches: the replacement, if any. */
  readonly fetched: string
  /** Whether its tree is in the module cache. */
  readonly present: boolean
}

/** The template for `go list -m -f`: one line per module, blank for a main module. */
export const listTemplate =
  '{{if not .Main}}{{if .Version}}{{.Path}}@{{.Version}}{{with .Replace}}\t{{.Path}}@{{.Version}}{{else}}\t{{.Path}}@{{.Version}}{{end}}\t{{.Dir}}{{end}}{{end}}'

/**
 * Parses the output of `go list -m -f` with the template above. It skips modules that are replaced by a local
 * directory, because Go fetches nothing for them.
 */
export function parseBuildList(output: string): readonly ListedModule[] {
  return output.split(/\r?\n/).flatMap((line) => {
    const [name, fetched, directory] = line.split('\t')
    if (name === undefined || fetched === undefined || fetched.endsWith('@')) return []
    return [{ name, fetched, present: (directory ?? '') !== '' }]
  })
}

/**
 * Selects the modules to download by name: those that a build may need and that are not in the module
 * cache.
 *
 * @param listed the build list
 * @param needs `hashed`: every `path@version` whose tree hash is in a checksum file; `required`: the
 *   module paths that a build may need, undefined for all
 */
export function modulesToDownload(
  listed: readonly ListedModule[],
  needs: { readonly hashed: ReadonlySet<string>; readonly required: ReadonlySet<string> | undefined },
): readonly string[] {
  return listed
    .filter((module) => !module.present && needs.hashed.has(module.fetched))
    .filter((module) => needs.required?.has(splitModuleVersion(module.name).path) ?? true)
    .map((module) => module.name)
}

/**
 * Splits arguments into batches that fit the shortest supported command line: Windows
 * takes 32,767 characters (CreateProcessW).
 *
 * @param args the arguments
 * @param maxLength maximum number of characters of a command's arguments, including separators
 */
export function inBatches(args: readonly string[], maxLength = 24_000): readonly (readonly string[])[] {
  const batches: string[][] = []
  let size = 0
  for (const arg of args) {
    const last = batches.at(-1)
    if (last === undefined || size + arg.length + 1 > maxLength) {
      batches.push([arg])
      size = arg.length
    } else {
      last.push(arg)
      size += arg.length + 1
    }
  }
  return batches
}

/** The fields of `go list` that this action reads, for `-json=`. */
export const loadFields = 'ImportPath,Error'

/** A package that could not be loaded. */
export interface FailedLoad {
  readonly importPath: string
  /** The package that imports it; undefined for a package that the command line names. */
  readonly importedBy: string | undefined
  readonly reason: string
}

/**
 * Parses the output of `go list -e -json=…`: concatenated JSON objects (cmd/go/internal/load/pkg.go, PackageError).
 *
 * @throws SyntaxError for other text
 */
export function parseFailedLoads(output: string): readonly FailedLoad[] {
  const objects = JSON.parse(`[${output.trim().replaceAll(/^\}\s*^\{/gm, '},{')}]`) as readonly {
    readonly ImportPath?: string
    readonly Error?: { readonly ImportStack?: readonly string[] | null; readonly Err?: string }
  }[]
  return objects.flatMap(({ ImportPath: importPath = '', Error: error }) => {
    if (error === undefined) return []
    // The stack may end with the package itself.
    const stack = (error.ImportStack ?? []).filter((one) => one !== importPath)
    return [{ importPath, importedBy: stack.at(-1), reason: error.Err ?? '' }]
  })
}

/**
 * Returns the patterns that matched no package, from warnings of `go list` (cmd/go/internal/modload/load.go,
 * LoadPackages). Either no package exists, or build tags or the system exclude all of them.
 *
 * @param stderr standard error of `go list`
 */
export function unmatchedPatterns(stderr: string): readonly string[] {
  return [...stderr.matchAll(/^go: warning: ("(?:[^"\\]|\\.)*") matched no packages$/gm)].map(
    ([, quoted = '""']) =>
      // Go's quoting differs from JSON only for characters that a pattern cannot hold, such as control characters.
      String(JSON.parse(quoted)),
  )
}
