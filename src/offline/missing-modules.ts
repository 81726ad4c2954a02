import type { Problem } from '../errors.ts'
import { type FailedLoad, lacksModule, lacksSum } from '../gocmd/index.ts'
import { resolvedRequirements } from '../gofiles/requirements.ts'
import type { Root } from '../gofiles/roots.ts'
import { listSome } from '../text/lists.ts'

/** Maximum number of names in a sentence; the log has all of them. */
const maxNames = 10

/**
 * Describes what builds need and cannot get without a network. Missing modules and missing lines of go.sum are separate
 * problems.
 *
 * @param missing what is missing
 * @param where `label`: the root as users know it; `goMod`: path of a go.mod there, for annotations; `line`: the line
 *   that requires the first module, if known; `canFetch`: whether this step could fetch modules
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
            what: `${counted(modules.length, 'module')} that builds or tests ${here} need ${modules.length === 1 ? 'is' : 'are'} not on this machine: ${listSome(modules, maxNames)}`,
            allowed: '',
            fix: where.canFetch
              ? 'This step could not fetch them either: set `dependencies: download` to see why.'
              : 'This step may not fetch modules. Restore a module cache that a run with a network saved, use a bundle of these modules, commit a vendor directory, or set `offline: true` to let this step fetch them.',
            ...place,
            shownAs: 'Modules that are not on this machine',
            shown: modules,
          },
        ]),
    ...(unsummed.length === 0
      ? []
      : [
          {
            what: `go.sum is incomplete, so the modules that builds ${here} use are unknown: it has no hashes for ${listSome(unsummed, maxNames)}`,
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

/** The modules and lines of go.sum that builds need and do not have. */
interface MissingModules {
  /** Modules that are not on this machine, as `path@version`, each with a package that imports it, if known. */
  readonly absent: ReadonlyMap<string, string | undefined>
  /** Packages or modules without a line in go.sum. */
  readonly unsummed: readonly string[]
}

/**
 * Classifies packages that could not be loaded. Other reasons, such as broken code or an import that no required module
 * provides, do not depend on the network. The build reports them.
 *
 * @param root the root of the loaded packages
 * @param failed the packages that could not be loaded
 * @param isAvailable whether a module, as `path@version`, is available without a network. Packages behind a missing
 *   module are not found. So once a module is missing, the other requirements are checked as well
 * @param needed `path@version` of every tree that a build may need
 */
export function missingModulesOf(
  root: Root,
  failed: readonly FailedLoad[],
  isAvailable: (name: string) => boolean,
  needed: readonly string[],
): MissingModules {
  const absent = new Map<string, string | undefined>()
  for (const { importPath, importedBy } of failed.filter(({ reason }) => lacksModule(reason))) {
    const name = moduleProviding(root, importPath)
    if (!absent.has(name)) absent.set(name, importedBy)
  }
  if (absent.size > 0) {
    for (const name of needed.filter((one) => !isAvailable(one)))
      if (!absent.has(name)) absent.set(name, undefined)
  }
  const unsummed = failed.filter(({ reason }) => lacksSum(reason)).map(({ importPath }) => importPath)
  return { absent, unsummed: [...new Set(unsummed)] }
}

/** Returns `path@version` of the required module that provides a package; the package itself when none does. */
function moduleProviding(root: Root, importPath: string): string {
  const [longest] = resolvedRequirements(root)
    .filter(({ path }) => importPath === path || importPath.startsWith(`${path}/`))
    .sort((a, b) => b.path.length - a.path.length)
  return longest?.fetched ?? longest?.path ?? importPath
}
