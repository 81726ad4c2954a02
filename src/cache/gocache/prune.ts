import type { CachedAction } from './listing.ts'
import { type BuildMetadata, emptyMetadata, type FullRun, type IdleTime, shortId } from './metadata.ts'

/** Use of a build cache's objects in one job. */
export interface ObjectUse {
  /** Objects that existed when the job began, and that Go used. */
  readonly reused: readonly CachedAction[]
  /** Objects that Go made. */
  readonly fresh: readonly CachedAction[]
  /** Objects that existed and that nothing used. */
  readonly unused: readonly CachedAction[]
}

/** Content of the next build cache entry. */
export interface PruneResult {
  readonly kept: readonly CachedAction[]
  /** Kept objects that this job did not use. */
  readonly idle: ReadonlyMap<string, IdleTime>
  readonly pruned: readonly CachedAction[]
  readonly whole: FullRun
}

/** Number of consecutive saving runs without use after which an object is dropped. */
export const maxIdleRuns = 3

/**
 * Maximum size in bytes of a small object. Small objects stay for days: a test's result has a second key that a hit
 * does not touch (cmd/go/internal/test/test.go, tryCacheWithID), and all of them together are small.
 */
const small = 32 * 1024

const smallStays = 5 * 24 * 60 * 60

/**
 * Limits relative to the content that a whole run uses.
 *
 * `entry`: maximum size of an entry. Packed, unused objects take up to twice their share, because older versions of a
 * package compress worse than all packages together.
 *
 * `leastOfWhole`: minimum use of a whole run, compared to the last one. What such a run did not use has been replaced.
 * A run that used less has skipped a step.
 */
const most = { entry: 1.1, leastOfWhole: 0.95 }

/** Coarsest granularity of file times, in milliseconds. */
export const mtimeGranularity = 2000

/**
 * Minimum age of an mtime in milliseconds before Go updates it on use (cmd/go/internal/cache/cache.go, mtimeInterval).
 */
const mtimeInterval = 60 * 60 * 1000

/**
 * Classifies the objects of a job by their use. An object that existed before counts as used when Go has updated its
 * mtime since. Restoring sets an old mtime, so that Go does update it. On a machine that keeps its caches, Go does not
 * update an mtime from shortly before the job. Such an object counts as used when it belongs to this repository.
 *
 * @param actions content of the build cache
 * @param began start of main, in milliseconds since 1970
 * @param isHeld whether the previous entry holds an action; a machine that keeps its caches also has other jobs'
 *   objects
 * @param isKnown whether an earlier job of this repository made or used an action that no entry of this kind holds
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
    } else if (action.used >= since - mtimeInterval) {
      if (isHeld(action.id) || isKnown(action.id)) use.reused.push(action)
    } else if (isHeld(action.id)) use.unused.push(action)
  }
  return use
}

/** Returns the size of the data of actions in bytes; data that several actions share counts once. */
export function dataBytes(actions: readonly CachedAction[]): number {
  const sizes = new Map(actions.map(({ output, size }) => [output, size]))
  let total = 0
  for (const size of sizes.values()) total += size
  return total
}

/**
 * Selects the content of the next entry.
 *
 * Everything that was used or made stays. An unused object stays until `maxIdleRuns` saving runs have not used it; a
 * small one stays for days. Unused objects stay only as far as the size allows. Large ones are dropped first, of those
 * the least recently used. Of those that were last used in the same run, the newest are dropped first, because recently
 * made objects are replaced most often.
 *
 * Data stays with its actions. Its own mtime is useless, because Go does not update data that it rewrites unchanged
 * (cmd/go/internal/cache/cache.go, copyFile).
 *
 * @param use the job's objects
 * @param before metadata of the restored entry
 * @param job `now`: seconds since 1970; `prunes`: whether the job ran completely, so that disuse is meaningful (else
 *   everything stays); `sameJob`: whether the entry is from the same kind of job (else its unused objects are dropped);
 *   `most`: maximum bytes of data in an entry
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

/** Returns what the last whole run used: this run, unless it used less than a recent one. */
function wholeRun({ reused, fresh, unused }: ObjectUse, before: BuildMetadata, sameJob: boolean): FullRun {
  const used = dataBytes([...reused, ...fresh])
  const { bytes, runsSince, madeSince } = before.whole
  const isActive = ({ id }: CachedAction) => !before.idle.has(shortId(id))
  const last = bytes > 0 ? bytes : dataBytes([...reused, ...unused].filter(isActive))
  // After that many runs without it, no object of the skipped step remains.
  const isOver = runsSince + 1 >= maxIdleRuns
  if (!sameJob || isOver || used >= most.leastOfWhole * last) {
    return { bytes: used, runsSince: 0, madeSince: 0 }
  }
  return { bytes: last, runsSince: runsSince + 1, madeSince: madeSince + dataBytes(fresh) }
}

/**
 * Returns the maximum size of an entry in bytes. It has room for the objects of a skipped step, and for objects that
 * were replaced since, because the two cannot be distinguished.
 */
function budget({ bytes, madeSince }: FullRun): number {
  return Math.max(most.entry * bytes, bytes + madeSince)
}

/** Objects of a job that an entry has room for. */
interface FittedUse {
  readonly use: ObjectUse
  /** Used objects that do not fit. */
  readonly omitted: readonly CachedAction[]
}

/**
 * Selects the used objects that fit into an entry, when all of them are too many. Objects of the restored entry come
 * first, so that an entry at its limit is not repacked in every run. Then small objects come first, because each object
 * saves one process, whatever its size. So executables and large packages are omitted first.
 *
 * @param use the job's objects
 * @param room maximum bytes of data in the entry
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
