import type { BuildAbout } from './build-about.ts'
import { type BuildUse, bytesOf } from './build-choice.ts'

/** What decides whether a new entry is worth its place. */
export interface WorthFacts {
  readonly use: BuildUse
  /** What the entry remembers that was there when the job began. */
  readonly before: BuildAbout
  /** How many tests passed that had no result before. */
  readonly freshResults: number
  /** Whether an entry was there when the job began, restored or from an earlier job of this machine. */
  readonly hadEntry: boolean
  /** Whether it came from the same source. */
  readonly sameSource: boolean
  /** Whether it came from the same job, so that a new entry takes its place. */
  readonly sameJob: boolean
  /** Whether the job did all that it does. */
  readonly whole: boolean
  /** Digest of the test inputs that have settled times in this run; empty when none have. */
  readonly settled: string
  /** Now, in seconds since 1970. */
  readonly now: number
}

/** A new entry that adds less than this share to the one before is not worth its place. */
const leastShare = 0.05
/** A run that used less than this share of what it was given has left something out. */
const leastUsed = 0.5
/** An entry that old is replaced even by a run that used little of it: the code may have shrunk. In seconds. */
const oldest = 7 * 24 * 60 * 60

/**
 * Says why the objects of a job are not worth an entry; undefined when they are.
 *
 * @param facts what is known when the job ends
 */
export function notWorthSaving(facts: WorthFacts): string | undefined {
  const { use, before, whole } = facts
  const used = [...use.reused, ...use.fresh]
  if (used.length === 0) return 'nothing was built'
  if (!facts.hadEntry) return undefined
  const given = bytesOf([...use.reused, ...use.unused])
  if (whole && facts.sameJob && bytesOf(used) < leastUsed * given && facts.now - before.saved < oldest) {
    return 'this run used under half of what the entry holds, so the entry stays as it is'
  }
  // The first run with settled times is the first whose test results the next one can use.
  if (facts.settled !== '' && facts.settled !== before.settled) return undefined
  if (bytesOf(use.fresh) >= leastShare * given) return undefined
  if (facts.sameSource) return 'nothing of weight was added to the entry, which was made from the same source'
  const results = before.results.length
  if (results > 0 ? facts.freshResults >= leastShare * results : facts.freshResults > 0) return undefined
  return 'what is new is under 5 % of the entry'
}
