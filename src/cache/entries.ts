import * as path from 'node:path'
import { ActionError, hasCode } from '../errors.ts'
import { elapsed } from '../platform/clock.ts'
import type { Variables } from '../platform/environment.ts'
import { makePrivateDirectory, removeIfPossible } from '../platform/files.ts'
import { isMachineError } from '../platform/open-files.ts'
import { info } from '../platform/runner.ts'
import { entrySource } from './archive/entry-source.ts'
import type { OpenEntry } from './archive/open-entry.ts'
import type { Packed, PackRequest } from './archive/pack.ts'
import type { PackFault } from './archive/pack-shard.ts'
import { type Key, matchesRequest, matchKey, rollingPrefixes, unrequestedText } from './key.ts'
import { cacheMiss, type RestoreOutcome, type SaveOutcome } from './outcomes.ts'
import { refuse } from './save-rules.ts'
import { exceedsLimit } from './size-limit.ts'
import type { Store, StoreSaveResult } from './store/store.ts'

/** One attempt to write to the store. Its first call decides the result; `ended` after another call has no effect. */
interface WriteAttempt {
  /** Records that the store accepts entries of this run. */
  readonly granted: () => void
  /** Records that the store rejects entries of this run. */
  readonly denied: () => void
  /** Records that the attempt gave no answer. */
  readonly ended: () => void
}

/** Write permission of this run. Only the first save request shows whether it exists. */
interface WriteAccess {
  /** Waits until no other first request is pending. Returns undefined when the store rejects entries of this run. */
  readonly enter: () => Promise<WriteAttempt | undefined>
}

/**
 * Returns a tracker that lets the first entry test whether the store accepts any. If it does not, packing the others
 * would be wasted work. The others continue as soon as the store accepts the first. They do not wait for its upload.
 */
export function writeAccess(): WriteAccess {
  let known: 'unknown' | 'granted' | 'denied' = 'unknown'
  let pending: Promise<void> | undefined
  return {
    enter: async () => {
      while (known === 'unknown' && pending !== undefined) await pending
      if (known === 'denied') return undefined
      const { promise, resolve } = Promise.withResolvers<void>()
      pending = promise
      const end = (result: typeof known) => {
        if (known === 'unknown') known = result
        pending = undefined
        resolve()
      }
      return { granted: () => end('granted'), denied: () => end('denied'), ended: () => end('unknown') }
    },
  }
}

/** Source and destination of entries in this job. */
export interface Transfer {
  readonly store: Store
  /** Absolute path of the folder for this action's own files. */
  readonly folder: string
  /** The variables of the programs that a restore or save starts. */
  readonly variables: Variables
  /** Write permission of this run, shared by all its saves. */
  readonly access?: WriteAccess
}

/** Amount of data that a restore installed. */
export interface RestoredAmount {
  readonly files: number
  readonly bytes: number
}

/** Error for an entry that could not be installed, for a reason outside the entry. */
export class EntryNotApplicable extends ActionError {
  constructor(message: string) {
    super('entry-not-applicable', message)
  }
}

/**
 * Downloads the best entry for a key and installs it. Every error makes it a miss.
 *
 * @param transfer the store, and a folder for temporary files
 * @param key the key and its fallbacks
 * @param install unpacks an entry and moves its files to their destination; `matched` is its key
 */
export async function restoreEntry(
  { store, folder }: Transfer,
  key: Key,
  install: (entry: OpenEntry, matched: string) => Promise<RestoredAmount>,
): Promise<RestoreOutcome> {
  if (store.unavailable !== undefined) return cacheMiss(store.unavailable, { unreachable: true })
  const seconds = elapsed()
  const scratch = makePrivateDirectory(path.join(folder, 'restore-'))
  let entry: OpenEntry | undefined
  try {
    const prefixes = rollingPrefixes(key)
    const answer = await store.restore(key.full, prefixes, path.join(scratch, 'entry'))
    if (answer.kind === 'failed')
      return { ...cacheMiss(answer.why, { unreachable: true }), seconds: seconds() }
    if (answer.kind === 'corrupt') return { ...unusable(answer.why), seconds: seconds() }
    if (answer.kind === 'nothing') {
      return { ...cacheMiss(answer.message, { unreachable: answer.message !== '' }), seconds: seconds() }
    }
    entry = answer.entry
    if (!matchesRequest([key.full, ...prefixes], answer.key)) {
      return { ...cacheMiss(unrequestedText(answer.key)), seconds: seconds() }
    }
    const { files } = await install(entry, answer.key)
    await entry.done
    return {
      found: matchKey(key, answer.key).kind,
      matched: answer.key,
      alreadyCached: false,
      files,
      bytes: entry.bytes,
      seconds: seconds(),
      ...(answer.figures === undefined ? {} : { transfer: answer.figures() }),
      error: '',
      unreachable: false,
      corrupt: false,
    }
  } catch (error) {
    entry?.stop()
    const failure = await transferFailure(entry, error)
    if (failure !== undefined) return { ...cacheMiss(failure, { unreachable: true }), seconds: seconds() }
    const { message } = error as Error
    const isWhole =
      hasCode(error, 'entry-not-applicable', 'not-enough-space', 'worker-timeout') || isMachineError(error)
    const outcome = isWhole ? cacheMiss(`the entry could not be installed: ${message}`) : unusable(message)
    return { ...outcome, seconds: seconds() }
  } finally {
    entry?.stop()
    removeIfPossible(scratch)
  }
}

