import type { Problem } from '../errors.ts'
import type { ListedModule } from '../gocmd/list-output.ts'
import { type GoSum, type ModuleSum, sumsDigest } from '../gofiles/go-sum.ts'
import { moduleVersionName } from '../gofiles/module-path.ts'
import { hashedTrees, neededTrees } from '../gofiles/requirements.ts'
import { type Root, sumsOf } from '../gofiles/roots.ts'
import { matchesModulePatterns } from '../gosettings/module-patterns.ts'
import { listSome } from '../text/lists.ts'
import { type BundleContent, type BundleScope, bundleFiles, bundlePath } from './content.ts'

/** What goes into a bundle, as `path@version`, each list in order. */
export interface BundleSelection {
  readonly zips: readonly string[]
  readonly goMods: readonly string[]
  readonly infos: readonly string[]
  /** Those with a hash of their files in a checksum file that nothing needs. */
  readonly unused: readonly string[]
}

/** A root, and what the go command says its build list is; undefined where go.sum is not enough to tell. */
export interface ListedRoot {
  readonly root: Root
  readonly listed: readonly ListedModule[] | undefined
}

/**
 * Chooses what goes into a bundle: of every module of the build list what describes it, and its files where a checksum
 * file has their hash, for builds need no others; with `all`, its files in any case. Of everything that the checksum
 * files name the go.mod: the go command reads them to find the build list.
 */
export function selectForBundle(listed: readonly ListedRoot[], scope: BundleScope): BundleSelection {
  const [zips, infos, hashed] = [new Set<string>(), new Set<string>(), new Set<string>()]
  for (const { root, listed: modules } of listed) {
    const hashedHere = hashedTrees(root)
    for (const name of hashedHere) hashed.add(name)
    const names = modules?.map(({ fetched }) => fetched) ?? neededTrees(root)
    for (const name of names) {
      infos.add(name)
      if (scope === 'all' || hashedHere.has(name)) zips.add(name)
    }
  }
  const sums = listed.flatMap(({ root }) => sumsOf(root))
  const goMods = new Set([...sums.flatMap((sum) => sum.goMods.map(moduleVersionName)), ...zips])
  return {
    zips: [...zips].sort(),
    goMods: [...goMods].sort(),
    infos: [...infos].sort(),
    unused: [...hashed].filter((name) => !zips.has(name)).sort(),
  }
}

/** Something that a checkout needs and a bundle has not, or not as it must be. */
export interface BundleGap {
  /** `path@version`. */
  readonly name: string
  readonly part: 'files' | 'go.mod'
  /** What go.sum says. */
  readonly expected: string
  /** What the bundle holds; empty for nothing. */
  readonly found: string
}

/** How a bundle fits a checkout. */
export interface BundleFit {
  readonly gaps: readonly BundleGap[]
  /** What the bundle holds and no checksum file here names, as `path@version`: it is left out. */
  readonly extra: readonly string[]
}

/**
 * Compares what is said of a bundle with the checksum files of a checkout. Nothing is known of a build list, for that
 * takes a go command: what whoever made the bundle found to be unused may be absent, unless a go.mod requires it here.
 *
 * @param isVouched whether an input says which SHA-256 the bundle has: else anybody may have written what it says of itself
 */
export function compareWithCheckout(
  content: BundleContent,
  roots: readonly Root[],
  isVouched: boolean,
): BundleFit {
  const modules = new Map(content.modules.map((module) => [moduleVersionName(module), module]))
  const unused = new Set(content.unused)
  const needed = new Set(roots.flatMap(neededTrees))
  const sums = roots.flatMap(sumsOf)
  const gaps: BundleGap[] = []
  const compare = (sum: ModuleSum, part: BundleGap['part'], isNeeded: boolean, found: string | undefined) => {
    if (found === sum.h1 || (found === undefined && !isNeeded)) return
    gaps.push({ name: moduleVersionName(sum), part, expected: sum.h1, found: found ?? '' })
  }
  for (const sum of sums.flatMap(({ trees }) => trees)) {
    const name = moduleVersionName(sum)
    compare(sum, 'files', needed.has(name) || !unused.has(name), modules.get(name)?.h1)
  }
  for (const sum of sums.flatMap(({ goMods }) => goMods)) {
    const name = moduleVersionName(sum)
    compare(sum, 'go.mod', !unused.has(`${name}/go.mod`), modules.get(name)?.goModH1)
  }
  const named = new Set(sums.flatMap(({ trees, goMods }) => [...trees, ...goMods]).map(moduleVersionName))
  // With `all` a bundle holds what no checksum file names, which was proven when it was made, for these very files.
  const isOurs = isVouched && content.sums === sumsDigest(sums)
  const extra = [...modules].flatMap(([name, { mod, zip }]) =>
    // What has a description alone is a pruned module, which nothing but the list of all modules names.
    isOurs || (mod ?? zip) === undefined || named.has(name) ? [] : [name],
  )
  const unique = new Map(gaps.map((gap) => [JSON.stringify(gap), gap]))
  return { gaps: [...unique.values()], extra: extra.sort() }
}

/**
 * The files of a bundle that a checkout may use, by their paths in it: those whose hash one of its checksum files has, and
 * what describes these modules. A bundle that was made for the very same checksum files is used whole.
 *
 * @param isVouched as for fitOf
 */
export function servedFiles(
  content: BundleContent,
  roots: readonly Root[],
  isVouched: boolean,
): ReadonlySet<string> {
  const all = bundleFiles(content)
  const sums = roots.flatMap(sumsOf)
  if (isVouched && content.sums === sumsDigest(sums)) return new Set(all.keys())
  const { trees, goMods } = recordedNames(sums)
  const left = content.modules.flatMap((module) => {
    const name = moduleVersionName(module)
    const isExtra = (module.mod ?? module.zip) !== undefined && !trees.has(name) && !goMods.has(name)
    return [
      ...(trees.has(name) ? [] : [bundlePath(module, 'zip')]),
      ...(goMods.has(name) ? [] : [bundlePath(module, 'mod')]),
      ...(isExtra ? [bundlePath(module, 'info')] : []),
    ]
  })
  const unused = new Set(left)
  return new Set([...all.keys()].filter((file) => !unused.has(file)))
}

function recordedNames(sums: readonly GoSum[]): Readonly<Record<'trees' | 'goMods', ReadonlySet<string>>> {
  return {
    trees: new Set(sums.flatMap(({ trees }) => trees.map(moduleVersionName))),
    goMods: new Set(sums.flatMap(({ goMods }) => goMods.map(moduleVersionName))),
  }
}

/** The modules of checksum files that patterns of private modules match, as `path@version`. */
export function privateAmong(roots: readonly Root[], patterns: string): readonly string[] {
  const modules = roots.flatMap(sumsOf).flatMap(({ trees, goMods }) => [...trees, ...goMods])
  const names = modules.filter(({ path }) => matchesModulePatterns(patterns, path)).map(moduleVersionName)
  return [...new Set(names)].sort()
}

/** Says of private modules that nobody has let into a bundle. */
export function privateProblems(names: readonly string[], isAllowed: boolean): readonly Problem[] {
  if (isAllowed || names.length === 0) return []
  return [
    {
      what: `\`bundle-output\` would hold private modules, which GOPRIVATE, GONOPROXY or GONOSUMDB match: ${listSome(names)}`,
      allowed: '',
      fix: 'Set `bundle-private: true` if whoever gets the bundle may read them. Those that nothing needs any more leave go.sum with `go mod tidy`.',
    },
  ]
}
