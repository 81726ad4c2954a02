import * as path from 'node:path'
import { hashedName, moduleRoot, treeName } from '../../gofiles/cache-layout.ts'
import type { RecordedSums } from '../../gofiles/go-sum.ts'
import { moduleInfoText } from '../../gofiles/module-info.ts'
import { splitModuleVersion } from '../../gofiles/module-path.ts'
import { lstat, readTextUpTo, writeFile } from '../../platform/files.ts'
import { info } from '../../platform/runner.ts'
import { listSome } from '../../text/lists.ts'
import type { OpenEntry } from '../archive/open-entry.ts'
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

/** Hashes of an unpacked entry of modules before it is moved into place. */
interface UnpackedModules {
  /** Hash of each tree, each zip and each `.mod`, by its path in the module cache. */
  readonly hashes: ReadonlyMap<string, string>
  /** Content of each `.ziphash`, by its path in the module cache. */
  readonly ziphashes: ReadonlyMap<string, string>
}

/** Result of comparing an entry with the recorded hashes. */
interface ProofResult {
  /** Parts whose hash differs from the recorded one. */
  readonly wrong: readonly WrongModule[]
  /** Names of modules with at least one part that is recorded nowhere. */
  readonly unproven: readonly string[]
}

/**
 * Compares the modules of an entry with their recorded hashes. The checksum files count first; the checksum database
 * covers what they do not name. A module's own `.ziphash` proves nothing, because it is from the same entry. It is
 * unknown whether Go queries the database when it uses the module.
 *
 * @param unpacked the hashes of the entry
 * @param sums the hashes in the checksum files
 * @param answers the answers of the checksum database
 */
