/** How long an object went without use. */
export interface Idle {
  /** Runs that saved and did not use it. */
  readonly runs: number
  /** When it was last used, in seconds since 1970, as far as entries tell. */
  readonly lastUsed: number
}

/** How much the last run used that left nothing out. */
export interface WholeRun {
  /** Length of what it used or made, in bytes; 0 where no run is known. */
  readonly bytes: number
  /** How many runs have saved since, and used less. */
  readonly runsSince: number
  /** Length of what those have made anew, in bytes. */
  readonly madeSince: number
}

/** What an entry of the build cache remembers besides its objects. */
export interface BuildAbout {
  /** When it was made, in seconds since 1970. */
  readonly saved: number
  /** Short hash of each action that the run which made it did not use. */
  readonly idle: ReadonlyMap<string, Idle>
  readonly whole: WholeRun
  /** Short hashes of the actions that hold which files and variables a test looked at. */
  readonly logs: readonly string[]
  /** The files and directories that tests looked at, relative to the checkout, with `/`. */
  readonly testInputs: readonly string[]
  /** Digest of the test inputs that had settled times in that run; empty when none had. */
  readonly settled: string
}

/** An entry that remembers nothing. */
export const noAbout: BuildAbout = {
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
export function encodeAbout({ idle, ...about }: BuildAbout): object {
  return { ...about, idle: [...idle].map(([id, { runs, lastUsed }]) => [id, runs, lastUsed]) }
}

/**
 * Reads what an entry remembers. It is untrusted, and what is not as we write it counts as not there: the worst that
 * comes of it is an object more or less in the next entry.
 */
export function decodeAbout(value: unknown): BuildAbout {
  if (typeof value !== 'object' || value === null) return noAbout
  const { saved, idle, whole, logs, testInputs, settled } = value as Readonly<Record<string, unknown>>
  return {
    saved: typeof saved === 'number' && Number.isFinite(saved) ? saved : 0,
    idle: new Map(list(idle).flatMap(decodeIdle)),
    whole: decodeWhole(whole),
    logs: texts(logs),
    testInputs: texts(testInputs),
    settled: typeof settled === 'string' ? settled : '',
  }
}

function decodeIdle(value: unknown): readonly (readonly [string, Idle])[] {
  const [id, runs, lastUsed] = list(value)
  if (typeof id !== 'string' || !isCount(runs) || !isCount(lastUsed)) return []
  return [[id, { runs, lastUsed }]]
}

function decodeWhole(value: unknown): WholeRun {
  const { bytes, runsSince, madeSince } = (value ?? {}) as Readonly<Record<string, unknown>>
  const isWhole = isCount(bytes) && isCount(runsSince) && isCount(madeSince)
  return isWhole ? { bytes, runsSince, madeSince } : noAbout.whole
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

/** The texts in what ought to be a list of them. */
export function texts(value: unknown): readonly string[] {
  return list(value).filter((one) => typeof one === 'string')
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
