import type { Replacement } from './directives.ts'
import type { Requirement } from './go-mod.ts'
import { compareGoVersions } from './go-version.ts'
import { isLocalReplacement, moduleVersionName } from './module-path.ts'
import { hasDependencies, type Root, sumsOf } from './roots.ts'

/**
 * Returns the paths of the modules whose trees a build of this root may need; undefined for every module of the build
 * list.
 *
 * Since go 1.17 a go.mod requires every module that provides a package to its own packages and tests
 * (go.dev/ref/mod, "Module graph pruning"). go.sum lists more: modules that only tests of dependencies import.
 */
export function requiredPaths(root: Root): ReadonlySet<string> | undefined {
  const isComplete = root.modules.every(({ goMod }) => compareGoVersions(goMod.go ?? '1.16', '1.17') >= 0)
  if (!isComplete) return undefined
  return new Set(root.modules.flatMap(({ goMod }) => goMod.require.map((one) => one.path)))
}

/** Returns every `path@version` whose tree hash is in a checksum file of this root. */
export function hashedTrees(root: Root): ReadonlySet<string> {
  return new Set(sumsOf(root).flatMap((sum) => sum.trees.map(moduleVersionName)))
}

/**
 * Whether modules are required but no checksum file exists, so that no download can be verified. An empty go.sum does
 * not count: it is a checksum file in which every module is missing.
 */
export function hasNoSums(root: Root): boolean {
  return hasDependencies(root) && sumsOf(root).every(({ isMissing }) => isMissing)
}

/**
 * Returns the `path@version` of every tree that a build of this root needs, from the files alone. In a
 * workspace it may also include an older version than the selected one.
 */
export function neededTrees(root: Root): readonly string[] {
  const hashed = hashedTrees(root)
  if (requiredPaths(root) === undefined) return [...hashed]
  return requiredTrees(root).filter((name) => hashed.has(name))
}

/**
 * Returns the `path@version` of required modules whose tree hash or go.mod hash is missing in the checksum files. A
 * build may need them. A tidy module has none.
 *
 * @returns none if the go.mod files do not determine what builds need: in a workspace Go may select another version,
 *   and before go 1.17 a go.mod lists only some of the modules
 */
export function modulesWithoutSum(root: Root): readonly string[] {
  if (root.goWork !== undefined || requiredPaths(root) === undefined) return []
  const goMods = new Set(sumsOf(root).flatMap((sum) => sum.goMods.map(moduleVersionName)))
  const hashed = hashedTrees(root)
  return requiredTrees(root).filter((name) => !hashed.has(name) || !goMods.has(name))
}

/** A requirement of a go.mod with its replacement. */
interface ResolvedRequirement extends Requirement {
  /** The effective replacement, if any. */
  readonly replacement: Replacement | undefined
  /** `path@version` of the module that Go fetches; undefined for a directory. */
  readonly fetched: string | undefined
}

/** Returns the requirements of every go.mod of a root, in their order, with their replacements. */
export function resolvedRequirements(root: Root): readonly ResolvedRequirement[] {
  const replacements = [
    ...(root.goWork?.replace ?? []),
    ...root.modules.flatMap(({ goMod }) => goMod.replace),
  ]
  return root.modules.flatMap(({ goMod }) =>
    goMod.require.map((required) => {
      const replacement = replacementOf(required, replacements)
      return { ...required, replacement, fetched: fetchedName(required, replacement) }
    }),
  )
}

/** Returns the modules that Go fetches for the requirements of a root, with replacements applied. */
function requiredTrees(root: Root): readonly string[] {
  return [...new Set(resolvedRequirements(root).flatMap(({ fetched }) => fetched ?? []))]
}

function fetchedName(required: Requirement, replacement: Replacement | undefined): string | undefined {
  if (replacement === undefined) return moduleVersionName(required)
  const { newPath, newVersion } = replacement
  if (newVersion === undefined || isLocalReplacement(newPath)) return undefined
  return moduleVersionName({ path: newPath, version: newVersion })
}

/** Returns the effective replacement: one of the exact version wins (go.dev/ref/mod, "replace directive"). */
function replacementOf(
  required: { readonly path: string; readonly version: string },
  replacements: readonly Replacement[],
): Replacement | undefined {
  const ofPath = replacements.filter((one) => one.path === required.path)
  return (
    ofPath.find((one) => one.version === required.version) ?? ofPath.find((one) => one.version === undefined)
  )
}
