import * as path from 'node:path'
import { moduleInfoText } from '../../modules/module-info.ts'
import { moduleRoot } from '../../modules/module-roots.ts'
import { splitModuleVersion } from '../../modules/module-version.ts'
import { unpackEntry } from '../../pack/unpack.ts'
import { nameInHash, proveEntry, type WrongModule } from '../../proof/prove-entry.ts'
import type { RecordedSums } from '../../proof/recorded-sums.ts'
import { look, writeFile } from '../../system/files.ts'
import { info } from '../../system/runner.ts'
import { readTextUpTo } from '../../system/sync-files.ts'
import { mostUnpacking, withStage } from '../stage.ts'
import type { Installed } from '../transfer.ts'
import { mostAsked, noSums } from './checksum-lookups.ts'
import { isDatabase, isOfModules, listedModule, listText, unitsByModule } from './entry-roots.ts'
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
  /**
   * Asks the checksum database about modules that no checksum file names.
   *
   * @param names `path@version`
   * @param stage absolute path of the unpacked entry
   */
  readonly ask: (names: readonly string[], stage: string) => Promise<RecordedSums>
}

/** What an entry says that it holds; nothing of it is to be trusted. */
export interface EntryContent {
  /** Paths relative to GOMODCACHE. */
  readonly roots: readonly string[]
  /** `path@version` of the modules in it that no checksum file named when it was made. */
  readonly besides: readonly string[]
}

/** What of an entry is in the module cache now, or was there before. */
export interface InstalledModules extends Installed {
  /** Paths relative to GOMODCACHE. */
  readonly roots: readonly string[]
  readonly wrong: readonly WrongModule[]
  /** `path@version` of modules that nothing vouched for. */
  readonly unproven: readonly string[]
  /** Whether the entry held anything that no entry should: then the next one replaces it. */
  readonly isCorrupt: boolean
}

/** A `.ziphash` and an `.info` are short; this bounds what is read of another file, in bytes. */
const longestText = 64 * 1024

/**
 * Unpacks an entry beside the modules, hashes what is in it on the way, and moves into place what is recorded so.
 * Nothing of a module that is wrong in any part is used: not its go.mod, its zip or its description, either. What is not
 * hashed is not used as it came: `.info`, `.ziphash` and `list` are written anew.
 *
 * @param entry absolute path of the entry's folder
 * @param content what its manifest says it holds
 * @param place the module cache
 * @param proof what modules are compared with; undefined: they are taken as they are
 */
