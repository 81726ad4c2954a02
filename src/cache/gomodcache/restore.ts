import * as path from 'node:path'
import { hashedName, moduleRoot, treeName } from '../../gofiles/cache-layout.ts'
import type { RecordedSums } from '../../gofiles/go-sum.ts'
import { moduleInfoText } from '../../gofiles/module-info.ts'
import { splitModuleVersion } from '../../gofiles/module-path.ts'
import { lstat, readTextUpTo, writeFile } from '../../platform/files.ts'
import { info } from '../../platform/runner.ts'
import { readManifest } from '../archive/manifest.ts'
import { unpackEntry } from '../archive/unpack.ts'
import { type RestoredAmount, restoreEntry, type Transfer } from '../entries.ts'
import type { Key } from '../key.ts'
import { alreadyCached, type RestoreOutcome, type WrongModule } from '../outcomes.ts'
import { maxUnpackSeconds, removeStaleStages, withStage } from '../stage.ts'
import { maxLookups, noRecordedSums } from './checksum-database.ts'
import {
  isModulePath,
  isSumdbPath,
  listedModule,
  listText,
  type RestoredEntry,
  restoredFile,
  unitsByModule,
} from './entry.ts'
import { moveModulesIntoPlace } from './install.ts'
import { isModuleCached } from './listing.ts'
import { decodeOmitted } from './select.ts'

/** What is known of an entry of modules once it is unpacked, and nothing of it is in place yet. */
interface UnpackedModules {
  /** What each tree, each zip and each `.mod` hashes to, by its path in the module cache. */
  readonly hashes: ReadonlyMap<string, string>
  /** What each `.ziphash` says, by its path in the module cache. */
  readonly ziphashes: ReadonlyMap<string, string>
}

/** What may be used of an entry, by the names of modules. */
interface Verdict {
  /** Not what is recorded. */
  readonly wrong: readonly WrongModule[]
  /** Recorded nowhere, in one part at least. */
  readonly unproven: readonly string[]
}

/**
 * Compares the modules of an entry with what is recorded of them: by the checksum files, and of what these do not name, by
 * the checksum database. What a module's own `.ziphash` says proves nothing: it comes from the same entry, and whether Go
 * asks the database when it uses the module is not known before.
 *
 * @param unpacked the hashes of the entry
 * @param sums what the checksum files record
 * @param answers what the checksum database has answered
 */
export function proveEntry(
  { hashes, ziphashes }: UnpackedModules,
  sums: RecordedSums,
  answers: RecordedSums,
): Verdict {
  const wrong: WrongModule[] = []
  const unproven = new Set<string>()
  const compare = (
    name: string,
    part: WrongModule['part'],
    found: string,
    kind: 'trees' | 'goMods',
  ): void => {
    const recorded = sums[kind].get(name) ?? answers[kind].get(name)
    if (recorded === undefined) unproven.add(name)
    else if (recorded.size !== 1 || !recorded.has(found))
      wrong.push({ name, part, expected: [...recorded].join(' or '), found })
  }
  for (const [root, found] of hashes) {
    const { name, kind } = moduleRoot(root) ?? { name: root, kind: 'tree' as const }
    if (kind === 'mod') compare(name, 'go.mod', found, 'goMods')
    else compare(name, kind === 'zip' ? 'zip' : 'files', found, 'trees')
  }
  for (const [root, text] of ziphashes) {
    const { name } = moduleRoot(root) ?? {}
    if (name !== undefined) compare(name, 'ziphash', text.trim(), 'trees')
  }
  return { wrong, unproven: [...unproven] }
}

const mostNamed = 100

