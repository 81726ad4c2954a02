import { splitModuleVersion } from '../../modules/module-version.ts'
import { matchesModulePatterns } from '../../modules/settings/match-patterns.ts'
import { isAbsoluteName, testLogNames } from '../../modules/test-log.ts'
import { keyWithDigest, shortHash } from '../../plan/keys.ts'
import type { BuildState, State } from '../../plan/state.ts'
import { nothingNew, notSaved, type SaveOutcome } from '../../report/outcomes.ts'
import { now } from '../../system/clock.ts'
import { platform } from '../../system/environment.ts'
import { isWithin } from '../../system/files.ts'
import { listVersions } from '../modules/listing.ts'
import { fullText, limitWarning, mostAttempts, nothingFits, plannedShare } from '../size-limit.ts'
import { saveEntry, type Transfer } from '../transfer.ts'
import { shortId } from './about.ts'
import { type BuildChoice, type BuildUse, bytesOf, chooseObjects } from './choice.ts'
import { amountOf, type Ended, leave, lookAtEnd, lostObjects } from './ended.ts'
import { fitUse } from './fit.ts'
import type { CachedAction } from './listing.ts'
import { aboutNext } from './next-about.ts'
import { requestFor } from './request.ts'
import { findLogs, readLogs } from './test-logs.ts'
import { notWorthSaving, type Refusal } from './worth.ts'

/** How much of its length a build cache has when it is packed, as long as no entry tells. */
const usualShare = 0.35

/**
 * Counts what became of the objects, and leaves a mark, where nothing is saved.
 *
 * @param state what main handed over
 * @param why why nothing is saved, for the report
 */
export function leaveBuild(state: State, why: string): SaveOutcome {
  const ended = lookAtEnd(state)
  if (ended === undefined) return notSaved(why)
  // What a run made that may not save must not come into an entry by way of the next one.
  const isKept = state.save === 'yes' && !ended.build.withheld.always
  return leave(ended, notSaved(why), isKept ? {} : { since: ended.mark.since })
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
  const ended = lookAtEnd(state)
  if (ended === undefined) return notSaved('the build cache is off here')
  const { build, mark, use } = ended
  const { withheld } = build
  if (holdsWithheld(withheld)) return leave(ended, notSaved(withheld.why), { since: mark.since })
  if (ended.others.length > 0) {
    const why = `a job of ${ended.others.join(', ')} used the same build cache meanwhile`
    return leave(ended, notSaved(why))
  }
  if (ended.isSaved) return leave(ended, nothingNew('another use of this action in this job has saved it'))
  if (!job.whole && build.found !== 'miss' && mark.stored === '')
    return leave(ended, notSaved('the job failed, and what the newest entry holds is not known'))
  const lost = job.whole || mark.stored === '' ? 0 : lostObjects(ended)
  if (lost > 0)
    return leave(ended, notSaved(`the job failed, and ${lost} objects of the entry before are gone`))
  let { room, share } = firstRoom(ended, state.maxSize)
  let keepsIdle = true
  for (let attempt = 1; ; attempt++) {
    const { use: fitting, leftOut } = fitUse(use, job.whole ? room : room - bytesOf(use.unused))
    const limit = limitTexts(use, leftOut, share, state.maxSize)
    if (!job.whole && fitting.reused.length < use.reused.length)
      return leave(ended, notSaved('the job failed, and the entry before fills `cache-max-size`'))
    if (leftOut.length > 0 && fitting.reused.length + fitting.fresh.length === 0)
      return leave(ended, { ...notSaved(limit.full), warning: limit.nothing })
    const { logs, refusal } = judge(ended, fitting, job.whole)
    if (refusal !== undefined) {
      const isFull = refusal.upToDate && leftOut.length > 0
      const outcome = refusal.upToDate ? nothingNew(isFull ? limit.full : refusal.why) : notSaved(refusal.why)
      return leave(ended, { ...outcome, key: build.matched })
    }
    const facts = { now: now() / 1000, prunes: job.whole, sameJob: build.sameJob, most: room }
    const all = chooseObjects(fitting, mark.about, facts)
    const choice: BuildChoice = keepsIdle ? all : withoutIdle(fitting, all)
    const about = await aboutNext(choice, logs, mark.about, build)
    const ids = choice.kept.map(({ id }) => id).sort()
    const key = keyWithDigest(build.key, shortHash([...ids, build.salt]))
    const outcome = await saveEntry(transfer, key, job.why, requestFor(build, choice, about), state.maxSize)
    if (outcome.tooLarge !== undefined && attempt <= mostAttempts) {
      const { stored } = outcome.tooLarge
      const [bytes, hasIdle] = [bytesOf(choice.kept), job.whole && choice.idle.size > 0]
      share = stored / bytes
      if (!hasIdle) room = Math.min(bytes - 1, (state.maxSize * plannedShare) / share)
      keepsIdle = keepsIdle && !hasIdle
      continue
    }
    const told = {
      ...outcome,
      counts: { ...ended.counts, pruned: amountOf(choice.pruned) },
      ...(leftOut.length > 0 && outcome.saved ? { warning: limit.cut } : {}),
    }
    return outcome.saved || outcome.held
      ? leave(ended, told, {
          stored: key,
          savedBy: build.job ?? '',
          ...(outcome.share === undefined ? {} : { share: outcome.share }),
          actions: ids.map(shortId),
          about,
        })
      : leave(ended, told)
  }
}

