/** What asking a store for an entry came to. */
export type StoreRestoreResult =
  | { readonly kind: 'restored'; readonly key: string }
  /** No entry came; `message` is what the client warned of meanwhile, empty for a plain miss. */
  | { readonly kind: 'nothing'; readonly message: string }
  /** An entry came that is not one of ours, or not whole. */
  | { readonly kind: 'corrupt'; readonly why: string }
  /** The store could not be asked, or did not answer in time. */
  | { readonly kind: 'failed'; readonly why: string }

/** What handing an entry to a store came to. */
export type StoreSaveResult =
  | { readonly kind: 'saved' }
  /** Another job is saving an entry with this key. */
  | { readonly kind: 'outrun' }
  /** The run may only read, which somebody wants so; `message` are the words of the store. */
  | { readonly kind: 'denied'; readonly message: string }
  /** The entry could not be wrapped for the store by the programs of this machine; `message` are their words. */
  | { readonly kind: 'not-wrapped'; readonly message: string }
  /** The store did not take it; why is often hidden, so `message` may be empty. */
  | { readonly kind: 'not-saved'; readonly message: string }
  | { readonly kind: 'failed'; readonly why: string }

/** Whether a store holds an entry. */
export type StoreLookupResult =
  | { readonly kind: 'exists' }
  | Exclude<StoreRestoreResult, { readonly kind: 'restored' | 'corrupt' }>

/** A place where entries are kept between jobs. An entry is a folder; entries are never replaced. */
export interface Store {
  /** Why there is no such store in this job; undefined when it can be asked. */
  readonly unavailable: string | undefined
  /**
   * Brings the entry with this key, else the newest with one of the prefixes, best prefix first.
   *
   * @param folder where the entry's files are put; absent or empty before
   */
  readonly restore: (key: string, prefixes: readonly string[], folder: string) => Promise<StoreRestoreResult>
  /** Asks whether there is an entry with exactly this key. */
  readonly holds: (key: string) => Promise<StoreLookupResult>
  /**
   * Keeps an entry.
   *
   * @param folder the folder with the entry's files
   * @param onAccepted is called when the store is about to take it, before it is uploaded
   */
  readonly save: (key: string, folder: string, onAccepted?: () => void) => Promise<StoreSaveResult>
}
