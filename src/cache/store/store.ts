import type { Variables } from '../../platform/environment.ts'
import type { EntrySource } from '../archive/entry-source.ts'
import type { OpenEntry } from '../archive/open-entry.ts'

/** What a transfer took, from the first request to the last byte. Unpacking and packing run at the same time. */
export interface TransferFigures {
  /** Name of the store. */
  readonly store: string
  /** Bytes of the entry that were transferred. */
  readonly bytes: number
  readonly seconds: number
  readonly requests: number
  /** Requests that repeated a failed one. */
  readonly retries: number
}

/** Result of restoring an entry from a store. */
export type StoreRestoreResult =
  /** `figures` returns what the transfer took, once the entry is complete; absent when the store does not know. */
  | {
      readonly kind: 'restored'
      readonly key: string
      readonly entry: OpenEntry
      readonly figures?: () => TransferFigures
    }
  /** No entry was found; `message` holds the client's warnings, empty for a plain miss. */
  | { readonly kind: 'nothing'; readonly message: string }
  /** The entry that arrived is incomplete or not in this action's format. */
  | { readonly kind: 'corrupt'; readonly why: string }
  /** The store could not be reached, or did not answer in time. */
  | { readonly kind: 'failed'; readonly why: string }

/** Result of saving an entry to a store. */
export type StoreSaveResult =
  | { readonly kind: 'saved'; readonly figures?: TransferFigures }
  /** The entry turned out not to be worth saving, or to be too long. */
  | { readonly kind: 'withdrawn' }
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

/** Place that keeps entries between jobs. Entries are never replaced. */
export interface Store {
  /** Reason why this job has no such store; undefined when it has one. */
  readonly unavailable: string | undefined
  /**
   * Opens the entry with this key, else the newest with one of the prefixes, best prefix first.
   *
   * @param folder absolute path of a folder for the store's own use; absent or empty before
   */
  readonly restore: (key: string, prefixes: readonly string[], folder: string) => Promise<StoreRestoreResult>
  /** Finds the entry that `restore` would download for these arguments, without downloading it. */
  readonly find: (key: string, prefixes: readonly string[]) => Promise<StoreFindResult>
  /** Looks up whether an entry with exactly this key exists. */
  readonly holds: (key: string) => Promise<StoreLookupResult>
  /**
   * Packs and saves an entry.
   *
   * @param folder absolute path of a folder for the store's own use; absent or empty before
   * @param onAccepted called when the store accepts the entry, before the upload
   * @throws the error of packing
   */
  readonly save: (
    key: string,
    entry: EntrySource,
    folder: string,
    onAccepted?: () => void,
  ) => Promise<StoreSaveResult>
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
