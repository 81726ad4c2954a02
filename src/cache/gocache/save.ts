import * as path from 'node:path'
import { testExpiry } from '../../gofiles/cache-layout.ts'
import { splitModuleVersion } from '../../gofiles/module-path.ts'
import { matchesModulePatterns } from '../../gosettings/module-patterns.ts'
import { now } from '../../platform/clock.ts'
import { isWithin, lstat } from '../../platform/files.ts'
import { platform } from '../../platform/machine.ts'
import type { BuildState, State } from '../../state.ts'
import { isAbsoluteName, testLogNames } from '../../testcache/index.ts'
import type { PackRequest } from '../archive/pack.ts'
import type { PackUnit } from '../archive/units.ts'
import { saveEntry, type Transfer } from '../entries.ts'
import { listVersions } from '../gomodcache/listing.ts'
import { keyWithDigest, shortHash } from '../key.ts'
import type { SaveOutcome } from '../outcomes.ts'
import { refuse, type SaveRefusal } from '../save-rules.ts'
import {
  limitRefusal,
  limitWarning,
  maxPackAttempts,
  nothingFitsWarning,
  plannedShare,
} from '../size-limit.ts'
import {
  countLostObjects,
  type FinishedBuild,
  finishBuild,
  objectAmount,
  readFinishedBuild,
} from './finish.ts'
import { type CachedAction, findLogs, objectDirectory, readLogs } from './listing.ts'
import { type BuildMetadata, encodeMetadata, nextMetadata, shortId } from './metadata.ts'
import { dataBytes, fitUseToLimit, type ObjectUse, type PruneResult, pruneObjects } from './prune.ts'
import { belowSaveThreshold } from './save-threshold.ts'

/** Returns the request to pack the selected objects of a build cache. */
function buildPackRequest(
  { directory, modulePaths }: BuildState,
  selection: PruneResult,
  metadata: BuildMetadata,
): Omit<PackRequest, 'directory'> {
  const wanted = pathsOf(selection)
  return {
    kind: 'build',
    metadata: encodeMetadata(metadata),
    base: directory,
    units: unitsIn(directory, modulePaths, selection),
    exclude: (file) => {
      const [directory = '', object = '', , deeper] = file.split('/')
      if (!/^[0-9a-f]{2}$/.test(directory) || object === '') return false
      return !wanted.has(`${directory}/${object}`) || deeper !== undefined
    },
    onFault: 'leave-out-file',
    verifyBuildObjects: true,
  }
}

/** Returns the paths of the kept files, relative to the build cache, with `/`. */
function pathsOf({ kept }: PruneResult): ReadonlySet<string> {
  const paths = new Set<string>()
  for (const { id, output } of kept) {
    paths.add(`${objectDirectory(id)}/${id}-a`)
    paths.add(`${objectDirectory(output)}/${output}-d`)
  }
  return paths
}

/**
 * Returns the units to pack: the directories of objects, the modules' fuzzing corpora, and the time when test results
 * expired. `trim.txt` is excluded, because it records when this machine's cache was last trimmed.
 */
function unitsIn(
  gocache: string,
  modulePaths: readonly string[],
  { kept }: PruneResult,
): readonly PackUnit[] {
  const directories = new Set(
    kept.flatMap(({ id, output }) => [objectDirectory(id), objectDirectory(output)]),
  )
  const extra = [...modulePaths.map((module) => `fuzz/${module}`), testExpiry].filter(
    (place) => lstat(path.join(gocache, place)) !== undefined,
  )
  return [...directories, ...extra].map((name) => ({ name, roots: [name] }))
}

/** Assumed stored size of a build cache, as a share of its data, until an entry shows the real one. */
const usualShare = 0.35

/**
 * Counts the use of the objects and writes the marker, when nothing is saved.
 *
 * @param state the state from main
 * @param refusal reason why nothing is saved, for the report
 */
