import type { Replacement } from './directives.ts'
import type { Requirement } from './go-mod.ts'
import { compareGoVersions } from './go-version.ts'
import { isLocalReplacement, moduleVersionName } from './module-path.ts'
import { hasDependencies, type Root, sumsOf } from './roots.ts'

/**
 * The module paths whose trees a build of this root can need; undefined when every module of the build
 * list may be needed.
 *
 * Since go 1.17 a go.mod requires every module that provides a package to its own packages and tests
 * (go.dev/ref/mod, "Module graph pruning"). go.sum names more: what only tests of dependencies import.
 */
export function requiredPaths(root: Root): ReadonlySet<string> | undefined {
  const isComplete = root.modules.every(({ goMod }) => compareGoVersions(goMod.go ?? '1.16', '1.17') >= 0)
  if (!isComplete) return undefined
  return new Set(root.modules.flatMap(({ goMod }) => goMod.require.map((one) => one.path)))
}

/** Every `path@version` of which a checksum file of this root has the tree's hash. */
export function hashedTrees(root: Root): ReadonlySet<string> {
  return new Set(sumsOf(root).flatMap((sum) => sum.trees.map(moduleVersionName)))
}

/**
 * Whether modules are required and there is no checksum file: then nothing can be compared with a download. An empty
 * go.sum is one that lacks everything.
 */
export function hasNoSums(root: Root): boolean {
  return hasDependencies(root) && sumsOf(root).every(({ isMissing }) => isMissing)
}

/**
 * The `path@version` of every tree that a build of this root needs, told from the files alone. In a
 * workspace it may name an older version beside the one that is selected.
 */
export function neededTrees(root: Root): readonly string[] {
  const hashed = hashedTrees(root)
  if (requiredPaths(root) === undefined) return [...hashed]
  return requiredTrees(root).filter((name) => hashed.has(name))
}

/**
 * The `path@version` of what go.mod requires and a checksum file has no line of: of its tree, or of its go.mod. A build
 * may need them; in a tidy module there are none.
 *
 * @returns none where the go.mod files do not tell what builds need: in a workspace another version may be selected, and
 *   before go 1.17 a go.mod names only a part
 */
export function modulesWithoutSum(root: Root): readonly string[] {
  if (root.goWork !== undefined || requiredPaths(root) === undefined) return []
  const goMods = new Set(sumsOf(root).flatMap((sum) => sum.goMods.map(moduleVersionName)))
  const hashed = hashedTrees(root)
  return requiredTrees(root).filter((name) => !hashed.has(name) || !goMods.has(name))
}

/** What a go.mod requires, and what stands for it. */
interface ResolvedRequirement extends Requirement {
  /** The replacement that counts; undefined where there is none. */
  readonly replacement: Replacement | undefined
  /** `path@version` of what is fetched; undefined for a directory. */
  readonly fetched: string | undefined
}

/** The requirements of every go.mod of a root, in their order, with what replaces them. */
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

/** What is fetched for the requirements of a root: the replacement, where there is one. */
function requiredTrees(root: Root): readonly string[] {
  return [...new Set(resolvedRequirements(root).flatMap(({ fetched }) => fetched ?? []))]
}

function fetchedName(required: Requirement, replacement: Replacement | undefined): string | undefined {
  if (replacement === undefined) return moduleVersionName(required)
  const { newPath, newVersion } = replacement
  if (newVersion === undefined || isLocalReplacement(newPath)) return undefined
  return moduleVersionName({ path: newPath, version: newVersion })
}

/** A replacement of this very version wins over one of every version (go.dev/ref/mod, "replace directive"). */
function replacementOf(
  required: { readonly path: string; readonly version: string },
  replacements: readonly Replacement[],
): Replacement | undefined {
  const ofPath = replacements.filter((one) => one.path === required.path)
  return (
    ofPath.find((one) => one.version === required.version) ?? ofPath.find((one) => one.version === undefined)
  )
}
