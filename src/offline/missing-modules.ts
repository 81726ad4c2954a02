import type { Problem } from '../errors.ts'
import type { FailedLoad } from '../gocmd/list-output.ts'
import { resolvedRequirements } from '../gofiles/requirements.ts'
import type { Root } from '../gofiles/roots.ts'

/** As many are named in a sentence; the log has all of them. */
const most = 10

/**
 * Says what builds need and cannot have without a network: each kind of lack is a mistake of its own.
 *
 * @param lacking what is lacking
 * @param where `label`: the root as users know it; `goMod`: a go.mod there, as annotations take it, and the line that
 *   asks for the first module, where that is known; `canFetch`: whether this step was free to fetch modules
 */
export function missingModuleProblems(
  { absent, unsummed }: MissingModules,
  where: {
    readonly label: string
    readonly goMod: string
    readonly line: number | undefined
    readonly canFetch: boolean
  },
): readonly Problem[] {
  const here = where.label === '.' ? 'here' : `in ${where.label}`
  const place = { file: where.goMod, ...(where.line === undefined ? {} : { line: where.line }) }
  const modules = [...absent].map(([name, by]) => (by === undefined ? name : `${name} (imported by ${by})`))
  return [
    ...(modules.length === 0
      ? []
      : [
          {
            what: `${counted(modules.length, 'module')} that builds or tests ${here} need ${modules.length === 1 ? 'is' : 'are'} not on this machine: ${several(modules)}`,
            allowed: '',
            fix: where.canFetch
              ? 'This step could not fetch them either: set `dependencies: download`, and look at what it says of them.'
              : 'Nothing may be fetched here. Restore a module cache that a run with a network has saved, use a bundle of these modules, commit a vendor directory, or let this step fetch them by `offline: true`.',
            ...place,
            shownAs: 'Modules that are not on this machine',
            shown: modules,
          },
        ]),
    ...(unsummed.length === 0
      ? []
      : [
          {
            what: `go.sum is not complete, so nothing could tell what builds ${here} would take: it lacks hashes for ${several(unsummed)}`,
            allowed: '',
            fix: 'Run `go mod tidy`, and commit go.sum.',
            ...place,
          },
        ]),
  ]
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`
}

function several(names: readonly string[]): string {
  const more = names.length - most
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** What builds here need and cannot have. */
interface MissingModules {
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
export function missingModulesOf(
  root: Root,
  failed: readonly FailedLoad[],
  isThere: (name: string) => boolean,
  needed: readonly string[],
): MissingModules {
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
export function isNothingMissing({ absent, unsummed }: MissingModules): boolean {
  return absent.size + unsummed.length === 0
}

/** `path@version` of the module that is required for a package; the package itself where none is. */
function moduleProviding(root: Root, importPath: string): string {
  const [longest] = resolvedRequirements(root)
    .filter(({ path }) => importPath === path || importPath.startsWith(`${path}/`))
    .sort((a, b) => b.path.length - a.path.length)
  return longest?.fetched ?? longest?.path ?? importPath
}
