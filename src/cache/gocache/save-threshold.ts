import type { SaveRefusal } from '../save-rules.ts'
import { leastShare } from '../size-limit.ts'
import type { CachedAction } from './listing.ts'
import { type BuildMetadata, shortId } from './metadata.ts'
import { dataBytes, maxIdleRuns } from './prune.ts'

/** Facts that decide whether a new entry is worth saving. */
export interface ThresholdFacts {
  /** Actions that the job used or made. */
  readonly used: readonly CachedAction[]
  /** Those of them that the previous entry does not hold. */
  readonly added: readonly CachedAction[]
  /** Number of tests among those whose result is valid in another checkout. */
  readonly addedTests: number
  /** Actions of the previous entry that still exist. */
  readonly given: readonly CachedAction[]
  /** Metadata of the previous entry; undefined when there was none, neither restored nor left on this machine. */
  readonly before: BuildMetadata | undefined
  /** Whether the previous entry is from the same source. */
  readonly sameSource: boolean
  /** Whether the previous entry is from the same kind of job, so that a new one replaces it. */
  readonly sameJob: boolean
  /** Whether the job ran completely. */
  readonly whole: boolean
  /** Digest of the test inputs with stable mtimes in this run; empty when there are none. */
  readonly stableMtimes: string
  /** Current time, in seconds since 1970. */
  readonly now: number
}

/**
 * Minimum size of new data in bytes, when the source is the same. Go rewrites less than that in every checkout. An
 * example is its index of the packages of the main module, whose name depends on the times of their files
 * (cmd/go/internal/modindex/read.go).
 */
const leastOfSameSource = 32 * 1024

/** Minimum share of the previous entry that a run uses; a run that used less has skipped something. */
const leastUsed = 0.5

/**
 * Maximum age of an entry, in seconds. An older one is replaced even by a run that used little of it: the code may have
 * shrunk.
 */
const oldest = 7 * 24 * 60 * 60

/**
 * Decides whether the objects of a job are worth a new entry.
 *
 * @param facts facts at the end of the job
 * @returns the refusal; undefined when a new entry is worth saving
 */
export function belowSaveThreshold(facts: ThresholdFacts): SaveRefusal | undefined {
  const { before, used, added } = facts
  if (used.length === 0) return { rule: 'nothing-built' }
  // Each kind of job has its own entry; the entry of another kind is only a start.
  if (before === undefined || !facts.sameJob) return undefined
  const given = dataBytes(facts.given)
  const isYoung = Math.abs(facts.now - before.saved) < oldest
  const needed = facts.given.filter(({ id }) => (before.idle.get(shortId(id))?.runs ?? 0) < maxIdleRuns)
  if (facts.whole && isYoung && dataBytes(used) < leastUsed * dataBytes(needed)) {
    return { rule: 'little-used' }
  }
  // The first run with stable mtimes is the first whose test results the next one can use.
  if (facts.stableMtimes !== '' && facts.stableMtimes !== before.settled) return undefined
  const held = new Set(facts.given.map(({ output }) => output))
  const fresh = dataBytes(added.filter(({ output }) => !held.has(output)))
  const least = facts.sameSource ? Math.max(leastOfSameSource, leastShare * given) : leastShare * given
  if (fresh > 0 && fresh >= least) return undefined
  const some = fresh < leastShare * given ? 'little-new' : 'little-new-data'
  const little: SaveRefusal = { rule: added.length > 0 ? some : 'nothing-new' }
  if (facts.sameSource) return little
  const tests = facts.addedTests
  if (tests > 0 && tests >= leastShare * before.logs.length) return undefined
  return little
}