/**
 * Packs and saves an entry, unless one with this key exists.
 *
 * The lookup comes before packing, because another job of the matrix may already have saved the entry. @actions/cache
 * itself would detect that only after packing.
 *
 * @param transfer the store, and a folder for temporary files
 * @param key the entry's key
 * @param why reason for the save, for the report
 * @param request what to pack
 * @param most maximum stored size of an entry, in bytes
 */
export async function saveEntry(
  { store, folder, access = writeAccess() }: Transfer,
  key: string,
  why: string,
  request: Omit<PackRequest, 'directory'>,
  most: number,
): Promise<SaveOutcome> {
  if (store.unavailable !== undefined)
    return refuse({ rule: 'no-service', values: { reason: store.unavailable } }, store.unavailable)
  const seconds = elapsed()
  const existing = await store.holds(key)
  if (existing.kind === 'failed') return { ...refuse({ rule: 'lookup-failed' }, existing.why), key }
  if (existing.kind === 'exists')
    return { ...refuse({ rule: 'exists' }), ...{ key, exists: true, seconds: seconds() } }
  const attempt = await access.enter()
  if (attempt === undefined) return { ...refuse({ rule: 'read-only' }), key, seconds: seconds() }
  const scratch = makePrivateDirectory(path.join(folder, 'save-'))
  try {
    const source = entrySource(request, most)
    const answer = await store.save(key, source, path.join(scratch, 'entry'), attempt.granted)
    if (answer.kind === 'denied') attempt.denied()
    const packed = source.packed()
    logPackFaults(packed?.faults ?? [])
    if (answer.kind === 'withdrawn') return { ...withdrawal(packed, most), key, seconds: seconds() }
    const { files = 0, packedBytes: bytes = 0 } = packed ?? {}
    const share = packed === undefined || packed.bytes === 0 ? 0 : bytes / packed.bytes
    const outcome = { key, files, bytes, share, seconds: seconds() }
    if (answer.kind === 'saved') {
      const transfer = answer.figures === undefined ? {} : { transfer: answer.figures }
      return { ...outcome, ...transfer, saved: true, exists: false, why, error: '' }
    }
    return { ...storeRefusal(answer), ...outcome }
  } catch (error) {
    return { ...refuse({ rule: 'pack-failed' }, (error as Error).message), key, seconds: seconds() }
  } finally {
    attempt.ended()
    removeIfPossible(scratch)
  }
}

/**
 * Returns why the download of an entry failed; undefined when it did not, or was stopped for another error.
 *
 * @param error the error that ended the restore
 */
async function transferFailure(entry: OpenEntry | undefined, error: unknown): Promise<string | undefined> {
  const failure = await entry?.done.then(
    () => undefined,
    (reason: Error) => reason,
  )
  // Threads that wait for the bytes fail with an error of their own, and only after the download has failed.
  const isCause = failure === error || hasCode(error, 'ring-failed')
  return failure === undefined || !isCause ? undefined : failure.message
}

/** Returns the outcome for an entry that is empty, or exceeds the maximum stored size in bytes. */
function withdrawal(packed: Packed | undefined, most: number): SaveOutcome {
  return packed === undefined || packed.files === 0
    ? refuse({ rule: 'nothing-packable' })
    : exceedsLimit(packed, most)
}

/** Returns the outcome of a save that the store refused or failed. */
function storeRefusal(
  answer: Exclude<StoreSaveResult, { readonly kind: 'saved' | 'withdrawn' }>,
): SaveOutcome {
  switch (answer.kind) {
    case 'failed':
      return refuse({ rule: 'service-failed' }, answer.why)
    case 'outrun':
      return refuse({ rule: 'faster-job' })
    case 'denied':
      return refuse({ rule: 'denied', values: { message: answer.message } })
    case 'not-wrapped':
      return refuse(
        { rule: 'no-tar' },
        `tar could not wrap the entry for the cache service: ${answer.message}. On this runner, install tar and gzip, or tar and zstd with zstdmt`,
      )
    case 'not-saved':
      return refuse({ rule: 'not-accepted' }, answer.message)
  }
}

/** Returns the miss for an entry that is corrupt or not in this action's format. */
function unusable(why: string): RestoreOutcome {
  return cacheMiss(`the entry could not be used: ${why}`, { corrupt: true })
}

/** Maximum number of faults that the log lists. */
const maxLoggedFaults = 20

/** Logs what an entry omits, one line each. */
export function logPackFaults(faults: readonly PackFault[]): void {
  for (const { path: file, why } of faults.slice(0, maxLoggedFaults))
    info(`Omitted from the entry: ${file} ${why}`)
  if (faults.length > maxLoggedFaults) info(`Omitted from the entry: ${faults.length - maxLoggedFaults} more`)
}
