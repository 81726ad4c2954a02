import * as path from 'node:path'
import { now } from '../../platform/clock.ts'
import {
  entriesOf,
  isDirectory,
  lstat,
  readTextUpTo,
  removeIfPossible,
  replaceFile,
} from '../../platform/files.ts'
import { debug } from '../../platform/runner.ts'
import { type BuildMetadata, decodeMetadata, emptyMetadata, encodeMetadata, stringsIn } from './metadata.ts'

/** Marker in a build cache, which describes it to later jobs of the same kind on the same machine. */
export interface BuildMarker {
  /** Key that describes the content of the build cache: that of an entry, or of the source that a job has built. */
  readonly key: string
  /** Key of the stored entry that the content was restored from or saved to; empty when there is none. */
  readonly stored: string
  /** Stored size of that entry, as a share of the size of its objects; 0 when it is unknown. */
  readonly share: number
  /** Repository of the job that wrote the marker, as `owner/name`. */
  readonly repository: string
  /** Short hashes of the actions in that entry. */
  readonly actions: readonly string[]
  /** Short hashes of the actions that jobs of this kind have made or used since. */
  readonly since: readonly string[]
  /** Metadata of that entry. */
  readonly about: BuildMetadata
  /** Whether the job that wrote the marker is still running, as far as is known. */
  readonly running: boolean
  /** First use of this action in the job that wrote the marker. */
  readonly first?: FirstUse
  /** Job that saved the entry; absent or empty when the entry was restored. */
  readonly savedBy?: string
}

/** First of the uses of this action in a job that share an entry. */
export interface FirstUse {
  /** Hash that identifies the job. */
  readonly job: string
  /** Absolute path of its own folder, which exists until its post has run, or the next job begins. */
  readonly folder: string
  /** Start of this use, in milliseconds since 1970. */
  readonly began: number
  /** Full key that it requested. */
  readonly key: string
  /** Whether the build cache was empty at that time. */
  readonly own: boolean
  readonly found: 'exact' | 'partial' | 'miss' | 'unknown'
}

/** Directory of the markers, among the objects, so that `go clean -cache` removes both. */
const directory = '00'

const prefix = 'go-deps-action-'

const markerName = /^go-deps-action-\w+\.json$/

/**
 * Maximum length of a marker to read, in bytes. A marker can be as long as a megabyte; an external file may be longer.
 */
const longest = 16 * 1024 * 1024

/** Maximum clock difference between machines that share a build cache, in milliseconds. */
const clockSkew = 60 * 1000

/**
 * Maximum age of a marker, in milliseconds. Go removes objects that were unused for five days
 * (cmd/go/internal/cache/cache.go, trimLimit), so an older marker may list missing objects.
 */
const oldest = 5 * 24 * 60 * 60 * 1000

/**
 * Maximum duration of a job on GitHub's machines, in milliseconds. A marker that reports a longer run belongs to a
 * killed job.
 */
const longestJob = 6 * 60 * 60 * 1000

/** Returns the marker for a build cache with unknown content. */
export function newMarker(repository: string): BuildMarker {
  return {
    key: '',
    stored: '',
    share: 0,
    repository,
    actions: [],
    since: [],
    about: emptyMetadata,
    running: true,
  }
}

/** Reads the marker of a kind of job; returns undefined when it is missing, invalid or too old. */
export function readMarker(gocache: string, family: string): BuildMarker | undefined {
  const file = fileOf(gocache, family)
  return now() - (lstat(file)?.mtimeMs ?? 0) > oldest ? undefined : readFile(file)
}

/** Writes the marker of a kind of job. Without a marker, the next job only has to request the entry from the store. */
export function writeMarker(gocache: string, family: string, marker: BuildMarker): void {
  try {
    const text = JSON.stringify({ ...marker, about: encodeMetadata(marker.about) })
    replaceFile(fileOf(gocache, family), `${text}\n`)
  } catch (error) {
    debug(`cannot write the marker of the build cache: ${(error as Error).message}`)
  }
}