export async function installModules(
  entry: string,
  { roots: all, besides }: EntryContent,
  { directory: gomodcache, readOnly }: ModuleCachePlace,
  proof: ModuleProof | undefined,
): Promise<InstalledModules> {
  return withStage(gomodcache, async (stage) => {
    const strange = all.filter((root) => !isOfModules(root) && !isDatabase(root))
    if (strange.length > 0)
      info(`The entry holds what is no part of a module, and is left out: ${several(strange)}`)
    const roots = all.filter(isOfModules)
    const asked = proof === undefined ? [] : namesToAsk(roots, besides, proof.sums)
    const isProvable = (root: string, sums: readonly RecordedSums[], more: ReadonlySet<string>) => {
      const { name = '', kind } = moduleRoot(root) ?? {}
      const isTree = sums.some(({ trees }) => trees.has(name)) || more.has(name)
      const isMod = sums.some(({ goMods }) => goMods.has(name)) || more.has(name)
      if (kind === undefined || kind === 'info') return kind === undefined || isTree || isMod
      return kind === 'mod' ? isMod : isTree
    }
    const isHopeless = (root: string) =>
      proof !== undefined && !isProvable(root, [proof.sums], new Set(asked))
    // A ziphash that is there already is unpacked all the same, to be compared.
    const present = roots
      .filter((root) => !root.endsWith('.ziphash'))
      .filter((root) => look(path.join(gomodcache, root)) !== undefined)
    const unpacked = await unpackEntry({
      directory: entry,
      stage,
      skipRoots: [...present, ...all.filter((root) => !isOfModules(root) || isHopeless(root))],
      readOnly,
      seconds: mostUnpacking,
      hashedRoots: proof === undefined ? new Map() : namesInHashes(roots),
      hashedZips: new Set(proof === undefined ? [] : roots.filter((root) => root.endsWith('.zip'))),
    })
    const undescribed = proof === undefined ? new Set<string>() : rewriteInfos(stage, roots)
    const answers = asked.length === 0 ? noSums : ((await proof?.ask(asked, stage)) ?? noSums)
    const ziphashes = ziphashesIn(stage, roots)
    const { wrong, unproven } =
      proof === undefined
        ? { wrong: [], unproven: [] }
        : proveEntry({ hashes: unpacked.hashes, ziphashes }, proof.sums, answers)
    if (unproven.length > 0)
      info(`In no checksum file, and not in a checksum database, so left out: ${several(unproven)}`)
    const dropped = new Set(wrong.map(({ name }) => name))
    const isKept = (root: string) =>
      !undescribed.has(root) &&
      !dropped.has(moduleRoot(root)?.name ?? '') &&
      (proof === undefined || isProvable(root, [proof.sums, answers], new Set()))
    const kept = roots.filter(isKept)
    if (proof !== undefined) writeAnew(stage, kept, ziphashes)
    installUnits(unitsByModule(kept), stage, gomodcache, readOnly)
    const { files, bytes } = unpacked
    const isCorrupt = wrong.length + strange.length + undescribed.size > 0
    return { files, bytes, roots: kept, wrong, unproven, isCorrupt }
  })
}

/** The modules of an entry that only the checksum database can vouch for. */
function namesToAsk(
  roots: readonly string[],
  besides: readonly string[],
  sums: RecordedSums,
): readonly string[] {
  const named = new Set(besides)
  const names = new Set<string>()
  for (const root of roots) {
    const { name, kind } = moduleRoot(root) ?? {}
    if (name === undefined || kind === 'info' || !named.has(name)) continue
    if (!(kind === 'mod' ? sums.goMods : sums.trees).has(name)) names.add(name)
  }
  return [...names].slice(0, mostAsked)
}

/** Writes `.info` files anew; answers those that do not describe their version: Go asks for them again. */
function rewriteInfos(stage: string, roots: readonly string[]): ReadonlySet<string> {
  const undescribed = roots.filter((root) => {
    const module = moduleRoot(root)
    if (module?.kind !== 'info') return false
    const file = path.join(stage, root)
    if (look(file) === undefined) return false
    const before = readTextUpTo(file, longestText)
    const text =
      before === undefined ? undefined : moduleInfoText(before, splitModuleVersion(module.name).version)
    if (text !== undefined && text !== before) writeFile(file, text)
    return text === undefined
  })
  if (undescribed.length > 0)
    info(`They do not describe their version, and are left out: ${several(undescribed)}`)
  return new Set(undescribed)
}

function ziphashesIn(stage: string, roots: readonly string[]): ReadonlyMap<string, string> {
  const texts = roots
    .filter((root) => root.endsWith('.ziphash') && look(path.join(stage, root)) !== undefined)
    .map((root) => [root, readTextUpTo(path.join(stage, root), longestText) ?? ''] as const)
  return new Map(texts)
}

/** Writes the hashes that were proven, and lists of the versions that come with them (modfetch/cache.go, rewriteVersionList). */
function writeAnew(stage: string, kept: readonly string[], ziphashes: ReadonlyMap<string, string>): void {
  for (const [root, text] of ziphashes)
    if (text !== text.trim()) writeFile(path.join(stage, root), text.trim())
  for (const root of kept) {
    if (listedModule(root) !== undefined && look(path.join(stage, root)) !== undefined)
      writeFile(path.join(stage, root), listText(root, kept))
  }
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
