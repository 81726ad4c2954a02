import type { CachedAction } from './listing.ts'
import { type BuildMetadata, emptyMetadata, type FullRun, type IdleTime, shortId } from './metadata.ts'

/** What became of the objects of a build cache in one job. */
export interface ObjectUse {
  /** Those that were there when the job began, and that Go used. */
  readonly reused: readonly CachedAction[]
  /** Those that Go made. */
  readonly fresh: readonly CachedAction[]
  /** Those that were there and that nothing used. */
  readonly unused: readonly CachedAction[]
}

/** What of a build cache goes into the next entry. */
export interface PruneResult {
  readonly kept: readonly CachedAction[]
  /** Those of them that this job did not use. */
  readonly idle: ReadonlyMap<string, IdleTime>
  readonly pruned: readonly CachedAction[]
  readonly whole: FullRun
}

/** Saving runs in a row without use, after which an object goes. */
export const maxIdleRuns = 3

/**
 * Objects of at most so many bytes stay for days: a test's result has a second key that a hit does not touch
 * (cmd/go/internal/test/test.go, tryCacheWithID), and all of them together are small.
 */
const small = 32 * 1024

const smallStays = 5 * 24 * 60 * 60

/**
 * How much larger than what a whole run uses an entry may be. Packed, what was not used takes up to twice its share: the
 * older makes of a package compress worse than all packages together. A run that has used or made anew about as much as the last
 * whole one is whole, and what it did not use has been replaced. In one that used less a step was left out.
 */
const most = { entry: 1.1, leastOfWhole: 0.95 }

/** File times may be as coarse as this, in milliseconds. */
export const mtimeGranularity = 2000

/** Go marks an object as used only if its mark is older, in milliseconds (cmd/go/internal/cache/cache.go, mtimeInterval). */
const markInterval = 60 * 60 * 1000

/**
 * Sorts the objects of a job. What was there before is used if Go has marked it since; restoring has given it a time
 * long ago, so that Go does. On a machine that keeps its caches, an object of ours that was marked shortly before the
 * job is not marked again, and counts as used.
 *
 * @param actions what is in the build cache
 * @param began when main began, in milliseconds since 1970
 * @param isHeld whether the entry before holds an action; on a machine that keeps its caches others' objects lie beside
 * @param isKnown whether an earlier job of this repository has left it there, though no entry of this kind holds it
 */
export function classifyByUse(
  actions: readonly CachedAction[],
  began: number,
  isHeld: (id: string) => boolean,
  isKnown: (id: string) => boolean = () => false,
): ObjectUse {
  const since = began - mtimeGranularity
  const use = {
    reused: [] as CachedAction[],
    fresh: [] as CachedAction[],
    unused: [] as CachedAction[],
  }
  for (const action of actions) {
    if (action.used >= since) {
      const group = action.made >= since ? use.fresh : use.reused
      group.push(action)
    } else if (action.used >= since - markInterval) {
      if (isHeld(action.id) || isKnown(action.id)) use.reused.push(action)
    } else if (isHeld(action.id)) use.unused.push(action)
  }
  return use
}

/** Length of the data of actions in bytes; what several of them share counts once. */
export function dataBytes(actions: readonly CachedAction[]): number {
  const sizes = new Map(actions.map(({ output, size }) => [output, size]))
  let total = 0
  for (const size of sizes.values()) total += size
  return total
}

/**
 * Chooses what goes into the next entry.
 *
 * Everything that was used or made stays. What was not used stays until as many saving runs have not used it, small
 * things for days; but only as much of it as the size allows. Large ones go first, of those the least recently used, and
 * of those that were used in the same run the newest, for what was made lately is what is replaced most. Data goes with its actions: by
 * its own time nobody could judge it, because Go does not mark data that it writes again unchanged
 * (cmd/go/internal/cache/cache.go, copyFile).
 *
 * @param use the job's objects
 * @param before what the restored entry remembers
 * @param job `now` in seconds since 1970; `prunes`: whether the job did all that it does, so that disuse means
 *   something, and else everything stays; `sameJob`: whether the entry came from the same kind of job, because what
 *   is not used of another's is none of this one's; `most`: bytes of data that an entry may hold
 */
