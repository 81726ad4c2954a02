import { splitModuleVersion } from './module-path.ts'

/** The differences between two sets of module versions. */
export interface ModuleChanges {
  /** `path@version` of modules that only the later set has. */
  readonly added: readonly string[]
  /** `path@version` of modules that only the earlier set has. */
  readonly removed: readonly string[]
  /** Modules that both sets have, in different versions. */
  readonly changed: readonly { readonly path: string; readonly from: string; readonly to: string }[]
}

/**
 * Compares two sets of module versions, each as `path@version`.
 *
 * @param before the earlier set
 * @param after the later set
 */
export function compareModules(before: Iterable<string>, after: Iterable<string>): ModuleChanges {
  const [earlier, later] = [new Set(before), new Set(after)]
  const removedVersions = versionsByPath([...earlier].filter((name) => !later.has(name)))
  const addedVersions = versionsByPath([...later].filter((name) => !earlier.has(name)))
  const changed: { path: string; from: string; to: string }[] = []
  const [added, removed]: [string[], string[]] = [[], []]
  for (const path of [...new Set([...removedVersions.keys(), ...addedVersions.keys()])].sort()) {
    const [from = [], to = []] = [removedVersions.get(path), addedVersions.get(path)]
    if (from.length === 1 && to.length === 1) changed.push({ path, from: from[0] ?? '', to: to[0] ?? '' })
    else {
      removed.push(...from.map((version) => `${path}@${version}`))
      added.push(...to.map((version) => `${path}@${version}`))
    }
  }
  return { added, removed, changed }
}

function versionsByPath(names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const byPath = new Map<string, string[]>()
  for (const name of names.toSorted()) {
    const { path, version } = splitModuleVersion(name)
    byPath.set(path, [...(byPath.get(path) ?? []), version])
  }
  return byPath
}
