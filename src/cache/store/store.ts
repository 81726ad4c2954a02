import type { Variables } from '../../platform/environment.ts'
import type { Arrival } from '../archive/arrival.ts'

/** Result of restoring an entry from a store. */
export type StoreRestoreResult =
  /** `arrival`: the download that still writes the shards; absent when the entry is complete. */
  | { readonly kind: 'restored'; readonly key: string; readonly arrival?: Arrival }
  /** No entry was found; `message` holds the client's warnings, empty for a plain miss. */
  | { readonly kind: 'nothing'; readonly message: string }
  /** The entry that arrived is incomplete or not in this action's format. */
  | { readonly kind: 'corrupt'; readonly why: string }
  /** The store could not be reached, or did not answer in time. */
  | { readonly kind: 'failed'; readonly why: string }

/** Result of saving an entry to a store. */
export type StoreSaveResult =
  | { readonly kind: 'saved' }
  /** Another job is saving an entry with this key. */
  | { readonly kind: 'outrun' }
  /** The run may only read, by policy; `message` is the message of the store. */
  | { readonly kind: 'denied'; readonly message: string }
  /** The programs of this machine could not wrap the entry for the store; `message` is their output. */
  | { readonly kind: 'not-wrapped'; readonly message: string }
  /** The store did not save it; `message` may be empty, because the reason is often hidden. */
  | { readonly kind: 'not-saved'; readonly message: string }
  | { readonly kind: 'failed'; readonly why: string }

/** Result of looking up an entry in a store. */
export type StoreLookupResult =
  | { readonly kind: 'exists' }
  | Exclude<StoreRestoreResult, { readonly kind: 'restored' | 'corrupt' }>

/** Result of finding the entry that a restore would get. */
export type StoreFindResult =
  | { readonly kind: 'found'; readonly key: string }
  | Exclude<StoreLookupResult, { readonly kind: 'exists' }>

/** Place that keeps entries between jobs. An entry is a folder; entries are never replaced. */
export interface Store {
  /** Reason why this job has no such store; undefined when it has one. */
  readonly unavailable: string | undefined
  /**
   * Downloads the entry with this key, else the newest with one of the prefixes, best prefix first.
   *
   * @param folder destination of the entry's files; absent or empty before
   */
  readonly restore: (key: string, prefixes: readonly string[], folder: string) => Promise<StoreRestoreResult>
  /** Finds the entry that `restore` would download for these arguments, without downloading it. */
  readonly find: (key: string, prefixes: readonly string[]) => Promise<StoreFindResult>
  /** Looks up whether an entry with exactly this key exists. */
  readonly holds: (key: string) => Promise<StoreLookupResult>
  /**
   * Saves an entry.
   *
   * @param folder the folder with the entry's files
   * @param onAccepted called when the store accepts the entry, before the upload
   */
  readonly save: (key: string, folder: string, onAccepted?: () => void) => Promise<StoreSaveResult>
}

/**
 * Returns GitHub's message that a run may only read, by policy; undefined when a text has none.
 *
 * @param text what the service or its client said
 */
export function denialIn(text: string): string | undefined {
  return /cache write denied:[^\n"]*/.exec(text)?.[0].trim()
}

/** Maximum duration of an operation, in seconds. */
export interface StoreDeadlines {
  readonly restore: number
  readonly save: number
}

/**
 * Returns the deadlines: five minutes for a restore and ten for a save, unless the environment overrides them.
 *
 * @param environment may hold GO_DEPS_RESTORE_SECONDS and GO_DEPS_SAVE_SECONDS; values other than numbers above zero
 *   are ignored
 */
export function storeDeadlines(environment: Variables): StoreDeadlines {
  const seconds = (name: string, fallback: number) => {
    const value = Number(environment[name])
    return Number.isFinite(value) && value > 0 ? value : fallback
  }
  return { restore: seconds('GO_DEPS_RESTORE_SECONDS', 300), save: seconds('GO_DEPS_SAVE_SECONDS', 600) }
}
