import { leastShare } from '../save-rules.ts'
import type { CachedAction } from './listing.ts'
import { type BuildMetadata, shortId } from './metadata.ts'
import { dataBytes, maxIdleRuns } from './prune.ts'

/** What decides whether a new entry is worth its place. */
export interface ThresholdFacts {
  /** What the job used or made. */
  readonly used: readonly CachedAction[]
  /** Those of them that the entry before does not hold. */
  readonly added: readonly CachedAction[]
  /** How many tests among those have a result that holds in another checkout. */
  readonly addedTests: number
  /** What is there of the entry before. */
  readonly given: readonly CachedAction[]
  /** What that entry remembers; undefined where there was none, restored or from an earlier job of this machine. */
  readonly before: BuildMetadata | undefined
  /** Whether it came from the same source. */
  readonly sameSource: boolean
  /** Whether it came from the same kind of job, so that a new entry takes its place. */
  readonly sameJob: boolean
  /** Whether the job did all that it does. */
  readonly whole: boolean
  /** Digest of the test inputs that have settled times in this run; empty when none have. */
  readonly stableMtimes: string
  /** Now, in seconds since 1970. */
  readonly now: number
}

/**
 * Of the same source so little is only what Go notes down anew in every checkout, such as its index of the packages of
 * the main module, which is named after the times of their files (cmd/go/internal/modindex/read.go). In bytes.
 */
const leastOfSameSource = 32 * 1024

/** A run that used less than this share of what it was given has left something out. */
const leastUsed = 0.5

/** An entry that old is replaced even by a run that used little of it: the code may have shrunk. In seconds. */
const oldest = 7 * 24 * 60 * 60

/** Why no entry is made, and whether the entry before serves as well as a new one would. */
export interface Refusal {
  readonly why: string
  readonly upToDate: boolean
}

/**
 * Says why the objects of a job are not worth an entry; undefined when they are.
 *
 * @param facts what is known when the job ends
 */
export function belowSaveThreshold(facts: ThresholdFacts): Refusal | undefined {
  const { before, used, added } = facts
  if (used.length === 0) return { why: 'nothing was built', upToDate: false }
  // Each kind of job has an entry of its own; with that of another it only begins.
  if (before === undefined || !facts.sameJob) return undefined
  const given = dataBytes(facts.given)
  const isYoung = Math.abs(facts.now - before.saved) < oldest
  const needed = facts.given.filter(({ id }) => (before.idle.get(shortId(id))?.runs ?? 0) < maxIdleRuns)
  if (facts.whole && isYoung && dataBytes(used) < leastUsed * dataBytes(needed)) {
    const why = 'this run used under half of what the entry holds, so the entry stays as it is'
    return { why, upToDate: false }
  }
  // The first run with settled times is the first whose test results the next one can use.
  if (facts.stableMtimes !== '' && facts.stableMtimes !== before.settled) return undefined
  const held = new Set(facts.given.map(({ output }) => output))
  const fresh = dataBytes(added.filter(({ output }) => !held.has(output)))
  const least = facts.sameSource ? Math.max(leastOfSameSource, leastShare * given) : leastShare * given
  if (fresh > 0 && fresh >= least) return undefined
  const some = fresh < leastShare * given ? 'under 5 % of the entry is new' : 'under 32 kB is new'
  const little = { why: added.length > 0 ? some : '', upToDate: true }
  if (facts.sameSource) return little
  const tests = facts.addedTests
  if (tests > 0 && tests >= leastShare * before.logs.length) return undefined
  return little
}
