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

/** What a build cache tells later jobs of the same kind on the same machine. */
export interface BuildMarker {
  /** The key that describes what is in the build cache: an entry's, or that of the source a job has built. */
  readonly key: string
  /** Key of the entry in the store that it began with or became; empty where there is none. */
  readonly stored: string
  /** Length of that entry, as a share of the length of its objects; 0 where it is not known. */
  readonly share: number
  /** The repository whose job left it, as `owner/name`. */
  readonly repository: string
  /** Short hashes of the actions in that entry. */
  readonly actions: readonly string[]
  /** Short hashes of the actions that jobs of this kind have made or used since. */
  readonly since: readonly string[]
  /** What that entry remembers. */
  readonly about: BuildMetadata
  /** Whether the job that left it is still running, as far as is known. */
  readonly running: boolean
  /** The first use of this action in the job that left it. */
  readonly first?: FirstUse
  /** The job that has saved the entry; absent where it began with it. */
  readonly savedBy?: string
}

/** The first of the uses of this action in a job that share an entry. */
export interface FirstUse {
  /** Tells the uses in one job from those in others. */
  readonly job: string
  /** Absolute path of its own folder, which is there until its post has run, or the next job begins. */
  readonly folder: string
  /** When it began, in milliseconds since 1970. */
  readonly began: number
  /** The full key that it has asked for. */
  readonly key: string
  /** Whether the build cache was empty then. */
  readonly own: boolean
  readonly found: 'exact' | 'partial' | 'miss' | 'unknown'
}

/** Marks stand among the objects so that `go clean -cache` removes them with those. */
const directory = '00'

const prefix = 'go-deps-action-'

const markName = /^go-deps-action-\w+\.json$/

/** A mark can be as long as a megabyte; this bounds what is read of another's file of that name, in bytes. */
const longest = 16 * 1024 * 1024

/** Clocks of machines that share a build cache differ by less, in milliseconds. */
const clockSkew = 60 * 1000

/** Go removes what was not used for five days (cmd/go/internal/cache/cache.go, trimLimit): an older mark promises too much. */
const oldest = 5 * 24 * 60 * 60 * 1000

/** No job runs longer on GitHub's machines, in milliseconds; a mark that says so longer is of one that was killed. */
const longestJob = 6 * 60 * 60 * 1000

/** The mark of a build cache of which nothing is known. */
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

/** Reads the mark of a kind of job; undefined where there is none that still holds. */
export function readMarker(gocache: string, family: string): BuildMarker | undefined {
  const file = fileOf(gocache, family)
  return now() - (lstat(file)?.mtimeMs ?? 0) > oldest ? undefined : readFile(file)
}

/** Leaves the mark of a kind of job. A build cache that cannot be marked is only asked for again. */
export function writeMarker(gocache: string, family: string, mark: BuildMarker): void {
  try {
    const text = JSON.stringify({ ...mark, about: encodeMetadata(mark.about) })
    replaceFile(fileOf(gocache, family), `${text}\n`)
  } catch (error) {
    debug(`the build cache cannot be marked: ${(error as Error).message}`)
  }
}

/** What the marks of other kinds of jobs tell of those that used the build cache lately. */
interface ConcurrentJobs {
  /** Repositories, other than this one, whose jobs ran at the same time: what they made cannot be told from our own. */
  readonly meanwhile: readonly string[]
  /** Short hashes of what jobs of this repository have made or used. */
  readonly ours: readonly string[]
  /** Other uses of this action in this job, with an entry of their own; absent where there are none. */
  readonly siblings?: readonly SiblingUse[]
}

/** Another use of this action in the same job, with an entry of its own. */
export interface SiblingUse {
  /** When it began, in milliseconds since 1970. */
  readonly began: number
  /** Short hashes of the actions in its entry. */
  readonly actions: ReadonlySet<string>
}

/**
 * Looks at the marks of other kinds of jobs, and removes those that say nothing any more.
 *
 * @param began when this job began, in milliseconds since 1970
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
  const meanwhile = new Set<string>()
  const ours: string[] = []
  const siblings: SiblingUse[] = []
  for (const { name } of entriesOf(path.join(gocache, directory))) {
    const file = path.join(gocache, directory, name)
    if (!markName.test(name) || file === fileOf(gocache, family)) continue
    const touched = lstat(file)?.mtimeMs ?? 0
    if (now() - touched > oldest) removeIfPossible(file)
    // A machine can have many.
    const isRecent = now() - touched <= longestJob && touched <= now() + clockSkew
    const mark = isRecent ? readFile(file) : undefined
    if (mark === undefined) continue
    const isSibling = job !== '' && mark.first?.job === job
    if (isSibling && (touched >= began || isDirectory(mark.first.folder)))
      siblings.push({ began: mark.first.began, actions: new Set(mark.actions) })
    else if (mark.repository === repository) ours.push(...mark.actions, ...mark.since)
    // Of a file that names no repository nobody can tell whose it is, and so whether it is a mark.
    else if (isRepository(mark.repository) && (mark.running || touched >= began))
      meanwhile.add(mark.repository)
  }
  return { meanwhile: [...meanwhile], ours, ...(siblings.length === 0 ? {} : { siblings }) }
}

function fileOf(gocache: string, family: string): string {
  return path.join(gocache, directory, `${prefix}${family}.json`)
}

function readFile(file: string): BuildMarker | undefined {
  return decodeMark(readTextUpTo(file, longest) ?? '')
}

/** Whether a text is `owner/name`. */
function isRepository(text: string): boolean {
  return /^[\w.-]+\/[\w.-]+$/.test(text)
}

/** Others may have written there; what is not as we write it counts as not there. */
function decodeMark(text: string): BuildMarker | undefined {
  try {
    const mark = JSON.parse(text) as Readonly<Partial<Record<keyof BuildMarker, unknown>>>
    if (typeof mark.key !== 'string' || !Array.isArray(mark.actions)) return undefined
    return {
      key: mark.key,
      stored: typeof mark.stored === 'string' ? mark.stored : '',
      share: typeof mark.share === 'number' ? mark.share : 0,
      repository: typeof mark.repository === 'string' ? mark.repository : '',
      actions: stringsIn(mark.actions),
      since: stringsIn(mark.since),
      about: decodeMetadata(mark.about),
      running: mark.running === true,
      ...decodeFirst(mark.first),
      ...(typeof mark.savedBy === 'string' ? { savedBy: mark.savedBy } : {}),
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
