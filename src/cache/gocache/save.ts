import * as path from 'node:path'
import { testExpiry } from '../../gofiles/cache-layout.ts'
import { splitModuleVersion } from '../../gofiles/module-path.ts'
import { matchesModulePatterns } from '../../gosettings/module-patterns.ts'
import { now } from '../../platform/clock.ts'
import { isWithin, lstat } from '../../platform/files.ts'
import { platform } from '../../platform/machine.ts'
import type { BuildState, State } from '../../state.ts'
import { isAbsoluteName, testLogNames } from '../../testcache/test-log.ts'
import type { PackRequest } from '../archive/pack.ts'
import type { PackUnit } from '../archive/units.ts'
import { saveEntry, type Transfer } from '../entries.ts'
import { listVersions } from '../gomodcache/listing.ts'
import { keyWithDigest, shortHash } from '../key.ts'
import { nothingNew, notSaved, type SaveOutcome } from '../outcomes.ts'
import {
  limitReachedText,
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
import { belowSaveThreshold, type Refusal } from './save-threshold.ts'

/** What is packed of a build cache. */
function buildPackRequest(
  { directory, modulePaths }: BuildState,
  choice: PruneResult,
  about: BuildMetadata,
): Omit<PackRequest, 'directory'> {
  const wanted = pathsOf(choice)
  return {
    kind: 'build',
    metadata: encodeMetadata(about),
    base: directory,
    units: unitsIn(directory, modulePaths, choice),
    exclude: (file) => {
      const [directory = '', object = '', , deeper] = file.split('/')
      if (!/^[0-9a-f]{2}$/.test(directory) || object === '') return false
      return !wanted.has(`${directory}/${object}`) || deeper !== undefined
    },
    onFault: 'leave-out-file',
    verifyBuildObjects: true,
  }
}

/** Paths of the files of what is kept, relative to the build cache, with `/`. */
function pathsOf({ kept }: PruneResult): ReadonlySet<string> {
  const paths = new Set<string>()
  for (const { id, output } of kept) {
    paths.add(`${objectDirectory(id)}/${id}-a`)
    paths.add(`${objectDirectory(output)}/${output}-d`)
  }
  return paths
}

/**
 * The directories of objects, the modules' fuzzing corpora, and when test results expired. `trim.txt` is none of
 * them: it says when this machine's cache was last trimmed.
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

/** How much of its length a build cache has when it is packed, as long as no entry tells. */
const usualShare = 0.35

/**
 * Counts what became of the objects, and leaves a mark, where nothing is saved.
 *
 * @param state what main handed over
 * @param why why nothing is saved, for the report
 */
export function finishWithoutSaving(state: State, why: string): SaveOutcome {
  const ended = readFinishedBuild(state)
  if (ended === undefined) return notSaved(why)
  // What a run made that may not save must not come into an entry by way of the next one.
  const isKept = state.save === 'yes' && !ended.build.excluded.always
  return finishBuild(ended, notSaved(why), isKept ? {} : { since: ended.mark.since })
}

/**
 * Saves of the build cache what is used: nothing is deleted there.
 *
 * @param transfer the store, and a folder for files in passing
 * @param state what main handed over
 * @param job why it is saved, for the report; `whole`: whether the job did all that it does
 */
export async function saveBuild(
  transfer: Transfer,
  state: State,
  job: { readonly why: string; readonly whole: boolean },
): Promise<SaveOutcome> {
  const ended = readFinishedBuild(state)
  if (ended === undefined) return notSaved('the build cache is off here')
  const { build, mark, use } = ended
  const { excluded } = build
  if (holdsWithheld(excluded)) return finishBuild(ended, notSaved(excluded.why), { since: mark.since })
  if (ended.others.length > 0) {
    const why = `a job of ${ended.others.join(', ')} used the same build cache meanwhile`
    return finishBuild(ended, notSaved(why))
  }
  if (ended.isSaved)
    return finishBuild(ended, nothingNew('another use of this action in this job has saved it'))
  if (!job.whole && build.found !== 'miss' && mark.stored === '')
    return finishBuild(ended, notSaved('the job failed, and what the newest entry holds is not known'))
  const lost = job.whole || mark.stored === '' ? 0 : countLostObjects(ended)
  if (lost > 0)
    return finishBuild(ended, notSaved(`the job failed, and ${lost} objects of the entry before are gone`))
  let { room, share } = firstRoom(ended, state.maxSize)
  let keepsIdle = true
  for (let attempt = 1; ; attempt++) {
    const { use: fitting, omitted: leftOut } = fitUseToLimit(
      use,
      job.whole ? room : room - dataBytes(use.unused),
    )
    const limit = limitTexts(use, leftOut, share, state.maxSize)
    if (!job.whole && fitting.reused.length < use.reused.length)
      return finishBuild(ended, notSaved('the job failed, and the entry before fills `cache-max-size`'))
    if (leftOut.length > 0 && fitting.reused.length + fitting.fresh.length === 0)
      return finishBuild(ended, { ...notSaved(limit.full), warning: limit.nothing })
    const { logs, refusal } = judge(ended, fitting, job.whole)
    if (refusal !== undefined) {
      const isFull = refusal.upToDate && leftOut.length > 0
      const outcome = refusal.upToDate ? nothingNew(isFull ? limit.full : refusal.why) : notSaved(refusal.why)
      return finishBuild(ended, { ...outcome, key: build.matched })
    }
    const facts = { now: now() / 1000, prunes: job.whole, sameJob: build.sameJob, most: room }
    const all = pruneObjects(fitting, mark.about, facts)
    const choice: PruneResult = keepsIdle ? all : withoutIdle(fitting, all)
    const about = await nextMetadata(choice, logs, mark.about, build)
    const ids = choice.kept.map(({ id }) => id).sort()
    const key = keyWithDigest(build.key, shortHash([...ids, build.salt]))
    const outcome = await saveEntry(
      transfer,
      key,
      job.why,
      buildPackRequest(build, choice, about),
      state.maxSize,
    )
    if (outcome.tooLarge !== undefined && attempt <= maxPackAttempts) {
      const { stored } = outcome.tooLarge
      const [bytes, hasIdle] = [dataBytes(choice.kept), job.whole && choice.idle.size > 0]
      share = stored / bytes
      if (!hasIdle) room = Math.min(bytes - 1, (state.maxSize * plannedShare) / share)
      keepsIdle = keepsIdle && !hasIdle
      continue
    }
    const told = {
      ...outcome,
      counts: { ...ended.counts, pruned: objectAmount(choice.pruned) },
      ...(leftOut.length > 0 && outcome.saved ? { warning: limit.cut } : {}),
    }
    return outcome.saved || outcome.exists
      ? finishBuild(ended, told, {
          stored: key,
          savedBy: build.job ?? '',
          ...(outcome.share === undefined ? {} : { share: outcome.share }),
          actions: ids.map(shortId),
          about,
        })
      : finishBuild(ended, told)
  }
}

/**
 * Decides whether what fits into an entry is worth one.
 *
 * @returns also the records of what tests looked at, among what is new
 */
function judge(
  { build, mark, use: { unused } }: FinishedBuild,
  { reused, fresh }: ObjectUse,
  whole: boolean,
): { readonly logs: readonly CachedAction[]; readonly refusal: Refusal | undefined } {
  const held = new Set(mark.actions)
  const used = [...reused, ...fresh]
  const added = used.filter(({ id }) => !held.has(shortId(id)))
  const logs = findLogs(build.directory, added)
  const refusal = belowSaveThreshold({
    used,
    added,
    addedTests: readLogs(build.directory, logs).filter((log) => holdsElsewhere(log, build)).length,
    given: [...used, ...unused].filter(({ id }) => held.has(shortId(id))),
    before: mark.stored === '' ? undefined : mark.about,
    sameSource: mark.stored.startsWith(keyWithDigest(build.key, '')),
    sameJob: build.sameJob,
    whole,
    stableMtimes: build.stableMtimes,
    now: now() / 1000,
  })
  return { logs, refusal }
}

/**
 * How many bytes of data are tried first, and how much of its length data has when it is packed. As long as no entry has
 * told the latter, up to twice as much is packed as seems to fit: to find out must not take gigabytes in every run.
 */
function firstRoom(
  { mark, use }: FinishedBuild,
  most: number,
): { readonly room: number; readonly share: number } {
  const share = mark.share || usualShare
  const fits = dataBytes([...use.reused, ...use.fresh]) * share <= most
  const allowed = mark.share === 0 ? 2 : fits ? 1 : plannedShare
  return { share, room: (most * allowed) / share }
}

/** What is said of the objects that do not fit: in the log, and as a warning where some or all are left out. */
function limitTexts(use: ObjectUse, leftOut: readonly CachedAction[], share: number, most: number) {
  const used = [...use.reused, ...use.fresh]
  const told = {
    ...{ all: `${used.length} objects`, count: leftOut.length, wanted: dataBytes(used) * share, most },
    cost: 'compiles them again',
  }
  return {
    full: limitReachedText(`${leftOut.length} of ${used.length} objects`, most),
    cut: limitWarning('Build cache', told),
    nothing: nothingFitsWarning('Build cache', told),
  }
}

/** Whether a step of this job has fetched what must not be kept: it may have been compiled, too. */
function holdsWithheld({ patterns, gomodcache }: BuildState['excluded']): boolean {
  if (patterns === '') return false
  return listVersions(gomodcache).versions.some(({ name }) =>
    matchesModulePatterns(patterns, splitModuleVersion(name).path),
  )
}

/**
 * Whether the result of a test is of use in another checkout: if the test looked at files there, their times tell Go
 * that they are others, unless times are made from content.
 */
function holdsElsewhere(log: string, { testCache, workspace }: BuildState): boolean {
  if (testCache === 'stable') return true
  const names = testLogNames(log, platform()).map(({ name }) => name)
  return names.every((name) => isAbsoluteName(name, platform()) && !isWithin(workspace, name))
}

/** What a job has used and nothing else: where even what is allowed turns out to be too much. */
function withoutIdle({ reused, fresh, unused }: ObjectUse, { whole }: PruneResult): PruneResult {
  return { kept: [...reused, ...fresh], idle: new Map(), pruned: unused, whole }
}