export function proveEntry(
  { hashes, ziphashes }: UnpackedModules,
  sums: RecordedSums,
  answers: RecordedSums,
): ProofResult {
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

const maxNamed = 100

/** Module cache, and how its trees are protected. */
export interface ModuleCacheLocation {
  /** Absolute path. */
  readonly directory: string
  readonly readOnly: boolean
}

/** Recorded hashes to compare the modules of an entry with. */
export interface ModuleProof {
  readonly sums: RecordedSums
  /**
   * Looks up modules that no checksum file names in the checksum database.
   *
   * @param names `path@version`
   * @param stage absolute path of the unpacked entry
   */
  readonly ask: (names: readonly string[], stage: string) => Promise<RecordedSums>
}

/** Content of an entry according to its manifest, which is untrusted. */
interface EntryContent {
  /** Paths relative to GOMODCACHE. */
  readonly roots: readonly string[]
  /** `path@version` of its modules that no checksum file named when it was saved. */
  readonly outsideSums: readonly string[]
}

/** Content of an entry that is in the module cache now, or was there before. */
interface RestoredModules extends RestoredAmount {
  /** Paths relative to GOMODCACHE. */
  readonly roots: readonly string[]
  readonly wrong: readonly WrongModule[]
  /** `path@version` of modules that no source confirms. */
  readonly unproven: readonly string[]
  /** Whether the entry held corrupt or unexpected content; then the next entry replaces it. */
  readonly isCorrupt: boolean
}

/** Maximum length of a `.ziphash` or an `.info` to read, in bytes; real ones are short. */
const longestText = 64 * 1024

/**
 * Unpacks an entry into a stage, hashes it on the way, and moves the modules with the recorded hashes into place. A
 * module with a wrong hash in any part is discarded as a whole, with its go.mod, zip and `.info`. Files without a hash
 * are not used as they are: `.info`, `.ziphash` and `list` are rewritten.
 *
 * @param entry the entry, which may still be arriving
 * @param content content of the entry according to its manifest
 * @param location the module cache
 * @param proof recorded hashes to compare with; undefined: modules are accepted without a check
 */
export async function restoreProvenModules(
  entry: OpenEntry,
  { roots: all, outsideSums }: EntryContent,
  { directory: gomodcache, readOnly }: ModuleCacheLocation,
  proof: ModuleProof | undefined,
): Promise<RestoredModules> {
  return withStage(gomodcache, async (stage) => {
    const unexpected = all.filter((root) => !isModulePath(root) && !isSumdbPath(root))
    if (unexpected.length > 0)
      info(`Discarded paths of the entry that do not belong to a module: ${listSome(unexpected, maxNamed)}`)
    const roots = all.filter(isModulePath)
    const queried = proof === undefined ? [] : namesToQuery(roots, outsideSums, proof.sums)
    const isProvable = (root: string, sums: readonly RecordedSums[], more: ReadonlySet<string>) => {
      const { name = '', kind } = moduleRoot(root) ?? {}
      const isTree = sums.some(({ trees }) => trees.has(name)) || more.has(name)
      const isMod = sums.some(({ goMods }) => goMods.has(name)) || more.has(name)
      if (kind === undefined || kind === 'info') return kind === undefined || isTree || isMod
      return kind === 'mod' ? isMod : isTree
    }
    const isUnprovable = (root: string) =>
      proof !== undefined && !isProvable(root, [proof.sums], new Set(queried))
    // A ziphash that already exists is unpacked as well, for the comparison.
    const present = roots
      .filter((root) => !root.endsWith('.ziphash'))
      .filter((root) => lstat(path.join(gomodcache, root)) !== undefined)
    const unpacked = await unpackEntry({
      directory: entry,
      stage,
      skipRoots: [...present, ...all.filter((root) => !isModulePath(root) || isUnprovable(root))],
      readOnly,
      seconds: maxUnpackSeconds,
      hashedRoots: proof === undefined ? new Map() : namesInHashes(roots),
      hashedZips: new Set(proof === undefined ? [] : roots.filter((root) => root.endsWith('.zip'))),
    })
    const invalidInfos = proof === undefined ? new Set<string>() : rewriteInfos(stage, roots)
    const answers =
      queried.length === 0 ? noRecordedSums : ((await proof?.ask(queried, stage)) ?? noRecordedSums)
    const ziphashes = ziphashesIn(stage, roots)
    const { wrong, unproven } =
      proof === undefined
        ? { wrong: [], unproven: [] }
        : proveEntry({ hashes: unpacked.hashes, ziphashes }, proof.sums, answers)
    if (unproven.length > 0)
      info(
        `Discarded modules that neither a checksum file nor the checksum database confirms: ${listSome(unproven, maxNamed)}`,
      )
    const wrongNames = new Set(wrong.map(({ name }) => name))
    const isKept = (root: string) =>
      !invalidInfos.has(root) &&
      !wrongNames.has(moduleRoot(root)?.name ?? '') &&
      (proof === undefined || isProvable(root, [proof.sums, answers], new Set()))
    const kept = roots.filter(isKept)
    if (proof !== undefined) rewriteHashFiles(stage, kept, ziphashes)
    moveModulesIntoPlace(unitsByModule(kept), stage, gomodcache, readOnly)
    const { files, bytes } = unpacked
    const isCorrupt = wrong.length + unexpected.length + invalidInfos.size > 0
    return { files, bytes, roots: kept, wrong, unproven, isCorrupt }
  })
}

/** Returns the modules of an entry that only the checksum database can confirm. */
function namesToQuery(
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

/**
 * Rewrites `.info` files.
 *
 * @returns the files that do not describe their version; they are discarded, and Go downloads them
 */
function rewriteInfos(stage: string, roots: readonly string[]): ReadonlySet<string> {
  const invalidInfos = roots.filter((root) => {
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
  if (invalidInfos.length > 0)
    info(`Discarded .info files that do not describe their version: ${listSome(invalidInfos, maxNamed)}`)
  return new Set(invalidInfos)
}

function ziphashesIn(stage: string, roots: readonly string[]): ReadonlyMap<string, string> {
  const texts = roots
    .filter((root) => root.endsWith('.ziphash') && lstat(path.join(stage, root)) !== undefined)
    .map((root) => [root, readTextUpTo(path.join(stage, root), longestText) ?? ''] as const)
  return new Map(texts)
}

/**
 * Writes the confirmed hashes, and the version lists of their modules (modfetch/cache.go, rewriteVersionList).
 */
function rewriteHashFiles(
  stage: string,
  kept: readonly string[],
  ziphashes: ReadonlyMap<string, string>,
): void {
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

/** Outcome of restoring the module cache. */
interface ModulesRestoreOutcome extends RestoreOutcome {
  /** Whether the entry held zips. */
  readonly hadZips: boolean
  /** `path@version` of every tree in the entry. */
  readonly held: readonly string[]
  /** Corrupt modules of the entry, which were discarded. */
  readonly wrong: readonly WrongModule[]
}

/**
 * Maximum share of missing modules for which no entry is requested. An entry contains all modules, whereas Go downloads
 * only the missing ones.
 */
const mostMissing = 0.5

/**
 * Restores the module cache, unless it already holds most modules that builds need.
 *
 * @param transfer the store, and a folder for temporary files
 * @param location `directory`: absolute path of the module cache; `readOnly`: whether trees are write-protected, as by
 *   Go without -modcacherw
 * @param key the key up to the module graph
 * @param needed the `path@version` of every tree that builds need
 * @param proof recorded hashes to compare with; undefined: modules are accepted without a check
 */
export async function restoreModules(
  transfer: Transfer,
  location: ModuleCacheLocation,
  key: Key,
  needed: readonly string[],
  proof: ModuleProof | undefined,
): Promise<ModulesRestoreOutcome> {
  removeStaleStages(location.directory)
  const missing = needed.filter((name) => !isModuleCached(location.directory, name)).length
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
  const outcome = await restoreEntry(transfer, key, async (entry) => {
    const { manifest } = entry
    if (manifest.kind !== 'modules') throw new Error(`it holds ${manifest.kind}, not modules`)
    const { zips, outsideSums } = (manifest.about ?? {}) as Readonly<Record<string, unknown>>
    hadZips = zips === true
    const roots = manifest.units.flatMap((unit) => unit.roots)
    held = roots.flatMap((root) => treeName(root) ?? [])
    const content = { roots, outsideSums: Array.isArray(outsideSums) ? outsideSums : [] }
    installed = await restoreProvenModules(entry, content, location, proof)
    const { roots: kept, unproven } = installed
    const omitted = decodeOmitted((manifest.about as { leftOut?: unknown } | null)?.leftOut)
    const restored: RestoredEntry = {
      ...{ roots: kept, bytes: manifest.bytes, unproven, trees: held.length },
      ...(omitted === undefined ? {} : { leftOut: omitted }),
    }
    writeFile(path.join(transfer.folder, restoredFile), JSON.stringify(restored))
    return installed
  })
  const { wrong } = installed
  const corrupt = outcome.corrupt || installed.isCorrupt
  return { ...outcome, corrupt, hadZips: hadZips && outcome.found !== 'miss', held, wrong }
}