/**
 * Decides whether what fits into an entry is worth one.
 *
 * @returns also the records of what tests looked at, among what is new
 */
function judge(
  { build, mark, use: { unused } }: Ended,
  { reused, fresh }: BuildUse,
  whole: boolean,
): { readonly logs: readonly CachedAction[]; readonly refusal: Refusal | undefined } {
  const held = new Set(mark.actions)
  const used = [...reused, ...fresh]
  const added = used.filter(({ id }) => !held.has(shortId(id)))
  const logs = findLogs(build.directory, added)
  const refusal = notWorthSaving({
    used,
    added,
    addedTests: readLogs(build.directory, logs).filter((log) => holdsElsewhere(log, build)).length,
    given: [...used, ...unused].filter(({ id }) => held.has(shortId(id))),
    before: mark.stored === '' ? undefined : mark.about,
    sameSource: mark.stored.startsWith(keyWithDigest(build.key, '')),
    sameJob: build.sameJob,
    whole,
    settled: build.settled,
    now: now() / 1000,
  })
  return { logs, refusal }
}

/**
 * How many bytes of data are tried first, and how much of its length data has when it is packed. As long as no entry has
 * told the latter, up to twice as much is packed as seems to fit: to find out must not take gigabytes in every run.
 */
function firstRoom({ mark, use }: Ended, most: number): { readonly room: number; readonly share: number } {
  const share = mark.share || usualShare
  const fits = bytesOf([...use.reused, ...use.fresh]) * share <= most
  const allowed = mark.share === 0 ? 2 : fits ? 1 : plannedShare
  return { share, room: (most * allowed) / share }
}

/** What is said of the objects that do not fit: in the log, and as a warning where some or all are left out. */
function limitTexts(use: BuildUse, leftOut: readonly CachedAction[], share: number, most: number) {
  const used = [...use.reused, ...use.fresh]
  const told = {
    ...{ all: `${used.length} objects`, count: leftOut.length, wanted: bytesOf(used) * share, most },
    cost: 'compiles them again',
  }
  return {
    full: fullText(`${leftOut.length} of ${used.length} objects`, most),
    cut: limitWarning('Build cache', told),
    nothing: nothingFits('Build cache', told),
  }
}

/** Whether a step of this job has fetched what must not be kept: it may have been compiled, too. */
function holdsWithheld({ patterns, gomodcache }: BuildState['withheld']): boolean {
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
function withoutIdle({ reused, fresh, unused }: BuildUse, { whole }: BuildChoice): BuildChoice {
  return { kept: [...reused, ...fresh], idle: new Map(), pruned: unused, whole }
}
