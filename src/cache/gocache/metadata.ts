import { now } from '../../platform/clock.ts'
import { info } from '../../platform/runner.ts'
import type { BuildState } from '../../state.ts'
import { collectTestInputs } from '../../testcache/collect.ts'
import { type CachedAction, readLogs } from './listing.ts'
import type { PruneResult } from './prune.ts'

/** How long an object went without use. */
export interface IdleTime {
  /** Runs that saved and did not use it. */
  readonly runs: number
  /** When it was last used, in seconds since 1970, as far as entries tell. */
  readonly lastUsed: number
}

/** How much the last run used that left nothing out. */
export interface FullRun {
  /** Length of what it used or made, in bytes; 0 where no run is known. */
  readonly bytes: number
  /** How many runs have saved since, and used less. */
  readonly runsSince: number
  /** Length of what those have made anew, in bytes. */
  readonly madeSince: number
}

/** What an entry of the build cache remembers besides its objects. */
export interface BuildMetadata {
  /** When it was made, in seconds since 1970. */
  readonly saved: number
  /** Short hash of each action that the run which made it did not use. */
  readonly idle: ReadonlyMap<string, IdleTime>
  readonly whole: FullRun
  /** Short hashes of the actions that hold which files and variables a test looked at. */
  readonly logs: readonly string[]
  /** The files and directories that tests looked at, relative to the checkout, with `/`. */
  readonly testInputs: readonly string[]
  /** Digest of the test inputs that had settled times in that run; empty when none had. */
  readonly settled: string
}

/** An entry that remembers nothing. */
export const emptyMetadata: BuildMetadata = {
  saved: 0,
  idle: new Map(),
  whole: { bytes: 0, runsSince: 0, madeSince: 0 },
  logs: [],
  testInputs: [],
  settled: '',
}

/** As much of a hash tells the objects of one cache apart. */
const shortLength = 16

/** A hash as the manifest names it. */
export function shortId(id: string): string {
  return id.slice(0, shortLength)
}

/** As plain JSON data, for the manifest. */
export function encodeMetadata({ idle, ...about }: BuildMetadata): object {
  return { ...about, idle: [...idle].map(([id, { runs, lastUsed }]) => [id, runs, lastUsed]) }
}

/**
 * Reads what an entry remembers. It is untrusted, and what is not as we write it counts as not there: the worst that
 * comes of it is an object more or less in the next entry.
 */
export function decodeMetadata(value: unknown): BuildMetadata {
  if (typeof value !== 'object' || value === null) return emptyMetadata
  const { saved, idle, whole, logs, testInputs, settled: stable } = value as Readonly<Record<string, unknown>>
  return {
    saved: typeof saved === 'number' && Number.isFinite(saved) ? saved : 0,
    idle: new Map(list(idle).flatMap(decodeIdle)),
    whole: decodeWhole(whole),
    logs: stringsIn(logs),
    testInputs: stringsIn(testInputs),
    settled: typeof stable === 'string' ? stable : '',
  }
}

function decodeIdle(value: unknown): readonly (readonly [string, IdleTime])[] {
  const [id, runs, lastUsed] = list(value)
  if (typeof id !== 'string' || !isCount(runs) || !isCount(lastUsed)) return []
  return [[id, { runs, lastUsed }]]
}

function decodeWhole(value: unknown): FullRun {
  const { bytes, runsSince, madeSince } = (value ?? {}) as Readonly<Record<string, unknown>>
  const isWhole = isCount(bytes) && isCount(runsSince) && isCount(madeSince)
  return isWhole ? { bytes, runsSince, madeSince } : emptyMetadata.whole
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** The texts in what ought to be a list of them. */
export function stringsIn(value: unknown): readonly string[] {
  return list(value).filter((one) => typeof one === 'string')
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/**
 * What the next entry remembers.
 *
 * @param choice what it holds
 * @param added records of tests among what this job added
 * @param before what the entry before remembers
 */
export async function nextMetadata(
  { kept, idle, whole }: PruneResult,
  added: readonly CachedAction[],
  before: BuildMetadata,
  { directory, workspace, checkouts, stableMtimes: stable, testCache }: BuildState,
): Promise<BuildMetadata> {
  const records = new Set([...before.logs, ...added.map(({ id }) => shortId(id))])
  const logs = kept.filter(({ id }) => records.has(shortId(id)))
  const lookedAt = (found: readonly CachedAction[]) =>
    collectTestInputs(workspace, readLogs(directory, found), checkouts).catch((error: Error) => {
      info(`What tests looked at is not known: ${error.message}`)
      return []
    })
  return {
    saved: Math.floor(now() / 1000),
    idle,
    whole,
    logs: logs.map(({ id }) => shortId(id)),
    testInputs: testCache === 'stable' ? await lookedAt(logs) : [],
    settled: stable,
  }
}
