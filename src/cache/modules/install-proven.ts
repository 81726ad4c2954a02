import * as path from 'node:path'
import { moduleRoot } from '../../modules/module-roots.ts'
import { splitModuleVersion } from '../../modules/module-version.ts'
import type { PackUnit } from '../../pack/units.ts'
import { unpackEntry } from '../../pack/unpack.ts'
import { describesVersion } from '../../proof/info-file.ts'
import { nameInHash, proveEntry, type WrongModule } from '../../proof/prove-entry.ts'
import type { RecordedSums } from '../../proof/recorded-sums.ts'
import { look, readText } from '../../system/files.ts'
import { info } from '../../system/runner.ts'
import { mostUnpacking, withStage } from '../stage.ts'
import type { Installed } from '../transfer.ts'
import { sumdb } from './choice.ts'
import { installUnits } from './install.ts'

const mostNamed = 100

/** A module cache, and how its trees are protected. */
export interface ModuleCachePlace {
  /** Absolute path. */
  readonly directory: string
  readonly readOnly: boolean
}

/** What the modules of an entry are compared with. */
export interface ModuleProof {
  readonly sums: RecordedSums
  /** Whether Go asks the checksum database about a module path. */
  readonly isInDatabase: (path: string) => boolean
}

/** What of an entry is in the module cache now, or was there before. */
export interface InstalledModules extends Installed {
  /** Paths relative to GOMODCACHE. */
  readonly roots: readonly string[]
  readonly wrong: readonly WrongModule[]
}

/**
 * Unpacks an entry beside the modules, hashes what is in it on the way, and moves into place what is recorded so.
 * Nothing of a module that is wrong in any part is used: not its go.mod, its zip or its description, either.
 *
 * @param entry absolute path of the entry's folder
 * @param roots what its manifest says it holds, relative to GOMODCACHE
 * @param place the module cache
 * @param proof what modules are compared with; undefined: they are taken as they are
 */
export async function installModules(
  entry: string,
  roots: readonly string[],
  { directory: gomodcache, readOnly }: ModuleCachePlace,
  proof: ModuleProof | undefined,
): Promise<InstalledModules> {
  return withStage(gomodcache, async (stage) => {
    const strange = new Set(roots.filter((root) => !isOfModules(root)))
    if (strange.size > 0)
      info(`The entry holds what is no part of a module, and is left out: ${several([...strange])}`)
    // A ziphash that is there already is unpacked all the same, to be compared.
    const present = roots
      .filter((root) => !strange.has(root) && root !== sumdb && !root.endsWith('.ziphash'))
      .filter((root) => look(path.join(gomodcache, root)) !== undefined)
    const unpacked = await unpackEntry({
      directory: entry,
      stage,
      skipRoots: [...present, ...strange],
      readOnly,
      writableRoots: [sumdb],
      seconds: mostUnpacking,
      hashedRoots: proof === undefined ? new Map() : namesInHashes(roots),
      hashedZips: new Set(proof === undefined ? [] : roots.filter((root) => root.endsWith('.zip'))),
    })
    const { wrong, dropped } = judge(unpacked.hashes, roots, stage, proof)
    const undescribed = proof === undefined ? new Set<string>() : undescribedIn(stage, roots)
    const isKept = (root: string) =>
      !strange.has(root) && !undescribed.has(root) && !dropped.has(moduleRoot(root)?.name ?? '')
    const units: readonly PackUnit[] = unpacked.units.map((unit) => ({
      ...unit,
      roots: unit.roots.filter(isKept),
    }))
    installUnits(units, stage, gomodcache, readOnly)
    const { files, bytes } = unpacked
    return { files, bytes, roots: roots.filter(isKept), wrong }
  })
}

function judge(
  hashes: ReadonlyMap<string, string>,
  roots: readonly string[],
  stage: string,
  proof: ModuleProof | undefined,
): { readonly wrong: readonly WrongModule[]; readonly dropped: ReadonlySet<string> } {
  if (proof === undefined) return { wrong: [], dropped: new Set() }
  const ziphashes = new Map<string, string>()
  for (const root of roots) {
    const text = root.endsWith('.ziphash') ? readText(path.join(stage, root)) : undefined
    if (text !== undefined) ziphashes.set(root, text)
  }
  const { wrong, unproven } = proveEntry({ hashes, ziphashes }, proof.sums, proof.isInDatabase)
  if (unproven.length > 0)
    info(`In no checksum file, and not asked of a checksum database, so left out: ${several(unproven)}`)
  return { wrong, dropped: new Set([...wrong.map(({ name }) => name), ...unproven]) }
}

/** The `.info` files among unpacked ones that do not describe their version: Go asks for them again. */
function undescribedIn(stage: string, roots: readonly string[]): ReadonlySet<string> {
  const undescribed = roots.filter((root) => {
    const module = moduleRoot(root)
    if (module?.kind !== 'info') return false
    const text = readText(path.join(stage, root))
    return text !== undefined && !describesVersion(text, splitModuleVersion(module.name).version)
  })
  if (undescribed.length > 0)
    info(`They do not describe their version, and are left out: ${several(undescribed)}`)
  return new Set(undescribed)
}

function namesInHashes(roots: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    roots.flatMap((root) => {
      const name = nameInHash(root)
      return name === undefined ? [] : [[root, name] as const]
    }),
  )
}

/** As many names as a line of the log can hold. */
function several(names: readonly string[]): string {
  const more = names.length - mostNamed
  return `${names.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** Whether a root is what an entry of modules may hold: no version control directories, and no toolchain, which has a proof of its own. */
function isOfModules(root: string): boolean {
  if (root === sumdb || /^cache\/download\/.+\/@v\/list$/.test(root)) return true
  const module = moduleRoot(root)
  return module !== undefined && !module.name.startsWith('golang.org/toolchain@')
}
