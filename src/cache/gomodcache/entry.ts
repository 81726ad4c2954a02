import { isPartOfGo, moduleRoot } from '../../gofiles/cache-layout.ts'
import type { RecordedSums } from '../../gofiles/go-sum.ts'
import { canonicalVersion, splitModuleVersion, unescapePath } from '../../gofiles/module-path.ts'
import { type ModuleUnit, type OmittedModules, sumdbPath } from './select.ts'

/** What post has to know of a restored entry: too much for the state. */
export interface RestoredEntry {
  /** Paths relative to GOMODCACHE. */
  readonly roots: readonly string[]
  /** Length of its files together. */
  readonly bytes: number
  /** `path@version` of modules in it that the checksum database did not vouch for: they are not packed again. */
  readonly unproven: readonly string[]
  /** How many trees it held, with those that could not be used. */
  readonly trees: number
  /** What it does without because of `cache-max-size`. */
  readonly leftOut?: OmittedModules
}

/** The modules that no checksum file names in full. */
export function namesOutsideSums(
  modules: readonly { readonly name: string }[],
  sums: RecordedSums,
): readonly string[] {
  return modules.map(({ name }) => name).filter((name) => !sums.trees.has(name) || !sums.goMods.has(name))
}

/** Whether a root is what an entry of modules may hold: no version control directories, and no part of Go. */
export function isModulePath(root: string): boolean {
  if (listedModule(root) !== undefined) return true
  const module = moduleRoot(root)
  return module !== undefined && !isPartOfGo(module.name)
}

/**
 * Whether a root is the checksum database's part of the module cache. Entries once held it. A damaged answer or tile fails
 * every go command that meets it, and nothing but Go can tell, so it is neither packed nor used.
 */
export function isSumdbPath(root: string): boolean {
  return root === sumdbPath
}

/** The module whose versions a file lists; undefined when it is no such file. */
export function listedModule(root: string): string | undefined {
  const [, escaped] = /^cache\/download\/(.+)\/@v\/list$/.exec(root) ?? []
  try {
    const path = escaped === undefined ? undefined : unescapePath(escaped)
    return path === undefined || isPartOfGo(`${path}@`) ? undefined : path
  } catch {
    return undefined
  }
}

/**
 * The list of versions that Go would write where these files are: of each `.mod`.
 *
 * @param root path of the list
 * @param roots paths of the files, relative to GOMODCACHE
 */
export function listText(root: string, roots: readonly string[]): string {
  const path = listedModule(root)
  const versions = roots.flatMap((one) => {
    const module = moduleRoot(one)
    if (module?.kind !== 'mod') return []
    const { path: other, version } = splitModuleVersion(module.name)
    return other === path && canonicalVersion(version) === version ? [version] : []
  })
  return versions
    .sort()
    .map((version) => `${version}\n`)
    .join('')
}

/**
 * Groups the roots of an entry by the module that they belong to, whatever units the entry has: what is beside a tree
 * decides whether it may be moved into place.
 */
export function unitsByModule(roots: readonly string[]): readonly ModuleUnit[] {
  const units = new Map<string, string[]>()
  for (const root of roots) {
    const name = moduleRoot(root)?.name ?? root
    const unit = units.get(name)
    if (unit === undefined) units.set(name, [root])
    else unit.push(root)
  }
  return [...units].map(([name, of]) => ({ name, roots: of }))
}

/** File in the state's folder with what the restored entry of modules held. */
export const restoredFile = 'restored.json'

/** File in the state's folder with the module versions that go.sum and go.work.sum name: too many for the state. */
export const namedFile = 'named.json'
