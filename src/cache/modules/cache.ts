import * as path from 'node:path'
import { isPresent } from '../../go/presence.ts'
import { treeName } from '../../modules/module-roots.ts'
import { splitModuleVersion } from '../../modules/module-version.ts'
import { matchesModulePatterns } from '../../modules/settings/match-patterns.ts'
import { readManifest } from '../../pack/manifest-file.ts'
import { incompleteKey, type Key, keyWithDigest } from '../../plan/keys.ts'
import { namedFile, restoredFile, type State } from '../../plan/state.ts'
import type { WrongModule } from '../../proof/prove-entry.ts'
import { decodeSums, type EncodedSums } from '../../proof/recorded-sums.ts'
import {
  alreadyThere,
  nothingNew,
  notSaved,
  type RestoreOutcome,
  type SaveOutcome,
} from '../../report/outcomes.ts'
import { readText, writeFile } from '../../system/files.ts'
import { mostAttempts } from '../size-limit.ts'
import { removeStaleStages } from '../stage.ts'
import { restoreEntry, saveEntry, type Transfer, tellFaults } from '../transfer.ts'
import { changedModules, describedUnits, expectedHashes, wrongZiphashes } from './check-units.ts'
import { readLookups } from './checksum-lookups.ts'
import { chooseModules, type ModuleChoice, type NamedVersions } from './choice.ts'
import { decodeLeftOut, type LeftOutModules, nothingLeftOut } from './fit.ts'
import {
  type InstalledModules,
  installModules,
  type ModuleCachePlace,
  type ModuleProof,
} from './install-proven.ts'
import { listVersions } from './listing.ts'
import { isSavedByEarlierUse, namedByLaterUses } from './other-uses.ts'
import {
  cutModules,
  leftOutText,
  namesBeside,
  type RestoredEntry,
  spoilsFallback,
  tooLittle,
} from './save-rules.ts'

/** What was restored into the module cache. */
export interface ModulesRestored extends RestoreOutcome {
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
/** The time that every file of an entry has: old, so that what a job fetches is told from what it restored. */
const packedTime = 315_619_200

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
  place: ModuleCachePlace,
  key: Key,
  needed: readonly string[],
  proof: ModuleProof | undefined,
): Promise<ModulesRestored> {
  removeStaleStages(place.directory)
  const missing = needed.filter((name) => !isPresent(place.directory, name)).length
  if (needed.length > 0 && missing <= needed.length * mostMissing) {
    return { ...alreadyThere(missing === 0 ? 'exact' : 'partial'), hadZips: false, held: [], wrong: [] }
  }
  let hadZips = false
  let held: readonly string[] = []
  let installed: InstalledModules = {
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
    const { zips, besides } = (manifest.about ?? {}) as Readonly<Record<string, unknown>>
    hadZips = zips === true
    const roots = manifest.units.flatMap((unit) => unit.roots)
    held = roots.flatMap((root) => treeName(root) ?? [])
    const content = { roots, besides: Array.isArray(besides) ? besides : [] }
    installed = await installModules(entry, content, place, proof)
    const { roots: kept, unproven } = installed
    const leftOut = decodeLeftOut((manifest.about as { leftOut?: unknown } | null)?.leftOut)
    const restored: RestoredEntry = {
      ...{ roots: kept, bytes: manifest.bytes, unproven, trees: held.length },
      ...(leftOut === undefined ? {} : { leftOut }),
    }
    writeFile(path.join(transfer.folder, restoredFile), JSON.stringify(restored))
    return installed
  })
  const { wrong } = installed
  const spoiled = outcome.spoiled || installed.isCorrupt
  return { ...outcome, spoiled, hadZips: hadZips && outcome.found !== 'miss', held, wrong }
}

/**
 * Saves the module cache: what the checksum files name, and what this job fetched besides.
 *
 * @param transfer the store, and a folder for files in passing
 * @param state what main handed over
 * @param why why it is saved, for the report
 * @param whole whether the job did all that it does: else its entry must hold no less than the one that it began with,
 *   or is a last resort where there was none
 */
