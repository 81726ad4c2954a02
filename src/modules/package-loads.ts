/** What keeps packages from being loaded where nothing can be fetched. */
import { resolvedRequirements } from './needed.ts'
import type { Root } from './roots.ts'

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

/** What builds here need and cannot have. */
export interface Lacking {
  /** Modules that are not on this machine, as `path@version`, with a package that imports each, where one is known. */
  readonly absent: ReadonlyMap<string, string | undefined>
  /** Packages or modules of which go.sum has no line. */
  readonly unsummed: readonly string[]
}

/** The words of cmd/go for a module that is not there and is not fetched, by any of the ways that are closed. */
const notFetched =
  /module lookup disabled by GOPROXY=off|GOVCS disallows using|: reading file:|^reading file:|dial tcp|no such host/
const notSummed = /missing go\.sum entry/

/**
 * Sorts what could not be loaded. What else keeps a package from being loaded, such as broken code or an import that no
 * required module provides, is the same with a network, and left to whoever builds it.
 *
 * @param root whose packages were loaded
 * @param failed those that could not be
 * @param isThere whether a module, as `path@version`, can be had without a network. A package behind one that is not
 *   there is not seen, so once one is absent the other requirements are looked at as well.
 * @param needed `path@version` of every tree that a build may need
 */
export function lackingOf(
  root: Root,
  failed: readonly FailedLoad[],
  isThere: (name: string) => boolean,
  needed: readonly string[],
): Lacking {
  const absent = new Map<string, string | undefined>()
  for (const { importPath, importedBy } of failed.filter(({ reason }) => notFetched.test(reason))) {
    const name = moduleProviding(root, importPath)
    if (!absent.has(name)) absent.set(name, importedBy)
  }
  if (absent.size > 0) {
    for (const name of needed.filter((one) => !isThere(one)))
      if (!absent.has(name)) absent.set(name, undefined)
  }
  const unsummed = failed.filter(({ reason }) => notSummed.test(reason)).map(({ importPath }) => importPath)
  return { absent, unsummed: [...new Set(unsummed)] }
}

/** Whether nothing is lacking. */
export function lacksNothing({ absent, unsummed }: Lacking): boolean {
  return absent.size + unsummed.length === 0
}

/** `path@version` of the module that is required for a package; the package itself where none is. */
function moduleProviding(root: Root, importPath: string): string {
  const [longest] = resolvedRequirements(root)
    .filter(({ path }) => importPath === path || importPath.startsWith(`${path}/`))
    .sort((a, b) => b.path.length - a.path.length)
  return longest?.fetched ?? longest?.path ?? importPath
}
