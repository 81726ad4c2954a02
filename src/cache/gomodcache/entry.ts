import { isPartOfGo, moduleRoot } from '../../gofiles/cache-layout.ts'
import type { RecordedSums } from '../../gofiles/go-sum.ts'
import { canonicalVersion, splitModuleVersion, unescapePath } from '../../gofiles/module-path.ts'
import { type ModuleUnit, type OmittedModules, sumdbPath } from './select.ts'

/** Facts about a restored entry for post, which are too large for the state. */
export interface RestoredEntry {
  /** Paths relative to GOMODCACHE. */
  readonly roots: readonly string[]
  /** Total size of its files, in bytes. */
  readonly bytes: number
  /** `path@version` of its modules that the checksum database did not confirm; the next entry omits them. */
  readonly unproven: readonly string[]
  /** Number of trees in the entry, including unusable ones. */
  readonly trees: number
  /** Modules that the entry omits because of `cache-max-size`. */
  readonly leftOut?: OmittedModules
}

/** Returns the modules whose tree or go.mod is in no checksum file. */
export function namesOutsideSums(
  modules: readonly { readonly name: string }[],
  sums: RecordedSums,
): readonly string[] {
  return modules.map(({ name }) => name).filter((name) => !sums.trees.has(name) || !sums.goMods.has(name))
}

/** Reports whether an entry of modules may hold a root. Version control directories and parts of Go are not allowed. */
export function isModulePath(root: string): boolean {
  if (listedModule(root) !== undefined) return true
  const module = moduleRoot(root)
  return module !== undefined && !isPartOfGo(module.name)
}

/**
 * Reports whether a root is the checksum database's part of the module cache. Older entries held it. A corrupt answer
 * or tile fails every go command that reads it, and only Go can detect that. So entries of modules neither pack nor use
 * it.
 */
export function isSumdbPath(root: string): boolean {
  return root === sumdbPath
}

/** Returns the module whose versions a `list` file lists; undefined for other files. */
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
 * Returns the list of versions that Go would write for these files: one version for each `.mod`.
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
 * Groups the roots of an entry by module, regardless of the entry's units. The other files of a module decide whether
 * its tree may be moved into place.
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

/** Name of the file in the state's folder that describes the restored entry of modules. */
export const restoredFile = 'restored.json'

/**
 * Name of the file in the state's folder with the module versions that go.sum and go.work.sum name. They are too many
 * for the state.
 */
export const namedFile = 'named.json'
