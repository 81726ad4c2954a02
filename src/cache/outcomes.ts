import type { ModuleChanges } from '../gofiles/module-changes.ts'
import type { CachePlan } from './key.ts'

/** What became of the module cache in main. */
export interface ModulesReport extends CacheReport {
  readonly hadZips: boolean
  /** Whether the module cache was empty when main began. */
  readonly isExclusive: boolean
}

/** What became of the build cache in main. */
export interface BuildReport extends CacheReport {
  /** Whether the build cache was without objects when main began. */
  readonly isExclusive: boolean
  /** The files and directories that cached tests looked at, relative to the checkout. */
  readonly testInputs: readonly string[]
}

/** What restoring one cache came to. */
export interface RestoreOutcome {
  readonly found: 'exact' | 'partial' | 'miss'
  /** Key of the entry; empty when none was used. */
  readonly matched: string
  /** Whether everything was on this machine already, so that nothing was asked for. */
  readonly alreadyCached: boolean
  readonly files: number
  /** Size of the entry as it is stored. */
  readonly bytes: number
  readonly seconds: number
  /** What went wrong with the cache, which never fails the job; empty when nothing did. */
  readonly error: string
  /** Whether the cache gave no answer at all: then post does not ask it again. */
  readonly unreachable: boolean
  /** Whether an entry came and could not be used: then its successor needs another key. */
  readonly corrupt: boolean
}

/** What saving one cache came to. */
export interface SaveOutcome {
  readonly saved: boolean
  /** Whether the store has an entry with this key already. */
  readonly exists: boolean
  /** Why it was or was not saved. */
  readonly why: string
  readonly key: string
  readonly files: number
  /** Size of the entry as it is stored. */
  readonly bytes: number
  /** That size, as a share of the files'; absent where nothing was packed. */
  readonly share?: number
  readonly seconds: number
  /** What went wrong with the cache; empty when nothing did. */
  readonly error: string
  /** What became of the build objects in this job; absent where nobody counted. */
  readonly counts?: BuildCounts
  /** Lengths in bytes of an entry that was made and was longer than the user allows. */
  readonly tooLarge?: { readonly stored: number; readonly unpacked: number }
  /** Whether the entry that was restored holds all that is worth keeping, so that there is nothing new to save. */
  readonly upToDate?: true
  /** What the user has to know of this save, with the way to change it. */
  readonly warning?: string
}

/** A number of objects, and the length of their data in bytes. */
interface Amount {
  readonly objects: number
  readonly bytes: number
}

/** What became of build objects in a job. */
export interface BuildCounts {
  /** There before, and used. */
  readonly reused: Amount
  /** Compiled or tested anew. */
  readonly fresh: Amount
  /** Left out of the next entry, because nothing used them. */
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
 * A restore that brought nothing.
 *
 * @param error what went wrong; empty for a plain miss
 * @param how whether the cache gave no answer, or an entry that could not be used
 */
export function cacheMiss(
  error = '',
  how: Partial<Pick<RestoreOutcome, 'unreachable' | 'corrupt'>> = {},
): RestoreOutcome {
  return { ...nothing, found: 'miss', alreadyCached: false, error: error, ...how }
}

/** A restore that was not needed. */
export function alreadyCached(found: 'exact' | 'partial'): RestoreOutcome {
  return { ...nothing, found, alreadyCached: true }
}

/**
 * A save that is not needed.
 *
 * @param why what is new all the same, or what was left out; empty for nothing
 * @param key the key of the entry that serves
 */
export function nothingNew(why: string, key = ''): SaveOutcome {
  return { ...notSaved(why), key, upToDate: true }
}

/** A save that did not happen. */
export function notSaved(why: string, error = ''): SaveOutcome {
  return { saved: false, exists: false, why, key: '', files: 0, bytes: 0, seconds: 0, error: error }
}

/** As many modules are described in an annotation; the log has them all. */
const mostShown = 5

/** Modules of an entry that must not be used, where the user wants the step to fail for that. */
export class CorruptModules extends Error {
  /**
   * @param wrong what is wrong
   * @param key the entry's key
   */
  constructor(wrong: readonly WrongModule[], key: string) {
    super(
      `${whatText(wrong, key)} Nothing of them was used, and \`on-corrupt\` is \`fail\`. Find out who could write that entry, delete it (\`gh cache delete ${key}\`), and run the job again.`,
    )
    this.name = 'CorruptModules'
  }
}

/** The warning about modules that were left out. */
export function corruptWarning(wrong: readonly WrongModule[], key: string): string {
  return `${whatText(wrong, key)} Nothing of them was used; they are downloaded again and the entry is replaced. See SECURITY.md of go-deps-action for how this can happen.`
}

/** One line for the log on each part that is wrong. */
export function corruptLines(wrong: readonly WrongModule[]): readonly string[] {
  return wrong.map((one) => `left out: ${describe(one)}`)
}

function whatText(wrong: readonly WrongModule[], key: string): string {
  const names = new Set(wrong.map(({ name }) => name))
  const shown = wrong.slice(0, mostShown).map(describe)
  const more = wrong.length - shown.length
  const list = more > 0 ? [...shown, `and ${more} more`] : shown
  const what = names.size === 1 ? '1 restored module is' : `${names.size} restored modules are`
  return `${what} not what is recorded: ${list.join('; ')}. The entry is ${key}.`
}

function describe({ name, part, expected, found }: WrongModule): string {
  return `${name}, its ${part}: recorded ${expected}, found ${found}`
}

/** What an outcome says of the cache itself. */
interface Troubled {
  readonly error: string
}

/**
 * The one warning about the cache, however many of its parts failed.
 *
 * @param outcomes what restoring or saving came to; undefined where nothing was tried
 * @returns undefined when nothing went wrong
 */
export function cacheWarning(outcomes: readonly (Troubled | undefined)[]): string | undefined {
  const troubles = new Set(
    outcomes.map((outcome) => outcome?.error ?? '').filter((trouble) => trouble !== ''),
  )
  if (troubles.size === 0) return undefined
  return `The cache did not work, and the job goes on without it: ${[...troubles].join('; ')}`
}

/** A part of a module that is not what is recorded of it. */
export interface WrongModule {
  /** `path@version`. */
  readonly name: string
  readonly part: 'files' | 'zip' | 'go.mod' | 'ziphash'
  /** What is recorded; several hashes where the checksum files disagree. */
  readonly expected: string
  readonly found: string
}

/** What an entry holds. */
export type CacheName = 'modules' | 'build' | 'toolchain'

/** What is told of one cache when main ends. */
export interface CacheReport {
  readonly name: CacheName
  readonly plan: CachePlan
  /** Absent when nothing was tried. */
  readonly outcome?: RestoreOutcome
  /** Why nothing was tried although the cache is of use here. */
  readonly skipped?: string
  /** How the modules of the checkout differ from those of the entry; absent where they are the same. */
  readonly changes?: ModuleChanges
  /** Modules of the entry that were not what is recorded of them, and were left out. */
  readonly wrong?: readonly WrongModule[]
}

/** What is told of one cache when post ends. */
export interface SaveReport {
  readonly name: CacheName
  readonly outcome: SaveOutcome
}
