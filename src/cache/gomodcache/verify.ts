import * as path from 'node:path'
import { hashedName, isDownloadPath, moduleRoot } from '../../gofiles/cache-layout.ts'
import type { RecordedSums } from '../../gofiles/go-sum.ts'
import { treeHashOf } from '../../gofiles/h1.ts'
import { moduleInfoText } from '../../gofiles/module-info.ts'
import { splitModuleVersion } from '../../gofiles/module-path.ts'
import { lstat, readTextUpTo } from '../../platform/files.ts'
import { hashBuffer, hashFile, treeHash } from '../archive/hash-files.ts'
import type { PackFault } from '../archive/pack-shard.ts'
import type { ExpectedHash } from '../archive/units.ts'
import type { ModuleUnit } from './select.ts'

/** Maximum length of an `.info` or `.ziphash` file to read, in bytes; real ones are short. */
const longestText = 64 * 1024

/** Module that a step changed after Go had added it. */
interface ChangedModule {
  /** `path@version`. */
  readonly name: string
  readonly fault: PackFault
}

/**
 * Returns the expected hashes of the parts of modules, by the names of the units. When no hash of a tree is recorded,
 * its own `.ziphash` counts. It detects a change of only one of the two.
 *
 * @param gomodcache absolute path of the module cache
 * @param sums recorded hashes, in order of precedence
 */
export function expectedHashes(
  units: readonly ModuleUnit[],
  gomodcache: string,
  sums: readonly RecordedSums[],
): ReadonlyMap<string, readonly ExpectedHash[]> {
  return new Map(
    units.map(({ name, roots }) => {
      const ziphash = roots.find((root) => isDownloadPath(root) && root.endsWith('.ziphash'))
      const ownHash = ziphash === undefined ? undefined : ziphashText(gomodcache, ziphash)
      const expected = roots.flatMap((root): readonly ExpectedHash[] => {
        const kind = moduleRoot(root)?.kind
        if (kind !== 'tree' && kind !== 'zip' && kind !== 'mod') return []
        const field = kind === 'mod' ? 'goMods' : 'trees'
        const recorded = sums.map((one) => one[field].get(name)).find((one) => one !== undefined)
        const hashes = [...(recorded ?? (kind === 'mod' || ownHash === undefined ? [] : [ownHash]))]
        return kind === 'mod' && recorded === undefined ? [] : [{ root, name: hashedName(root), hashes }]
      })
      return [name, expected] as const
    }),
  )
}

/**
 * Finds the units whose `.ziphash` differs from the recorded hash: a restore would reject such a module.
 *
 * @param expected the result of `expectedHashes`
 */
export function wrongZiphashes(
  units: readonly ModuleUnit[],
  gomodcache: string,
  expected: ReadonlyMap<string, readonly ExpectedHash[]>,
): readonly ChangedModule[] {
  return units.flatMap(({ name, roots }) => {
    const ziphash = roots.find((root) => isDownloadPath(root) && root.endsWith('.ziphash'))
    if (ziphash === undefined) return []
    const hashes = expected.get(name)?.find(({ name: inHash }) => inHash !== 'go.mod')?.hashes ?? []
    const found = ziphashText(gomodcache, ziphash)
    if (found !== undefined && hashes.length === 1 && hashes.includes(found)) return []
    const why = `holds ${found ?? 'nothing'}, not the recorded ${hashes.join(' or ') || 'hash'}`
    return [{ name, fault: { path: ziphash, why } }]
  })
}

/**
 * Finds the units whose content differs from the recorded hashes, by reading all of it. Otherwise, a module that every
 * run changes would cause a new entry in every run.
 *
 * @param expected the result of `expectedHashes`
 * @param wanted the paths to check
 */
export async function changedModules(
  units: readonly ModuleUnit[],
  gomodcache: string,
  expected: ReadonlyMap<string, readonly ExpectedHash[]>,
  wanted: ReadonlySet<string>,
): Promise<readonly ChangedModule[]> {
  const changed: ChangedModule[] = []
  for (const { name } of units) {
    for (const { root, name: inHash, hashes } of expected.get(name) ?? []) {
      if (!wanted.has(root) || inHash === undefined) continue
      const found = await hashOf(path.join(gomodcache, root), inHash).catch(
        (error: Error) => `nothing: ${error.message}`,
      )
      if (hashes.includes(found)) continue
      changed.push({
        name,
        fault: { path: root, why: `hashes to ${found}, not to the recorded ${hashes.join(' or ')}` },
      })
      break
    }
  }
  return changed
}

async function hashOf(file: string, inHash: string): Promise<string> {
  if (inHash !== 'go.mod') {
    if (lstat(file)?.isDirectory() !== true) throw new Error('it is not a directory')
    return treeHash(file, inHash)
  }
  return treeHashOf([{ name: inHash, sha256: hashFile(file, hashBuffer()) }])
}

/** Removes the `.info` files that do not describe their version from the units; Go downloads them. */
export function withoutInvalidInfos(units: readonly ModuleUnit[], gomodcache: string): readonly ModuleUnit[] {
  const isDescribed = (root: string) => {
    const module = moduleRoot(root)
    if (module?.kind !== 'info') return true
    const text = readTextUpTo(path.join(gomodcache, root), longestText) ?? ''
    return moduleInfoText(text, splitModuleVersion(module.name).version) !== undefined
  }
  return units.map(({ name, roots }) => ({ name, roots: roots.filter(isDescribed) }))
}

function ziphashText(gomodcache: string, ziphash: string): string | undefined {
  return readTextUpTo(path.join(gomodcache, ziphash), longestText)?.trim()
}
