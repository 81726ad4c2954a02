import type { PackUnit } from '../pack/units.ts'
import { keyWithDigest, shortHash } from '../plan/keys.ts'
import type { BuildState, State } from '../plan/state.ts'
import { type BuildCounts, notSaved, type SaveOutcome } from '../report/outcomes.ts'
import { now } from '../system/clock.ts'
import { entriesOf } from '../system/files.ts'
import { collectTestInputs } from '../test-inputs/collect.ts'
import { type BuildAbout, encodeAbout, noAbout, shortId } from './build-about.ts'
import { type BuildChoice, type BuildUse, bytesOf, chooseObjects, sortByUse } from './build-choice.ts'
import { type CachedAction, listActions, objectDirectory } from './build-listing.ts'
import { type BuildMark, otherRepositories, readMark, writeMark } from './build-mark.ts'
import { findTests, readLogs, type TestObjects } from './build-tests.ts'
import { notWorthSaving } from './build-worth.ts'
import { saveEntry, type Transfer, tooLarge } from './transfer.ts'

/** How much of its length a build cache has when it is packed, as long as no entry tells. */
const usualShare = 0.35

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
  const { build } = state
  if (build === undefined) return notSaved('the build cache is off here')
  const { directory, family } = build
  const before = readMark(directory, family)
  const mine = new Set(before?.actions)
  const use = sortByUse(listActions(directory), state.began, (id) => build.own || mine.has(shortId(id)))
  const counts = countsOf(use)
  const leave = (outcome: SaveOutcome, mark: Partial<BuildMark> = {}): SaveOutcome => {
    const actions = [...use.reused, ...use.fresh, ...use.unused].map(({ id }) => shortId(id))
    const rest = { stored: '', share: 0, actions, about: noAbout, repository: build.repository }
    writeMark(directory, family, { ...rest, ...before, ...mark, key: build.key, running: false })
    return { counts, ...outcome }
  }

  const others = build.own ? [] : otherRepositories(directory, build.repository, state.began)
  if (others.length > 0) {
    return leave(notSaved(`a job of ${others.join(', ')} used the same build cache meanwhile`))
  }
  const tests = findTests(directory, use.fresh)
  const about = before?.about ?? noAbout
  const refusal = notWorthSaving({
    use,
    before: about,
    freshResults: tests.results.length,
    hadEntry: build.matched !== '' && !build.spoiled,
    sameSource: build.found === 'exact',
    sameJob: build.sameJob,
    whole: job.whole,
    settled: build.settled,
    now: now() / 1000,
  })
  if (refusal !== undefined) return leave({ ...notSaved(refusal), key: build.matched })

  const share = before?.share || usualShare
  const most = state.maxSize / share
  const needed = bytesOf([...use.reused, ...use.fresh])
  if (before?.share && needed > most) return leave(tooLarge(needed * share, state.maxSize))
  const choice = chooseObjects(use, about, { now: now() / 1000, prunes: job.whole, most })
  const next = await aboutNext(choice, tests, about, build)
  const key = keyWithDigest(build.key, shortHash([...choice.kept.map(({ id }) => id).sort(), build.salt]))
  const wanted = pathsOf(choice)
  const outcome = await saveEntry(
    transfer,
    key,
    job.why,
    {
      kind: 'build',
      about: encodeAbout(next),
      base: directory,
      units: unitsIn(directory, choice),
      leaveOut: (file) => /^[0-9a-f]{2}\/[^/]+$/.test(file) && !wanted.has(file),
    },
    state.maxSize,
  )
  const told = { ...outcome, counts: { ...counts, pruned: amountOf(choice.pruned) } }
  if (!outcome.saved && !outcome.held) return leave(told)
  const actions = choice.kept.map(({ id }) => shortId(id))
  return leave(told, { stored: key, actions, about: next })
}

async function aboutNext(
  { kept, idle }: BuildChoice,
  tests: TestObjects,
  before: BuildAbout,
  { directory, workspace, checkouts, settled, testCache }: BuildState,
): Promise<BuildAbout> {
  const [results, logs] = [new Set(before.results), new Set(before.logs)]
  for (const { id } of tests.results) results.add(shortId(id))
  for (const { id } of tests.logs) logs.add(shortId(id))
  const among = (ids: ReadonlySet<string>) => kept.filter(({ id }) => ids.has(shortId(id)))
  const keptLogs = among(logs)
  const testInputs =
    testCache === 'stable' ? await collectTestInputs(workspace, readLogs(directory, keptLogs), checkouts) : []
  const ids = (actions: readonly CachedAction[]) => actions.map(({ id }) => shortId(id))
  return {
    saved: Math.floor(now() / 1000),
    idle,
    results: ids(among(results)),
    logs: ids(keptLogs),
    testInputs,
    settled,
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
 * The directories of objects, the fuzzing corpus, and when test results expired. `trim.txt` is none of them: it says
 * when this machine's cache was last trimmed.
 */
function unitsIn(gocache: string, { kept }: BuildChoice): readonly PackUnit[] {
  const directories = new Set(
    kept.flatMap(({ id, output }) => [objectDirectory(id), objectDirectory(output)]),
  )
  const extra = entriesOf(gocache).filter((entry) =>
    entry.isDirectory() ? entry.name === 'fuzz' : entry.name === 'testexpire.txt',
  )
  return [...directories, ...extra.map(({ name }) => name)].map((name) => ({ name, roots: [name] }))
}

function countsOf({ reused, fresh }: BuildUse): BuildCounts {
  return { reused: amountOf(reused), fresh: amountOf(fresh), pruned: { objects: 0, bytes: 0 } }
}

function amountOf(actions: readonly CachedAction[]): BuildCounts['reused'] {
  return { objects: actions.length, bytes: bytesOf(actions) }
}
