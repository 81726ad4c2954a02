import type { RemoteObject } from '../../platform/remote-object.ts'
import type { TransferOptions } from '../../platform/transfer.ts'
import type { StoreSaveResult } from './store.ts'

/** A service that keeps objects, each with a key. `objectStore` makes a store of it. */
export interface ObjectService {
  /** Name of the service, as users know it. */
  readonly name: string
  /** Reason why this job has no such service; undefined when it has one. */
  readonly unavailable: string | undefined
  /**
   * Finds the object with this key, else the newest with one of the prefixes, best prefix first.
   *
   * @throws TransferFailure when the service does not answer as documented
   */
  readonly find: (
    key: string,
    prefixes: readonly string[],
    options: TransferOptions,
  ) => Promise<FoundObject | undefined>
  /**
   * Begins an object with a key that no object has. A refusal becomes a result.
   *
   * @throws TransferFailure when the service does not answer as documented
   */
  readonly create: (key: string, options: TransferOptions) => Promise<ObjectUpload | SaveRefusalOfStore>
}

/** An object and its key. */
export interface FoundObject {
  readonly key: string
  readonly object: RemoteObject
}

/** Reason of a service not to take an object. */
export type SaveRefusalOfStore = Exclude<StoreSaveResult, { readonly kind: 'saved' }>

/**
 * The upload of one object. It becomes visible as a whole or not at all. The methods throw TransferFailure when the
 * service does not take something.
 */
export interface ObjectUpload {
  /** Minimum length of a part, in bytes. Only the last part of the object may be shorter. */
  readonly leastPart: number
  /** Uploads a whole object in one request. */
  readonly putWhole: (bytes: Uint8Array) => Promise<StoreSaveResult>
  /**
   * Uploads a part.
   *
   * @param number identifies the part, from 1 to 10,000. A second part with the same number replaces the first
   */
  readonly putPart: (number: number, bytes: Uint8Array) => Promise<void>
  /**
   * Makes the object of parts.
   *
   * @param numbers the numbers of its parts, in ascending order, which is the order of the object
   * @param length length of the object in bytes
   */
  readonly complete: (numbers: readonly number[], length: number) => Promise<StoreSaveResult>
  /** Gives the object up, and removes its parts where the service keeps them. Throws nothing. */
  readonly abort: () => Promise<void>
}