/** A module cache, and how its trees are protected. */
export interface ModuleCacheLocation {
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
interface EntryContent {
  /** Paths relative to GOMODCACHE. */
  readonly roots: readonly string[]
  /** `path@version` of the modules in it that no checksum file named when it was made. */
  readonly outsideSums: readonly string[]
}

/** What of an entry is in the module cache now, or was there before. */
interface RestoredModules extends RestoredAmount {
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
export async function restoreProvenModules(
  entry: string,
  { roots: all, outsideSums }: EntryContent,
  { directory: gomodcache, readOnly }: ModuleCacheLocation,
  proof: ModuleProof | undefined,
): Promise<RestoredModules> {
  return withStage(gomodcache, async (stage) => {
    const strange = all.filter((root) => !isModulePath(root) && !isSumdbPath(root))
    if (strange.length > 0)
      info(`The entry holds what is no part of a module, and is left out: ${several(strange)}`)
    const roots = all.filter(isModulePath)
    const asked = proof === undefined ? [] : namesToAsk(roots, outsideSums, proof.sums)
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
      .filter((root) => lstat(path.join(gomodcache, root)) !== undefined)
    const unpacked = await unpackEntry({
      directory: entry,
      stage,
      skipRoots: [...present, ...all.filter((root) => !isModulePath(root) || isHopeless(root))],
      readOnly,
      seconds: maxUnpackSeconds,
      hashedRoots: proof === undefined ? new Map() : namesInHashes(roots),
      hashedZips: new Set(proof === undefined ? [] : roots.filter((root) => root.endsWith('.zip'))),
    })
    const undescribed = proof === undefined ? new Set<string>() : rewriteInfos(stage, roots)
    const answers = asked.length === 0 ? noRecordedSums : ((await proof?.ask(asked, stage)) ?? noRecordedSums)
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
    moveModulesIntoPlace(unitsByModule(kept), stage, gomodcache, readOnly)
    const { files, bytes } = unpacked
    const isCorrupt = wrong.length + strange.length + undescribed.size > 0
    return { files, bytes, roots: kept, wrong, unproven, isCorrupt }
  })
}

/** The modules of an entry that only the checksum database can vouch for. */
function namesToAsk(
  roots: readonly string[],
  outsideSums: readonly string[],
  sums: RecordedSums,
): readonly string[] {
  const named = new Set(outsideSums)
  const names = new Set<string>()
  for (const root of roots) {
    const { name, kind } = moduleRoot(root) ?? {}
    if (name === undefined || kind === 'info' || !named.has(name)) continue
    if (!(kind === 'mod' ? sums.goMods : sums.trees).has(name)) names.add(name)
  }
  return [...names].slice(0, maxLookups)
}

/** Writes `.info` files anew; answers those that do not describe their version: Go asks for them again. */
function rewriteInfos(stage: string, roots: readonly string[]): ReadonlySet<string> {
  const undescribed = roots.filter((root) => {
    const module = moduleRoot(root)
    if (module?.kind !== 'info') return false
    const file = path.join(stage, root)
    if (lstat(file) === undefined) return false
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
    .filter((root) => root.endsWith('.ziphash') && lstat(path.join(stage, root)) !== undefined)
    .map((root) => [root, readTextUpTo(path.join(stage, root), longestText) ?? ''] as const)
  return new Map(texts)
}

/** Writes the hashes that were proven, and lists of the versions that come with them (modfetch/cache.go, rewriteVersionList). */
function writeAnew(stage: string, kept: readonly string[], ziphashes: ReadonlyMap<string, string>): void {
  for (const [root, text] of ziphashes)
    if (text !== text.trim()) writeFile(path.join(stage, root), text.trim())
  for (const root of kept) {
    if (listedModule(root) !== undefined && lstat(path.join(stage, root)) !== undefined)
      writeFile(path.join(stage, root), listText(root, kept))
  }
}

function namesInHashes(roots: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    roots.flatMap((root) => {
      const name = hashedName(root)
      return name === undefined ? [] : [[root, name] as const]
    }),
  )
}

/** As many names as a line of the log can hold. */
function several(names: readonly string[]): string {
  const more = names.length - mostNamed
  return `${names.slice(0, mostNamed).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** What was restored into the module cache. */
interface ModulesRestoreOutcome extends RestoreOutcome {
  /** Whether the entry carried zips. */
  readonly hadZips: boolean
  /** The `path@version` of every tree in the entry. */
  readonly held: readonly string[]
  /** Modules of the entry that were not what is recorded of them, and were left out. */
  readonly wrong: readonly WrongModule[]
}

/**
 * Where no more than this share of the modules is missing, an entry is not asked for: it would bring all of them, and
 * the missing ones come by name.
 */
const mostMissing = 0.5

/**
 * Restores the module cache, unless most modules that builds need are there already.
 *
 * @param transfer the store, and a folder for files in passing
 * @param place `directory`: absolute path of the module cache; `readOnly`: whether trees are write-protected,
 *   as Go does it without -modcacherw
 * @param key the key up to the module graph
 * @param needed the `path@version` of every tree that builds need
 * @param proof what modules are compared with; undefined: they are taken as they are
 */
export async function restoreModules(
  transfer: Transfer,
  place: ModuleCacheLocation,
  key: Key,
  needed: readonly string[],
  proof: ModuleProof | undefined,
): Promise<ModulesRestoreOutcome> {
  removeStaleStages(place.directory)
  const missing = needed.filter((name) => !isModuleCached(place.directory, name)).length
  if (needed.length > 0 && missing <= needed.length * mostMissing) {
    return { ...alreadyCached(missing === 0 ? 'exact' : 'partial'), hadZips: false, held: [], wrong: [] }
  }
  let hadZips = false
  let held: readonly string[] = []
  let installed: RestoredModules = {
    files: 0,
    bytes: 0,
    roots: [],
    wrong: [],
    unproven: [],
    isCorrupt: false,
  }
  const outcome = await restoreEntry(transfer, key, true, async (entry) => {
    const manifest = readManifest(entry)
    if (manifest.kind !== 'modules') throw new Error(`it holds ${manifest.kind}, not modules`)
    const { zips, outsideSums } = (manifest.about ?? {}) as Readonly<Record<string, unknown>>
    hadZips = zips === true
    const roots = manifest.units.flatMap((unit) => unit.roots)
    held = roots.flatMap((root) => treeName(root) ?? [])
    const content = { roots, outsideSums: Array.isArray(outsideSums) ? outsideSums : [] }
    installed = await restoreProvenModules(entry, content, place, proof)
    const { roots: kept, unproven } = installed
    const leftOut = decodeOmitted((manifest.about as { leftOut?: unknown } | null)?.leftOut)
    const restored: RestoredEntry = {
      ...{ roots: kept, bytes: manifest.bytes, unproven, trees: held.length },
      ...(leftOut === undefined ? {} : { leftOut }),
    }
    writeFile(path.join(transfer.folder, restoredFile), JSON.stringify(restored))
    return installed
  })
  const { wrong } = installed
  const corrupt = outcome.corrupt || installed.isCorrupt
  return { ...outcome, corrupt, hadZips: hadZips && outcome.found !== 'miss', held, wrong }
}