export function pruneObjects(
  use: ObjectUse,
  before: BuildMetadata,
  job: { readonly now: number; readonly prunes: boolean; readonly sameJob: boolean; readonly most: number },
): PruneResult {
  const used = [...use.reused, ...use.fresh]
  const idleOf = (action: CachedAction): IdleTime => {
    if (!job.sameJob) return { runs: maxIdleRuns, lastUsed: 0 }
    const { runs, lastUsed } = before.idle.get(shortId(action.id)) ?? { runs: 0, lastUsed: before.saved }
    return { runs: runs + (job.prunes ? 1 : 0), lastUsed }
  }
  const candidates = use.unused
    .map((action) => ({ action, idle: idleOf(action) }))
    .filter(({ action, idle }) => !job.prunes || staysIdle(action, idle, job.now))
    .sort(
      (a, b) =>
        Number(a.action.size > small) - Number(b.action.size > small) ||
        b.idle.lastUsed - a.idle.lastUsed ||
        a.action.made - b.action.made,
    )
  const last = job.sameJob ? before.whole : emptyMetadata.whole
  const whole = job.prunes ? wholeRun(use, before, job.sameJob) : last
  const room = job.prunes ? Math.min(job.most, budget(whole)) : Number.POSITIVE_INFINITY
  const kept = [...used]
  const idle = new Map<string, IdleTime>()
  const counted = new Set(used.map(({ output }) => output))
  let total = dataBytes(used)
  for (const candidate of candidates) {
    const { id, output, size } = candidate.action
    const adds = counted.has(output) ? 0 : size
    if (adds > 0 && total + adds > room) continue
    counted.add(output)
    total += adds
    kept.push(candidate.action)
    idle.set(shortId(id), candidate.idle)
  }
  const pruned = use.unused.filter(({ id }) => !idle.has(shortId(id)))
  return { kept, idle, pruned, whole }
}

function staysIdle({ size }: CachedAction, { runs, lastUsed }: IdleTime, now: number): boolean {
  return runs < maxIdleRuns || (size <= small && now - lastUsed < smallStays)
}

/** What the last whole run used: this one, unless it used less than another one shortly before. */
function wholeRun({ reused, fresh, unused }: ObjectUse, before: BuildMetadata, sameJob: boolean): FullRun {
  const used = dataBytes([...reused, ...fresh])
  const { bytes, runsSince, madeSince } = before.whole
  const isLively = ({ id }: CachedAction) => !before.idle.has(shortId(id))
  const last = bytes > 0 ? bytes : dataBytes([...reused, ...unused].filter(isLively))
  // After as many runs without it nothing is left of the step.
  const isOver = runsSince + 1 >= maxIdleRuns
  if (!sameJob || isOver || used >= most.leastOfWhole * last) {
    return { bytes: used, runsSince: 0, madeSince: 0 }
  }
  return { bytes: last, runsSince: runsSince + 1, madeSince: madeSince + dataBytes(fresh) }
}

/** Room for what was left out, and beside it for what was replaced since: nobody can tell the two apart. */
function budget({ bytes, madeSince }: FullRun): number {
  return Math.max(most.entry * bytes, bytes + madeSince)
}

/** What of a job's objects an entry has room for. */
interface FittedUse {
  readonly use: ObjectUse
  /** What was used and does not fit. */
  readonly omitted: readonly CachedAction[]
}

/**
 * Chooses which of the used objects an entry does without where all of them are too many. Those that the restored entry
 * held come first, so that an entry at its limit is not made anew in every run; among others the small ones, because an
 * object saves a process, whatever its length. So executables and large packages go first.
 *
 * @param use the job's objects
 * @param room bytes of data that the entry may hold
 */
export function fitUseToLimit(use: ObjectUse, room: number): FittedUse {
  if (dataBytes([...use.reused, ...use.fresh]) <= room) return { use, omitted: [] }
  const counted = new Set<string>()
  let total = 0
  const fits = ({ output, size }: CachedAction): boolean => {
    const adds = counted.has(output) ? 0 : size
    if (total + adds > room) return false
    counted.add(output)
    total += adds
    return true
  }
  const smallFirst = (actions: readonly CachedAction[]) =>
    [...actions].sort((a, b) => a.size - b.size || (a.id < b.id ? -1 : 1))
  const reused = smallFirst(use.reused).filter(fits)
  const fresh = smallFirst(use.fresh).filter(fits)
  const kept = new Set([...reused, ...fresh])
  return {
    use: { ...use, reused, fresh },
    omitted: [...use.reused, ...use.fresh].filter((action) => !kept.has(action)),
  }
}
