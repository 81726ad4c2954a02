import type { Problem } from '../errors.ts'
import type { ListedModule } from '../gocmd/index.ts'
import { type GoSum, type ModuleSum, sumsDigest } from '../gofiles/go-sum.ts'
import { moduleVersionName } from '../gofiles/module-path.ts'
import { hashedTrees, neededTrees } from '../gofiles/requirements.ts'
import { type Root, sumsOf } from '../gofiles/roots.ts'
import { matchesModulePatterns } from '../gosettings/module-patterns.ts'
import { listSome } from '../text/lists.ts'
import { type BundleContent, type BundleScope, bundleFiles, bundlePath } from './content.ts'

/** The selected content of a bundle, as sorted lists of `path@version`. */
export interface BundleSelection {
  readonly zips: readonly string[]
  readonly goMods: readonly string[]
  readonly infos: readonly string[]
  /** Modules whose files have a hash in a checksum file, but that nothing needs. */
  readonly unused: readonly string[]
}

/** A root, and its build list from the go command; undefined when go.sum is incomplete. */
export interface ListedRoot {
  readonly root: Root
  readonly listed: readonly ListedModule[] | undefined
}

/**
 * Selects the content of a bundle. The bundle holds the `.info` of every module in the build list. It holds the zips of
 * the modules whose hash is in a checksum file, because builds need no others; with `all`, the zip of every module. It
 * holds every go.mod that the checksum files name, because the go command reads them to find the build list.
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

/** A part that a checkout needs, and that a bundle does not have or has with another hash. */
export interface BundleGap {
  /** `path@version`. */
  readonly name: string
  readonly part: 'files' | 'go.mod'
  /** The hash in go.sum. */
  readonly expected: string
  /** The hash in the bundle; empty when it is missing. */
  readonly found: string
}

/** The result of comparing a bundle with a checkout. */
export interface BundleFit {
  readonly gaps: readonly BundleGap[]
  /** Modules in the bundle that no checksum file here names, as `path@version`; they are skipped. */
  readonly extra: readonly string[]
}

/**
 * Compares the description of a bundle with the checksum files of a checkout. The build list is unknown, because it
 * takes a go command. So modules that the bundle lists as unused may be absent, unless a go.mod requires them here.
 *
 * @param isTrusted whether an input gives the SHA-256 of the bundle; otherwise its description is untrusted
 */
export function compareWithCheckout(
  content: BundleContent,
  roots: readonly Root[],
  isTrusted: boolean,
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
  // With `all`, a bundle holds modules that no checksum file names. They were verified for exactly these checksum
  // files.
  const isForThisCheckout = isTrusted && content.sums === sumsDigest(sums)
  const extra = [...modules].flatMap(([name, { mod, zip }]) =>
    // A module with only an `.info` is pruned, and only the list of all modules names it.
    isForThisCheckout || (mod ?? zip) === undefined || named.has(name) ? [] : [name],
  )
  const unique = new Map(gaps.map((gap) => [JSON.stringify(gap), gap]))
  return { gaps: [...unique.values()], extra: extra.sort() }
}

/**
 * Returns the files of a bundle that a checkout may use, by their paths in it. These are the files whose hash one of
 * its checksum files has, and the `.info` files of their modules. A bundle for the same checksum files is used as a
 * whole.
 *
 * @param isTrusted as for compareWithCheckout
 */
export function servedFiles(
  content: BundleContent,
  roots: readonly Root[],
  isTrusted: boolean,
): ReadonlySet<string> {
  const all = bundleFiles(content)
  const sums = roots.flatMap(sumsOf)
  if (isTrusted && content.sums === sumsDigest(sums)) return new Set(all.keys())
  const { trees, goMods } = recordedNames(sums)
  const skipped = content.modules.flatMap((module) => {
    const name = moduleVersionName(module)
    const isExtra = (module.mod ?? module.zip) !== undefined && !trees.has(name) && !goMods.has(name)
    return [
      ...(trees.has(name) ? [] : [bundlePath(module, 'zip')]),
      ...(goMods.has(name) ? [] : [bundlePath(module, 'mod')]),
      ...(isExtra ? [bundlePath(module, 'info')] : []),
    ]
  })
  const unused = new Set(skipped)
  return new Set([...all.keys()].filter((file) => !unused.has(file)))
}

function recordedNames(sums: readonly GoSum[]): Readonly<Record<'trees' | 'goMods', ReadonlySet<string>>> {
  return {
    trees: new Set(sums.flatMap(({ trees }) => trees.map(moduleVersionName))),
    goMods: new Set(sums.flatMap(({ goMods }) => goMods.map(moduleVersionName))),
  }
}

/** Returns the modules in checksum files that match patterns of private modules, as `path@version`. */
export function privateAmong(roots: readonly Root[], patterns: string): readonly string[] {
  const modules = roots.flatMap(sumsOf).flatMap(({ trees, goMods }) => [...trees, ...goMods])
  const names = modules.filter(({ path }) => matchesModulePatterns(patterns, path)).map(moduleVersionName)
  return [...new Set(names)].sort()
}

/** Returns a problem when private modules would go into a bundle without permission. */
export function privateProblems(names: readonly string[], isAllowed: boolean): readonly Problem[] {
  if (isAllowed || names.length === 0) return []
  return [
    {
      what: `\`bundle-output\` would hold private modules, which GOPRIVATE, GONOPROXY or GONOSUMDB match: ${listSome(names)}`,
      allowed: '',
      fix: 'Set `bundle-private: true` if everyone who gets the bundle may read them. To remove unused modules from go.sum, run `go mod tidy`.',
    },
  ]
}
