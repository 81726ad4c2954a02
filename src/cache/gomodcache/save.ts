import * as path from 'node:path'
import { decodeSums, type EncodedSums } from '../../gofiles/go-sum.ts'
import { splitModuleVersion } from '../../gofiles/module-path.ts'
import { matchesModulePatterns } from '../../gosettings/module-patterns.ts'
import { objectIn } from '../../platform/cleanup.ts'
import { entriesOf, readText, writeFile } from '../../platform/files.ts'
import type { State } from '../../state.ts'
import { bytesText } from '../../text/amounts.ts'
import { walkUnit } from '../archive/pack.ts'
import { logPackFaults, saveEntry, type Transfer } from '../entries.ts'
import { incompleteKey, keyWithDigest } from '../key.ts'
import type { SaveOutcome } from '../outcomes.ts'
import type { CachePolicy } from '../policy.ts'
import { refusalText, refuse, type SaveRefusal } from '../save-rules.ts'
import {
  limitRefusal,
  limitWarning,
  maxPackAttempts,
  nothingFitsWarning,
  plannedShare,
} from '../size-limit.ts'
import { readLookups } from './checksum-database.ts'
import { namedFile, namesOutsideSums, type RestoredEntry, restoredFile } from './entry.ts'
import { listVersions } from './listing.ts'
import { tooLittleNew, treeOf, worseFallback } from './save-threshold.ts'
import {
  type ModuleSelection,
  modulesOverLimit,
  type NamedVersions,
  nothingOmitted,
  type OmittedModules,
  selectModules,
} from './select.ts'
import { changedModules, expectedHashes, withoutInvalidInfos, wrongZiphashes } from './verify.ts'

/** Facts about the module cache that one use of this action shares with the later ones of its job. */
interface ModulesUse {
  /** The key up to the module graph. */
  readonly key: string
  /** Identifies the store. Uses with different stores save for themselves. */
  readonly store: string
  readonly save: CachePolicy['save']
  /** When the use began, in milliseconds since 1970. */
  readonly began: number
}

/** Name of the file in a use's folder with these facts. */
const useFile = 'modules-use.json'

/** Prefix of the files in a use's folder that list the modules that a later use names. */
const namedPrefix = 'named-by-'

/**
 * Shares facts about the module cache with the other uses of this action in this job, whose folders are siblings of
 * this one. Later uses read a file in this folder, earlier ones a file in theirs. A job's uses share GOMODCACHE.
 * Without the files, the first use would count the downloads of the others as the work of later steps. It would
 * then save them a second time.
 *
 * @param folder absolute path of this use's own folder
 */
export function shareWithOtherUses(folder: string, use: ModulesUse, named: NamedVersions): void {
  writeFile(path.join(folder, useFile), JSON.stringify(use))
  const names = JSON.stringify([...new Set([...named.trees, ...named.goMods])])
  for (const earlier of siblingFolders(folder))
    writeFile(path.join(earlier, `${namedPrefix}${path.basename(folder)}.json`), names)
}

/**
 * Changes whether a use saves its modules. A use of `restore` does so only during a step with `save`.
 *
 * @param folder absolute path of the use's own folder
 */
export function announceSave(folder: string, save: CachePolicy['save']): void {
  const use = readUse(folder)
  if (use !== undefined) writeFile(path.join(folder, useFile), JSON.stringify({ ...use, save }))
}

function readUse(folder: string): ModulesUse | undefined {
  return objectIn(readText(path.join(folder, useFile)) ?? '') as ModulesUse | undefined
}

/** Returns the `path@version` of the modules that later uses of this action in this job have named. */
function namedByLaterUses(folder: string): ReadonlySet<string> {
  const files = entriesOf(folder).filter(({ name }) => name.startsWith(namedPrefix))
  return new Set(
    files.flatMap(({ name }) => JSON.parse(readText(path.join(folder, name)) ?? '[]') as string[]),
  )
}

/**
 * Reports whether an earlier use of this action in this job saves the modules of this graph. Its post runs after this
 * one. In a step with `save`, the folders of later uses still exist, too.
 */
function isSavedByEarlierUse(folder: string, key: string): boolean {
  const { began = Number.POSITIVE_INFINITY, store } = readUse(folder) ?? {}
  return siblingFolders(folder).some((other) => {
    const use = readUse(other)
    return use?.key === key && use.store === store && use.save === 'yes' && use.began < began
  })
}

