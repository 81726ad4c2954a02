import * as path from 'node:path'
import { testExpiry } from '../../modules/build-cache-paths.ts'
import { splitModuleVersion } from '../../modules/module-version.ts'
import { matchesModulePatterns } from '../../modules/settings/match-patterns.ts'
import { isAbsoluteName, testLogNames } from '../../modules/test-log.ts'
import type { PackRequest } from '../../pack/pack.ts'
import type { PackUnit } from '../../pack/units.ts'
import { keyWithDigest, shortHash } from '../../plan/keys.ts'
import type { BuildState, State } from '../../plan/state.ts'
import { type BuildCounts, nothingNew, notSaved, type SaveOutcome } from '../../report/outcomes.ts'
import { now } from '../../system/clock.ts'
import { platform } from '../../system/environment.ts'
import { isWithin, look } from '../../system/files.ts'
import { listVersions } from '../modules/listing.ts'
import { saveEntry, type Transfer, tooLarge } from '../transfer.ts'
import { type BuildAbout, encodeAbout, shortId } from './about.ts'
import { type BuildChoice, type BuildUse, bytesOf, chooseObjects, sortByUse } from './choice.ts'
import { type CachedAction, listActions, objectDirectory } from './listing.ts'
import { type BuildMark, lookAtNeighbours, noMark, readMark, writeMark } from './mark.ts'
import { aboutNext } from './next-about.ts'
import { findLogs, readLogs } from './test-logs.ts'
import { notWorthSaving } from './worth.ts'

/** How much of its length a build cache has when it is packed, as long as no entry tells. */
const usualShare = 0.35

/** What is known of the build cache when the job ends. */
interface Ended {
  readonly build: BuildState
  readonly mark: BuildMark
  readonly use: BuildUse
  /** Repositories whose jobs worked here at the same time. */
  readonly others: readonly string[]
  readonly counts: BuildCounts
}

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
  const { directory, withheld } = build
  if (holdsWithheld(withheld)) return leave(ended, notSaved(withheld.why), { since: mark.since })
  if (ended.others.length > 0) {
    const why = `a job of ${ended.others.join(', ')} used the same build cache meanwhile`
    return leave(ended, notSaved(why))
  }
  const held = new Set(mark.actions)
  const used = [...use.reused, ...use.fresh]
  const added = used.filter(({ id }) => !held.has(shortId(id)))
  const logs = findLogs(directory, added)
  const refusal = notWorthSaving({
    used,
    added,
    addedTests: readLogs(directory, logs).filter((log) => holdsElsewhere(log, build)).length,
    given: [...used, ...use.unused].filter(({ id }) => held.has(shortId(id))),
    before: mark.stored === '' ? undefined : mark.about,
    sameSource: mark.stored.startsWith(keyWithDigest(build.key, '')),
    sameJob: build.sameJob,
    whole: job.whole,
    settled: build.settled,
    now: now() / 1000,
  })
  if (refusal !== undefined) return leave(ended, nothingNew(refusal, build.matched))
  const share = mark.share || usualShare
  const most = state.maxSize / share
  // Nearly sure, and packing gigabytes in vain in every run is no way to find out.
  if (bytesOf(used) * share > state.maxSize * 2) {
    return leave(ended, tooLarge(bytesOf(used) * share, state.maxSize))
  }

  const save = async (choice: BuildChoice): Promise<SaveOutcome> => {
    const about = await aboutNext(choice, logs, mark.about, build)
    const ids = choice.kept.map(({ id }) => id).sort()
    const key = keyWithDigest(build.key, shortHash([...ids, build.salt]))
    const outcome = await saveEntry(transfer, key, job.why, requestFor(build, choice, about), state.maxSize)
    if (outcome.tooLarge === true && job.whole && choice.idle.size > 0) return save(chooseNone(use, choice))
    const told = { ...outcome, counts: { ...ended.counts, pruned: amountOf(choice.pruned) } }
    return outcome.saved || outcome.held
      ? leave(ended, told, {
          stored: key,
          ...(outcome.share === undefined ? {} : { share: outcome.share }),
          actions: ids.map(shortId),
          about,
        })
      : leave(ended, told)
  }
  const { sameJob } = build
  return save(chooseObjects(use, mark.about, { now: now() / 1000, prunes: job.whole, sameJob, most }))
}

/** Whether a step of this job has fetched what must not be kept: it may have been compiled, too. */
function holdsWithheld({ patterns, gomodcache }: BuildState['withheld']): boolean {
  if (patterns === '') return false
  return listVersions(gomodcache).versions.some(({ name }) =>
    matchesModulePatterns(patterns, splitModuleVersion(name).path),
  )
}

function lookAtEnd({ build, began }: State): Ended | undefined {
  if (build === undefined) return undefined
  const { directory, family, repository, own } = build
  const mark = readMark(directory, family) ?? noMark(repository)
  const neighbours = lookAtNeighbours(directory, { family, repository }, began)
  const [held, known] = [new Set(mark.actions), new Set([...mark.since, ...neighbours.ours])]
  const isHeld = (id: string) => own || held.has(shortId(id))
  const use = sortByUse(listActions(directory), began, isHeld, (id) => known.has(shortId(id)))
  const counts = {
    reused: amountOf(use.reused),
    fresh: amountOf(use.fresh),
    pruned: { objects: 0, bytes: 0 },
  }
  return { build, mark, use, others: neighbours.meanwhile, counts }
}

/** Marks the build cache for the next job of this kind: the job is over, and this is what is there. */
function leave(
  { build, mark, use, others, counts }: Ended,
  outcome: SaveOutcome,
  entry: Partial<BuildMark> = {},
): SaveOutcome {
  const held = new Set(entry.actions ?? mark.actions)
  const used = [...use.reused, ...use.fresh].map(({ id }) => shortId(id))
  const since = others.length > 0 ? mark.since : used.filter((id) => !held.has(id))
  writeMark(build.directory, build.family, { ...mark, since, ...entry, key: build.key, running: false })
  return { counts, ...outcome }
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
function chooseNone({ reused, fresh, unused }: BuildUse, { whole }: BuildChoice): BuildChoice {
  return { kept: [...reused, ...fresh], idle: new Map(), pruned: unused, whole }
}

function requestFor(
  { directory, modulePaths }: BuildState,
  choice: BuildChoice,
  about: BuildAbout,
): Omit<PackRequest, 'directory'> {
  const wanted = pathsOf(choice)
  return {
    kind: 'build',
    about: encodeAbout(about),
    base: directory,
    units: unitsIn(directory, modulePaths, choice),
    leaveOut: (file) => {
      const [directory = '', object = '', , deeper] = file.split('/')
      if (!/^[0-9a-f]{2}$/.test(directory) || object === '') return false
      return !wanted.has(`${directory}/${object}`) || deeper !== undefined
    },
    onFault: 'leave-out-file',
    verifyBuildObjects: true,
  }
}

/** Paths of the files of what is kept, relative to the build cache, with `/`. */
function pathsOf({ kept }: BuildChoice): ReadonlySet<string> {
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
  { kept }: BuildChoice,
): readonly PackUnit[] {
  const directories = new Set(
    kept.flatMap(({ id, output }) => [objectDirectory(id), objectDirectory(output)]),
  )
  const extra = [...modulePaths.map((module) => `fuzz/${module}`), testExpiry].filter(
    (place) => look(path.join(gocache, place)) !== undefined,
  )
  return [...directories, ...extra].map((name) => ({ name, roots: [name] }))
}

function amountOf(actions: readonly CachedAction[]): BuildCounts['reused'] {
  return { objects: actions.length, bytes: bytesOf(actions) }
}
