import { ActionError } from '../errors.ts'
import type { ModuleChanges } from '../gofiles/module-changes.ts'
import { firstLinesOf } from '../text/lists.ts'
import type { CachePlan } from './key.ts'
import type { TransferFigures } from './store/store.ts'

/** Report on the module cache when main ends. */
export interface ModulesReport extends CacheReport {
  readonly hadZips: boolean
  /** Whether the module cache was empty when main began. */
  readonly isExclusive: boolean
}

/** Report on the build cache when main ends. */
export interface BuildReport extends CacheReport {
  /** Whether the build cache held no objects when main began. */
  readonly isExclusive: boolean
  /** Files and directories that cached tests read, relative to the checkout. */
  readonly testInputs: readonly string[]
}

/** Outcome of restoring one cache. */
export interface RestoreOutcome {
  readonly found: 'exact' | 'partial' | 'miss'
  /** Key of the entry; empty when none was used. */
  readonly matched: string
  /** Whether this machine already held enough, so that no entry was requested. */
  readonly alreadyCached: boolean
  /** Set when the entry was only looked up, so that nothing was restored. */
  readonly lookedUp?: true
  readonly files: number
  /** Stored size of the entry, in bytes. */
  readonly bytes: number
  readonly seconds: number
  /** What the transfer took; absent when the store does not know. */
  readonly transfer?: TransferFigures
  /** Error of the cache, which never fails the job; empty when there was none. */
  readonly error: string
  /** Whether the cache gave no answer at all; then post does not contact it either. */
  readonly unreachable: boolean
  /** Whether an entry was found but was not usable; then the next entry needs another key. */
  readonly corrupt: boolean
}

/** Outcome of saving one cache. */
export interface SaveOutcome {
  readonly saved: boolean
  /** Whether the store already has an entry with this key. */
  readonly exists: boolean
  /** Reason why it was or was not saved. */
  readonly why: string
  /** Name of the condition under which it was not saved (cache/save-rules.ts); absent when it was saved. */
  readonly rule?: string
  readonly key: string
  readonly files: number
  /** Stored size of the entry, in bytes. */
  readonly bytes: number
  /** Stored size as a share of the files' size; absent when nothing was packed. */
  readonly share?: number
  readonly seconds: number
  /** What the transfer took; absent when nothing was saved, or the store does not know. */
  readonly transfer?: TransferFigures
  /** Error of the cache; empty when there was none. */
  readonly error: string
  /** Use of the build objects in this job; absent when they were not counted. */
  readonly counts?: BuildCounts
  /** Sizes in bytes of an entry that was packed and exceeded the user's limit. */
  readonly tooLarge?: { readonly stored: number; readonly unpacked: number }
  /** Whether the restored entry already holds everything worth saving. */
  readonly upToDate?: true
  /** Warning about this save, with the setting that changes it. */
  readonly warning?: string
}

/** Number of objects, and the size of their data in bytes. */
interface Amount {
  readonly objects: number
  readonly bytes: number
}

/** Use of build objects in a job. */
export interface BuildCounts {
  /** Objects that existed before and were used. */
  readonly reused: Amount
  /** Objects that were compiled or tested in this job. */
  readonly fresh: Amount
  /** Objects that the next entry omits, because nothing used them. */
  readonly pruned: Amount
}

const nothing = {
  matched: '',
  files: 0,
  bytes: 0,
  seconds: 0,
  error: '',
  unreachable: false,
  corrupt: false,
}

/**
 * Returns the outcome of a restore that found no usable entry.
 *
 * @param error error of the cache; empty for a plain miss
 * @param how whether the cache gave no answer, or an unusable entry
 */
export function cacheMiss(
  error = '',
  how: Partial<Pick<RestoreOutcome, 'unreachable' | 'corrupt'>> = {},
): RestoreOutcome {
  return { ...nothing, found: 'miss', alreadyCached: false, error: error, ...how }
}

/** Returns the outcome of a restore that was not needed. */
export function alreadyCached(found: 'exact' | 'partial'): RestoreOutcome {
  return { ...nothing, found, alreadyCached: true }
}

/** Maximum number of modules that an annotation describes; the log has them all. */
const mostShown = 5

/** Error for corrupt modules in an entry when the input `on-corrupt` is `fail`. */
export class CorruptModules extends ActionError {
  /**
   * @param wrong the corrupt parts
   * @param key the entry's key
   * @param command the command that deletes the entry
   */
  constructor(wrong: readonly WrongModule[], key: string, command: string) {
    super(
      'corrupt-modules',
      `${corruptText(wrong, key)} No corrupt module was used. The step fails because \`on-corrupt\` is \`fail\`. Find out who could write that entry, delete it with \`${command}\`, and rerun the job.`,
    )
  }
}

/** Returns the warning about corrupt modules that were discarded. */
export function corruptWarning(wrong: readonly WrongModule[], key: string): string {
  return `${corruptText(wrong, key)} No corrupt module was used: they are downloaded again, and the entry is replaced. See SECURITY.md of go-deps-action for possible causes.`
}

/** Returns one line for the log on each corrupt part. */
export function corruptLines(wrong: readonly WrongModule[]): readonly string[] {
  return wrong.map((one) => `discarded: ${describe(one)}`)
}

function corruptText(wrong: readonly WrongModule[], key: string): string {
  const names = new Set(wrong.map(({ name }) => name))
  const list = firstLinesOf(wrong.map(describe), mostShown)
  const count = names.size === 1 ? '1 restored module does' : `${names.size} restored modules do`
  return `${count} not match the recorded hashes: ${list.join('; ')}. The entry is ${key}.`
}

function describe({ name, part, expected, found }: WrongModule): string {
  return `${name}, its ${part}: recorded ${expected}, found ${found}`
}

/** Error that an outcome reports about the cache. */
interface CacheError {
  readonly error: string
}

/**
 * Returns a single warning about the cache, however many of its parts failed.
 *
 * @param outcomes outcomes of restoring or saving; undefined where nothing was tried
 * @returns undefined when nothing failed
 */
export function cacheWarning(outcomes: readonly (CacheError | undefined)[]): string | undefined {
  const errors = new Set(outcomes.map((outcome) => outcome?.error ?? '').filter((error) => error !== ''))
  if (errors.size === 0) return undefined
  return `The cache did not work, and the job continues without it: ${[...errors].join('; ')}`
}

/** Part of a module whose hash differs from the recorded one. */
export interface WrongModule {
  /** `path@version`. */
  readonly name: string
  readonly part: 'files' | 'zip' | 'go.mod' | 'ziphash'
  /** Recorded hash; several hashes where the checksum files disagree. */
  readonly expected: string
  readonly found: string
}

/** Name of a cache, by the content of its entries. */
export type CacheName = 'modules' | 'build' | 'toolchain'

/** Report on one cache when main ends. */
export interface CacheReport {
  readonly name: CacheName
  readonly plan: CachePlan
  /** Absent when nothing was tried. */
  readonly outcome?: RestoreOutcome
  /** Reason why nothing was tried, although the cache is useful here. */
  readonly skipped?: string
  /** Differences between the modules of the checkout and those of the entry; absent when there are none. */
  readonly changes?: ModuleChanges
  /** Corrupt modules of the entry, which were discarded. */
  readonly wrong?: readonly WrongModule[]
}

/** Report on one cache when post ends. */
export interface SaveReport {
  readonly name: CacheName
  readonly outcome: SaveOutcome
}
