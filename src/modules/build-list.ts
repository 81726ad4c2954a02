import { splitModuleVersion } from './module-version.ts'

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
export function missingModules(
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