export function finishWithoutSaving(state: State, refusal: SaveRefusal): SaveOutcome {
  const finished = readFinishedBuild(state)
  if (finished === undefined) return refuse(refusal)
  // Objects of a run that may not save must not reach an entry through the next run.
  const isKept = state.save === 'yes' && !finished.build.excluded.always
  return finishBuild(finished, refuse(refusal), isKept ? {} : { since: finished.marker.since })
}

/**
 * Saves the used objects of the build cache, and deletes nothing there.
 *
 * @param transfer the store, and a folder for temporary files
 * @param state the state from main
 * @param job `why`: reason for the save, for the report; `whole`: whether the job ran completely
 */
export async function saveBuild(
  transfer: Transfer,
  state: State,
  job: { readonly why: string; readonly whole: boolean },
): Promise<SaveOutcome> {
  const finished = readFinishedBuild(state)
  if (finished === undefined) return refuse({ rule: 'build-off' })
  const { build, marker, use } = finished
  const { excluded } = build
  if (fetchedExcluded(excluded))
    return finishBuild(finished, refuse({ rule: 'private-code', values: { reason: excluded.why } }), {
      since: marker.since,
    })
  if (finished.others.length > 0) {
    const values = { repositories: finished.others.join(', ') }
    return finishBuild(finished, refuse({ rule: 'other-repository', values }))
  }
  if (finished.isSaved) return finishBuild(finished, refuse({ rule: 'other-use' }))
  if (!job.whole && build.found !== 'miss' && marker.stored === '')
    return finishBuild(finished, refuse({ rule: 'newest-unknown' }))
  const lost = job.whole || marker.stored === '' ? 0 : countLostObjects(finished)
  if (lost > 0) return finishBuild(finished, refuse({ rule: 'lost-objects', values: { count: lost } }))
  let { room, share } = firstRoom(finished, state.maxSize)
  let keepsIdle = true
  for (let attempt = 1; ; attempt++) {
    const { use: fitting, omitted } = fitUseToLimit(use, job.whole ? room : room - dataBytes(use.unused))
    const limit = limitTexts(use, omitted, share, state.maxSize)
    if (!job.whole && fitting.reused.length < use.reused.length)
      return finishBuild(finished, refuse({ rule: 'failed-at-limit' }))
    if (omitted.length > 0 && fitting.reused.length + fitting.fresh.length === 0)
      return finishBuild(finished, { ...refuse(limit.refusal('nothing-fits')), warning: limit.nothing })
    const { logs, refusal } = checkThreshold(finished, fitting, job.whole)
    if (refusal !== undefined) {
      const outcome = refuse(refusal)
      const isFull = outcome.upToDate === true && omitted.length > 0
      const shown = isFull ? refuse(limit.refusal('at-limit')) : outcome
      return finishBuild(finished, { ...shown, key: build.matched })
    }
    const facts = { now: now() / 1000, prunes: job.whole, sameJob: build.sameJob, most: room }
    const all = pruneObjects(fitting, marker.about, facts)
    const selection: PruneResult = keepsIdle ? all : withoutIdle(fitting, all)
    const metadata = await nextMetadata(selection, logs, marker.about, build, transfer.variables)
    const ids = selection.kept.map(({ id }) => id).sort()
    const key = keyWithDigest(build.key, shortHash([...ids, build.salt]))
    const outcome = await saveEntry(
      transfer,
      key,
      job.why,
      buildPackRequest(build, selection, metadata),
      state.maxSize,
    )
    if (outcome.tooLarge !== undefined && attempt <= maxPackAttempts) {
      const { stored } = outcome.tooLarge
      const [bytes, hasIdle] = [dataBytes(selection.kept), job.whole && selection.idle.size > 0]
      share = stored / bytes
      if (!hasIdle) room = Math.min(bytes - 1, (state.maxSize * plannedShare) / share)
      keepsIdle = keepsIdle && !hasIdle
      continue
    }
    const report = {
      ...outcome,
      counts: { ...finished.counts, pruned: objectAmount(selection.pruned) },
      ...(omitted.length > 0 && outcome.saved ? { warning: limit.cut } : {}),
    }
    return outcome.saved || outcome.exists
      ? finishBuild(finished, report, {
          stored: key,
          savedBy: build.job ?? '',
          ...(outcome.share === undefined ? {} : { share: outcome.share }),
          actions: ids.map(shortId),
          about: metadata,
        })
      : finishBuild(finished, report)
  }
}