function siblingFolders(folder: string): readonly string[] {
  const [parent, own] = [path.dirname(folder), path.basename(folder)]
  return entriesOf(parent)
    .filter(({ name }) => name !== own && name.startsWith(own.replace(/[^-]*$/, '')))
    .map(({ name }) => path.join(parent, name))
    .filter((other) => readText(path.join(other, useFile)) !== undefined)
}

/**
 * Shrinks a packed entry that exceeds the limit: drops zips first, then trees.
 *
 * @param all content of the entry without a limit
 * @param packed content that was packed
 * @param given `restored`: paths of the restored entry; `tooLarge`: sizes of what was packed, in bytes
 * @returns no `omitted` when no module fits
 */
function shrinkToLimit(
  all: ModuleSelection,
  packed: ModuleSelection,
  { needed }: Pick<NamedVersions, 'needed'>,
  given: {
    readonly restored: ReadonlySet<string>
    readonly state: Pick<State, 'modules' | 'maxSize'>
    readonly tooLarge: { readonly stored: number; readonly unpacked: number }
  },
): { readonly omitted?: OmittedModules; readonly warning: string } {
  const { modules, maxSize: most } = given.state
  const { stored, unpacked } = given.tooLarge
  const cost = 'downloads them again'
  if (packed.zips && modules?.zips === 'auto') {
    const warning = `Module cache: with zips it would take ${bytesText(stored)} when stored, and \`cache-max-size\` allows ${bytesText(most)}. The entry omits the zips, and \`go mod download\` without arguments downloads them again. To never cache zips, set \`cache-zips: false\`.`
    return { omitted: { most, zips: true, names: [] }, warning }
  }
  const builds = new Set(needed)
  const sized = all.units.flatMap((unit) => {
    const tree = treeOf(unit)
    if (tree === undefined) return []
    const { bytes } = walkUnit(modules?.directory ?? '', unit, () => false)
    return [{ name: unit.name, bytes, needed: builds.has(unit.name), isInEntry: given.restored.has(tree) }]
  })
  const sum = (some: typeof sized) => some.reduce((total, { bytes }) => total + bytes, 0)
  const wasPacked = new Set(packed.units.flatMap((unit) => (treeOf(unit) === undefined ? [] : [unit.name])))
  const trees = sum(sized.filter(({ name }) => wasPacked.has(name)))
  // Modules that have only their go.mod in the entry always stay.
  const fixed = Math.max(0, unpacked - trees)
  const room = Math.min(trees, (most * plannedShare * unpacked) / stored - fixed)
  const names = modulesOverLimit(sized, room)
  const wanted = ((sum(sized) + fixed) * stored) / unpacked
  const limit = { all: `${sized.length} modules`, count: names.length, wanted, most, cost }
  if (names.length === sized.length) return { warning: nothingFitsWarning('Module cache', limit) }
  return {
    omitted: { most, zips: modules?.zips === 'auto' && !packed.zips, names },
    warning: limitWarning('Module cache', limit),
  }
}

/** Returns the refusal when the restored entry holds as much as the limit allows. */
function limitReached({ names, zips, most }: OmittedModules): SaveRefusal {
  const modules = names.length === 1 ? '1 module' : `${names.length} modules`
  return limitRefusal('at-limit', names.length === 0 && zips ? 'zips' : modules, most)
}

/**
 * Mtime of every file in an entry, in seconds since 1970. It is old, to distinguish restored files from fetched ones.
 */
const packedTime = 315_619_200

/**
 * Saves the module cache: the modules that the checksum files name, and anything else that this job fetched.
 *
 * @param transfer the store, and a folder for temporary files
 * @param state the state from main
 * @param why reason for the save, for the report
 * @param whole whether the job ran completely. Otherwise its entry must hold at least as much as the restored one;
 *   without a restored one, the new entry is a last resort
 */
