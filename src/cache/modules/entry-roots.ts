import { canonicalVersion, unescapePath } from '../../modules/module-path.ts'
import { isPartOfGo, moduleRoot } from '../../modules/module-roots.ts'
import { splitModuleVersion } from '../../modules/module-version.ts'
import { type ModuleUnit, sumdb } from './choice.ts'

/** Whether a root is what an entry of modules may hold: no version control directories, and no part of Go. */
export function isOfModules(root: string): boolean {
  if (listedModule(root) !== undefined) return true
  const module = moduleRoot(root)
  return module !== undefined && !isPartOfGo(module.name)
}

/**
 * Whether a root is the checksum database's part of the module cache. Entries once held it. A damaged answer or tile fails
 * every go command that meets it, and nothing but Go can tell, so it is neither packed nor used.
 */
export function isDatabase(root: string): boolean {
  return root === sumdb
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
