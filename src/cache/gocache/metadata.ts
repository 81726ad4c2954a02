import { now } from '../../platform/clock.ts'
import type { Variables } from '../../platform/environment.ts'
import { info } from '../../platform/runner.ts'
import type { BuildState } from '../../state.ts'
import { collectTestInputs } from '../../testcache/index.ts'
import { type CachedAction, readLogs } from './listing.ts'
import type { PruneResult } from './prune.ts'

/** Time during which an object was unused. */
export interface IdleTime {
  /** Number of runs that saved an entry and did not use the object. */
  readonly runs: number
  /** Time of its last use, in seconds since 1970, as far as entries record it. */
  readonly lastUsed: number
}

/** Size of the last run that skipped no step. */
export interface FullRun {
  /** Size of what it used or made, in bytes; 0 when no such run is known. */
  readonly bytes: number
  /** Number of runs that have saved since, and used less. */
  readonly runsSince: number
  /** Size of what those runs made, in bytes. */
  readonly madeSince: number
}

/** Metadata of an entry of the build cache, which it holds in addition to its objects. */
export interface BuildMetadata {
  /** Creation time, in seconds since 1970. */
  readonly saved: number
  /** Actions that the run which saved the entry did not use, by their short hashes. */
  readonly idle: ReadonlyMap<string, IdleTime>
  readonly whole: FullRun
  /** Short hashes of the test logs: actions that record which files and variables a test read. */
  readonly logs: readonly string[]
  /** Files and directories that tests read, relative to the checkout, with `/`. */
  readonly testInputs: readonly string[]
  /** Digest of the test inputs with stable mtimes in that run; empty when there were none. */
  readonly settled: string
}

/** Metadata of an entry that records nothing. */
export const emptyMetadata: BuildMetadata = {
  saved: 0,
  idle: new Map(),
  whole: { bytes: 0, runsSince: 0, madeSince: 0 },
  logs: [],
  testInputs: [],
  settled: '',
}

/** Length of a short hash in characters; enough to distinguish the objects of one cache. */
const shortLength = 16

/** Returns the short form of a hash, as in the manifest. */
export function shortId(id: string): string {
  return id.slice(0, shortLength)
}

/** Converts metadata to plain JSON data, for the manifest. */
export function encodeMetadata({ idle, ...fields }: BuildMetadata): object {
  return { ...fields, idle: [...idle].map(([id, { runs, lastUsed }]) => [id, runs, lastUsed]) }
}

/**
 * Reads the metadata of an entry. It is untrusted, so anything invalid counts as missing. The worst consequence is one
 * object more or less in the next entry.
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

/** Returns the strings in a value that should be a list of strings. */
export function stringsIn(value: unknown): readonly string[] {
  return list(value).filter((one) => typeof one === 'string')
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/**
 * Returns the metadata of the next entry.
 *
 * @param selection content of the entry
 * @param added test logs among the actions that this job added
 * @param before metadata of the previous entry
 * @param variables the variables that git gets
 */
export async function nextMetadata(
  { kept, idle, whole }: PruneResult,
  added: readonly CachedAction[],
  before: BuildMetadata,
  { directory, workspace, checkouts, stableMtimes: stable, testCache }: BuildState,
  variables: Variables,
): Promise<BuildMetadata> {
  const records = new Set([...before.logs, ...added.map(({ id }) => shortId(id))])
  const logs = kept.filter(({ id }) => records.has(shortId(id)))
  const testInputsOf = (found: readonly CachedAction[]) =>
    collectTestInputs(workspace, readLogs(directory, found), checkouts, variables).catch((error: Error) => {
      info(`Cannot determine which files tests read: ${error.message}`)
      return []
    })
  return {
    saved: Math.floor(now() / 1000),
    idle,
    whole,
    logs: logs.map(({ id }) => shortId(id)),
    testInputs: testCache === 'stable' ? await testInputsOf(logs) : [],
    settled: stable,
  }
}
