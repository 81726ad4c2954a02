/** What keeps packages from being loaded where nothing can be fetched. */

import { splitModuleVersion } from '../gofiles/module-path.ts'

/** A module of the build list, as `go list -m` describes it. */
export interface ListedModule {
  /** `path@version` as the build list names it. */
  readonly name: string
  /** `path@version` of what is really fetched: the replacement, if there is one. */
  readonly fetched: string
  /** Whether its tree is in the module cache. */
  readonly present: boolean
}

/** The template for `go list -m -f`, one line a module; main modules and local directories give blank lines. */
export const listTemplate =
  '{{if not .Main}}{{if .Version}}{{.Path}}@{{.Version}}{{with .Replace}}\t{{.Path}}@{{.Version}}{{else}}\t{{.Path}}@{{.Version}}{{end}}\t{{.Dir}}{{end}}{{end}}'

/**
 * Reads what `go list -m -f` printed with the template above. Modules that are replaced by a local
 * directory have nothing to fetch and are left out.
 */
export function parseBuildList(output: string): readonly ListedModule[] {
  return output.split(/\r?\n/).flatMap((line) => {
    const [name, fetched, directory] = line.split('\t')
    if (name === undefined || fetched === undefined || fetched.endsWith('@')) return []
    return [{ name, fetched, present: (directory ?? '') !== '' }]
  })
}

/**
 * Chooses the modules to download by name: those that a build can need and that are not in the module
 * cache.
 *
 * @param listed the build list
 * @param needs `hashed`: every `path@version` of which a checksum file has the tree's hash; `required`: the
 *   module paths that count, undefined when all do
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
 * Splits arguments so that each command stays within the shortest command line that we run on: Windows
 * takes 32,767 characters (CreateProcessW).
 *
 * @param args the arguments
 * @param most how many characters a command's arguments may have together
 */
export function inBatches(args: readonly string[], most = 24_000): readonly (readonly string[])[] {
  const batches: string[][] = []
  let size = 0
  for (const arg of args) {
    const last = batches.at(-1)
    if (last === undefined || size + arg.length + 1 > most) {
      batches.push([arg])
      size = arg.length
    } else {
      last.push(arg)
      size += arg.length + 1
    }
  }
  return batches
}

/** What of `go list` is read: fields for `-json=`. */
export const loadFields = 'ImportPath,Error'

/** A package that could not be loaded. */
export interface FailedLoad {
  readonly importPath: string
  /** The package that imports it; undefined for one that was asked for. */
  readonly importedBy: string | undefined
  readonly reason: string
}

/**
 * Reads what `go list -e -json=…` printed: objects one after the other (cmd/go/internal/load/pkg.go, PackageError).
 *
 * @throws SyntaxError for anything else
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
 * Reads which patterns matched no package, as `go list` warns of them (cmd/go/internal/modload/load.go, LoadPackages):
 * there is none, or build tags or the system exclude all of them.
 *
 * @param stderr what `go list` printed beside the list
 */
export function unmatchedPatterns(stderr: string): readonly string[] {
  return [...stderr.matchAll(/^go: warning: ("(?:[^"\\]|\\.)*") matched no packages$/gm)].map(
    ([, quoted = '""']) =>
      // A pattern has no blank and no control character, for which Go's quotes would differ from those of JSON.
      String(JSON.parse(quoted)),
  )
}