export async function saveModules(
  transfer: Transfer,
  state: State,
  why: string,
  whole = true,
): Promise<SaveOutcome> {
  const { modules } = state
  if (modules === undefined) return notSaved('the module cache is off here')
  const list = readText(path.join(state.folder, namedFile))
  if (list === undefined) return notSaved('the list of modules in RUNNER_TEMP is gone')
  const named = JSON.parse(list) as NamedVersions & { readonly sums: EncodedSums }
  const entry = JSON.parse(readText(path.join(state.folder, restoredFile)) ?? 'null') as RestoredEntry | null
  // Of an entry of the same graph everything stays; of another graph only what the checksum files name.
  const restored = new Set(modules.found === 'exact' || !whole ? entry?.roots : [])
  const { directory } = modules
  const { versions, faults } = listVersions(directory)
  const recorded = decodeSums(named.sums)
  const lookups = readLookups(directory, namesBeside(versions, recorded))
  const unproven = new Set(entry?.unproven)
  const isVouched = (name: string) =>
    lookups.trees.has(name) ||
    (!unproven.has(name) && !matchesModulePatterns(modules.unchecked, splitModuleVersion(name).path))
  const ofOthers = namedByLaterUses(state.folder)
  let usable = versions
  const choose = ({ zips, names }: Pick<LeftOutModules, 'zips' | 'names'>): ModuleChoice =>
    chooseModules(usable, named, {
      ...modules,
      ...state,
      zips: zips ? 'false' : modules.zips,
      began: modules.own ? state.began : Number.POSITIVE_INFINITY,
      restored,
      isVouched,
      leftOut: new Set(names),
      ofOthers,
    })
  const isSteady = (choice: ModuleChoice) =>
    restored.size > 0 && choice.zips === modules.hadZips && !modules.spoiled
  const expectedOf = ({ units }: ModuleChoice) => expectedHashes(units, directory, [recorded, lookups])
  // A limit that was in force for this graph cuts the same modules again.
  let leftOut =
    modules.found === 'exact' && state.maxSize <= (entry?.leftOut?.most ?? 0) ? entry?.leftOut : undefined
  const first = choose(leftOut ?? nothingLeftOut)
  const { units: chosen, added } = first
  const expected = expectedOf(first)
  // Packing leaves out what was changed: of a job that is not whole it has to be known before whether too little is left.
  const suspects = whole || added.length === 0 ? added : chosen.flatMap(({ roots }) => roots)
  const changed = [
    ...wrongZiphashes(chosen, directory, expected),
    ...(isSteady(first) || !whole
      ? await changedModules(chosen, directory, expected, new Set(suspects))
      : []),
  ]
  const names = new Set(changed.map(({ name }) => name))
  usable = versions.filter(({ name }) => !names.has(name))
  tellFaults([...faults, ...changed.map(({ fault }) => fault)])
  let warning: string | undefined
  for (let attempt = 1; ; attempt++) {
    const choice = choose(leftOut ?? nothingLeftOut)
    if (choice.trees === 0) return notSaved('there are no modules to save')
    if (isSavedByEarlierUse(state.folder, modules.key))
      return nothingNew('an earlier use of this action in this job saves the same modules')
    const spoils = whole ? undefined : spoilsFallback(choice, named, state, entry)
    if (spoils !== undefined && modules.found !== 'miss') return notSaved(spoils)
    if (isSteady(choice)) {
      const little = tooLittle(directory, choice, named, entry?.bytes ?? 0)
      if (little !== undefined)
        return nothingNew(leftOut === undefined ? little : leftOutText(leftOut), modules.matched)
    }
    const units = describedUnits(choice.units, directory)
    const besides = namesBeside(units, recorded)
    const outcome = await saveEntry(
      transfer,
      keyWithDigest(spoils === undefined ? modules.key : incompleteKey(modules.key), choice.digest),
      spoils ?? why,
      {
        kind: 'modules',
        about: { zips: choice.zips, besides, ...(leftOut === undefined ? {} : { leftOut }) },
        base: directory,
        units,
        mtimeSeconds: packedTime,
        onFault: 'leave-out-unit',
        expected: expectedOf(choice),
      },
      state.maxSize,
    )
    if (outcome.tooLarge === undefined || attempt > mostAttempts)
      return warning === undefined ? outcome : { ...outcome, warning }
    const all = choose({ zips: leftOut?.zips ?? false, names: [] })
    const cut = cutModules(all, choice, named, { restored, state, tooLarge: outcome.tooLarge })
    warning = cut.warning
    if (cut.leftOut === undefined) return { ...outcome, warning }
    leftOut = cut.leftOut
  }
}