/** Facts about other kinds of jobs that used the build cache recently, from their markers. */
interface ConcurrentJobs {
  /** Other repositories whose jobs ran at the same time: their objects cannot be distinguished from this job's. */
  readonly repositories: readonly string[]
  /** Short hashes of the actions that jobs of this repository have made or used. */
  readonly ours: readonly string[]
  /** Other uses of this action in this job, with their own entry; absent when there are none. */
  readonly siblings?: readonly SiblingUse[]
}

/** Another use of this action in the same job, with its own entry. */
export interface SiblingUse {
  /** Start of that use, in milliseconds since 1970. */
  readonly began: number
  /** Short hashes of the actions in its entry. */
  readonly actions: ReadonlySet<string>
}

/**
 * Reads the markers of other kinds of jobs, and removes those that are too old.
 *
 * @param began start of this job, in milliseconds since 1970
 */
export function readConcurrentJobs(
  gocache: string,
  {
    family,
    repository,
    job = '',
  }: { readonly family: string; readonly repository: string; readonly job?: string },
  began: number,
): ConcurrentJobs {
  const concurrent = new Set<string>()
  const ours: string[] = []
  const siblings: SiblingUse[] = []
  for (const { name } of entriesOf(path.join(gocache, directory))) {
    const file = path.join(gocache, directory, name)
    if (!markerName.test(name) || file === fileOf(gocache, family)) continue
    const touched = lstat(file)?.mtimeMs ?? 0
    if (now() - touched > oldest) removeIfPossible(file)
    // A machine can have many markers, so only recent ones are read.
    const isRecent = now() - touched <= longestJob && touched <= now() + clockSkew
    const marker = isRecent ? readFile(file) : undefined
    if (marker === undefined) continue
    const isSibling = job !== '' && marker.first?.job === job
    if (isSibling && (touched >= began || isDirectory(marker.first.folder)))
      siblings.push({ began: marker.first.began, actions: new Set(marker.actions) })
    else if (marker.repository === repository) ours.push(...marker.actions, ...marker.since)
    // A file that names no repository has no known owner, and may not be a marker.
    else if (isRepository(marker.repository) && (marker.running || touched >= began))
      concurrent.add(marker.repository)
  }
  return { repositories: [...concurrent], ours, ...(siblings.length === 0 ? {} : { siblings }) }
}

function fileOf(gocache: string, family: string): string {
  return path.join(gocache, directory, `${prefix}${family}.json`)
}

function readFile(file: string): BuildMarker | undefined {
  return decodeMarker(readTextUpTo(file, longest) ?? '')
}

/** Reports whether a text is `owner/name`. */
function isRepository(text: string): boolean {
  return /^[\w.-]+\/[\w.-]+$/.test(text)
}

/** Parses a marker. Other programs may have written the file, so anything invalid counts as missing. */
function decodeMarker(text: string): BuildMarker | undefined {
  try {
    const marker = JSON.parse(text) as Readonly<Partial<Record<keyof BuildMarker, unknown>>>
    if (typeof marker.key !== 'string' || !Array.isArray(marker.actions)) return undefined
    return {
      key: marker.key,
      stored: typeof marker.stored === 'string' ? marker.stored : '',
      share: typeof marker.share === 'number' ? marker.share : 0,
      repository: typeof marker.repository === 'string' ? marker.repository : '',
      actions: stringsIn(marker.actions),
      since: stringsIn(marker.since),
      about: decodeMetadata(marker.about),
      running: marker.running === true,
      ...decodeFirst(marker.first),
      ...(typeof marker.savedBy === 'string' ? { savedBy: marker.savedBy } : {}),
    }
  } catch {
    return undefined
  }
}

function decodeFirst(value: unknown): { readonly first?: FirstUse } {
  const { job, folder, began, key, own, found } = (value ?? {}) as Readonly<Record<string, unknown>>
  if (typeof job !== 'string' || typeof folder !== 'string') return {}
  if (typeof began !== 'number' || typeof key !== 'string') return {}
  const result = found === 'exact' || found === 'partial' || found === 'miss' ? found : 'unknown'
  return { first: { job, folder, began, key, own: own === true, found: result } }
}
