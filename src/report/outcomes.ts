/** What restoring one cache came to. */
export interface RestoreOutcome {
  readonly found: 'exact' | 'partial' | 'miss'
  /** Key of the entry; empty when none was used. */
  readonly matched: string
  /** Whether everything was on this machine already, so that nothing was asked for. */
  readonly alreadyThere: boolean
  readonly files: number
  /** Size of the entry as it is stored. */
  readonly bytes: number
  readonly seconds: number
  /** What went wrong with the cache, which never fails the job; empty when nothing did. */
  readonly trouble: string
  /** Whether the cache gave no answer at all: then post does not ask it again. */
  readonly unreachable: boolean
  /** Whether an entry came and could not be used: then its successor needs another key. */
  readonly spoiled: boolean
}

/** What saving one cache came to. */
export interface SaveOutcome {
  readonly saved: boolean
  /** Whether the store held an entry with this key already. */
  readonly held: boolean
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
  readonly trouble: string
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
export interface Amount {
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
  trouble: '',
  unreachable: false,
  spoiled: false,
}

/**
 * A restore that brought nothing.
 *
 * @param trouble what went wrong; empty for a plain miss
 * @param how whether the cache gave no answer, or an entry that could not be used
 */
export function missed(
  trouble = '',
  how: Partial<Pick<RestoreOutcome, 'unreachable' | 'spoiled'>> = {},
): RestoreOutcome {
  return { ...nothing, found: 'miss', alreadyThere: false, trouble, ...how }
}

/** A restore that was not needed. */
export function alreadyThere(found: 'exact' | 'partial'): RestoreOutcome {
  return { ...nothing, found, alreadyThere: true }
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
export function notSaved(why: string, trouble = ''): SaveOutcome {
  return { saved: false, held: false, why, key: '', files: 0, bytes: 0, seconds: 0, trouble }
}