/**
 * Compares the objects that fit into an entry with the save threshold.
 *
 * @returns the test logs among the new objects, and the refusal when the entry is not worth saving
 */
function checkThreshold(
  { build, marker, use: { unused } }: FinishedBuild,
  { reused, fresh }: ObjectUse,
  whole: boolean,
): { readonly logs: readonly CachedAction[]; readonly refusal: SaveRefusal | undefined } {
  const held = new Set(marker.actions)
  const used = [...reused, ...fresh]
  const added = used.filter(({ id }) => !held.has(shortId(id)))
  const logs = findLogs(build.directory, added)
  const refusal = belowSaveThreshold({
    used,
    added,
    addedTests: readLogs(build.directory, logs).filter((log) => isPortable(log, build)).length,
    given: [...used, ...unused].filter(({ id }) => held.has(shortId(id))),
    before: marker.stored === '' ? undefined : marker.about,
    sameSource: marker.stored.startsWith(keyWithDigest(build.key, '')),
    sameJob: build.sameJob,
    whole,
    stableMtimes: build.stableMtimes,
    now: now() / 1000,
  })
  return { logs, refusal }
}

/**
 * Returns how many bytes of data to try first, and their stored size as a share. Until an entry shows the real share,
 * up to twice the estimated amount is packed. Without that bound, a run could pack gigabytes only to measure the share.
 */
function firstRoom(
  { marker, use }: FinishedBuild,
  most: number,
): { readonly room: number; readonly share: number } {
  const share = marker.share || usualShare
  const fits = dataBytes([...use.reused, ...use.fresh]) * share <= most
  const allowed = marker.share === 0 ? 2 : fits ? 1 : plannedShare
  return { share, room: (most * allowed) / share }
}

/** Returns the refusal, and the warnings for some or all objects that do not fit. */
function limitTexts(use: ObjectUse, omitted: readonly CachedAction[], share: number, most: number) {
  const used = [...use.reused, ...use.fresh]
  const report = {
    ...{ all: `${used.length} objects`, count: omitted.length, wanted: dataBytes(used) * share, most },
    cost: 'compiles them again',
  }
  return {
    refusal: (rule: 'at-limit' | 'nothing-fits') =>
      limitRefusal(rule, `${omitted.length} of ${used.length} objects`, most),
    cut: limitWarning('Build cache', report),
    nothing: nothingFitsWarning('Build cache', report),
  }
}

/** Reports whether this job fetched an excluded module, which may also have been compiled. */
function fetchedExcluded({ patterns, gomodcache }: BuildState['excluded']): boolean {
  if (patterns === '') return false
  return listVersions(gomodcache).versions.some(({ name }) =>
    matchesModulePatterns(patterns, splitModuleVersion(name).path),
  )
}

/**
 * Reports whether a test result is valid in another checkout. If the test read files of the checkout, their mtimes
 * differ there and Go rejects the result, unless mtimes are derived from content.
 */
function isPortable(log: string, { testCache, workspace }: BuildState): boolean {
  if (testCache === 'stable') return true
  const names = testLogNames(log, platform()).map(({ name }) => name)
  return names.every((name) => isAbsoluteName(name, platform()) && !isWithin(workspace, name))
}

/** Returns only the objects that a job has used, for an entry that exceeds the limit with unused objects. */
function withoutIdle({ reused, fresh, unused }: ObjectUse, { whole }: PruneResult): PruneResult {
  return { kept: [...reused, ...fresh], idle: new Map(), pruned: unused, whole }
}