export async function saveModules(
  transfer: Transfer,
  state: State,
  why: string,
  whole = true,
): Promise<SaveOutcome> {
  const { modules } = state
  if (modules === undefined) return refuse({ rule: 'modules-off' })
  const list = readText(path.join(state.folder, namedFile))
  if (list === undefined) return refuse({ rule: 'list-lost' })
  const named = JSON.parse(list) as NamedVersions & { readonly sums: EncodedSums }
  const entry = JSON.parse(readText(path.join(state.folder, restoredFile)) ?? 'null') as RestoredEntry | null
  // Everything from an entry of the same graph stays; from another graph, only what the checksum files name.
  const restored = new Set(modules.found === 'exact' || !whole ? entry?.roots : [])
  const { directory } = modules
  const { versions, faults } = listVersions(directory)
  const recorded = decodeSums(named.sums)
  const lookups = readLookups(directory, namesOutsideSums(versions, recorded))
  const unproven = new Set(entry?.unproven)
  const isConfirmed = (name: string) =>
    lookups.trees.has(name) ||
    (!unproven.has(name) && !matchesModulePatterns(modules.unchecked, splitModuleVersion(name).path))
  const ofOtherUses = namedByLaterUses(state.folder)
  let usable = versions
  const select = ({ zips, names }: Pick<OmittedModules, 'zips' | 'names'>): ModuleSelection =>
    selectModules(usable, named, {
      ...modules,
      ...state,
      zips: zips ? 'false' : modules.zips,
      began: modules.isExclusive ? state.began : Number.POSITIVE_INFINITY,
      restored,
      isConfirmed,
      omitted: new Set(names),
      ofOthers: ofOtherUses,
    })
  const isSteady = (selection: ModuleSelection) =>
    restored.size > 0 && selection.zips === modules.hadZips && !modules.corrupt
  const expectedOf = ({ units }: ModuleSelection) => expectedHashes(units, directory, [recorded, lookups])
  // A limit that already applied to this graph omits the same modules.
  let omitted =
    modules.found === 'exact' && state.maxSize <= (entry?.leftOut?.most ?? 0) ? entry?.leftOut : undefined
  const first = select(omitted ?? nothingOmitted)
  const { units: chosen, added } = first
  const expected = expectedOf(first)
  // Packing omits changed modules. For an incomplete job they must be known first, to decide whether enough modules
  // remain.
  const suspects = whole || added.length === 0 ? added : chosen.flatMap(({ roots }) => roots)
  const changed = [
    ...wrongZiphashes(chosen, directory, expected),
    ...(isSteady(first) || !whole
      ? await changedModules(chosen, directory, expected, new Set(suspects))
      : []),
  ]
  const names = new Set(changed.map(({ name }) => name))
  usable = versions.filter(({ name }) => !names.has(name))
  logPackFaults([...faults, ...changed.map(({ fault }) => fault)])
  let warning: string | undefined
  for (let attempt = 1; ; attempt++) {
    const selection = select(omitted ?? nothingOmitted)
    if (selection.trees === 0) return refuse({ rule: 'no-modules' })
    if (isSavedByEarlierUse(state.folder, modules.key)) return refuse({ rule: 'earlier-use' })
    const worse = whole ? undefined : worseFallback(selection, named, state, entry)
    if (worse !== undefined && modules.found !== 'miss') return refuse(worse)
    if (isSteady(selection)) {
      const little = tooLittleNew(directory, selection, named, entry?.bytes ?? 0)
      if (little !== undefined)
        return { ...refuse(omitted === undefined ? little : limitReached(omitted)), key: modules.matched }
    }
    const units = withoutInvalidInfos(selection.units, directory)
    const outsideSums = namesOutsideSums(units, recorded)
    const outcome = await saveEntry(
      transfer,
      keyWithDigest(worse === undefined ? modules.key : incompleteKey(modules.key), selection.digest),
      worse === undefined ? why : refusalText(worse),
      {
        kind: 'modules',
        metadata: {
          zips: selection.zips,
          outsideSums,
          ...(omitted === undefined ? {} : { leftOut: omitted }),
        },
        base: directory,
        units,
        mtimeSeconds: packedTime,
        onFault: 'leave-out-unit',
        expected: expectedOf(selection),
      },
      state.maxSize,
    )
    if (outcome.tooLarge === undefined || attempt > maxPackAttempts)
      return warning === undefined ? outcome : { ...outcome, warning }
    const all = select({ zips: omitted?.zips ?? false, names: [] })
    const shrunk = shrinkToLimit(all, selection, named, { restored, state, tooLarge: outcome.tooLarge })
    warning = shrunk.warning
    if (shrunk.omitted === undefined) return { ...outcome, warning }
    omitted = shrunk.omitted
  }
}
