import * as path from 'node:path'
import { elapsed } from '../platform/clock.ts'
import { filesBelow, lstat, makePrivateDirectory, removeIfPossible } from '../platform/files.ts'
import { info } from '../platform/runner.ts'
import { type PackFault, type PackRequest, packEntry } from './archive/pack.ts'
import { type Key, matchesRequest, matchKey } from './key.ts'
import { cacheMiss, nothingNew, notSaved, type RestoreOutcome, type SaveOutcome } from './outcomes.ts'
import { exceedsLimit } from './size-limit.ts'
import type { Store, StoreSaveResult } from './store/store.ts'

/** A turn to ask the store to keep something; exactly one of its functions is called, once the store has said something. */
interface WriteAttempt {
  /** The store takes entries of this run. */
  readonly granted: () => void
  /** The store takes none. */
  readonly denied: () => void
  /** Nothing was learnt. */
  readonly ended: () => void
}

/** Whether the store takes entries of this run, which nobody knows before it was asked once. */
interface WriteAccess {
  /** Waits until nobody else is the first to ask; undefined when the store takes none. */
  readonly enter: () => Promise<WriteAttempt | undefined>
}

/**
 * Lets the first entry find out whether the store takes any: packing others before would be in vain where it does not. They
 * go on as soon as the store has taken the first, and do not wait until it is uploaded.
 */
export function writeAccess(): WriteAccess {
  let known: 'unknown' | 'granted' | 'denied' = 'unknown'
  let asking: Promise<void> | undefined
  return {
    enter: async () => {
      while (known === 'unknown' && asking !== undefined) await asking
      if (known === 'denied') return undefined
      const { promise, resolve } = Promise.withResolvers<void>()
      asking = promise
      const end = (learnt: typeof known) => {
        if (known === 'unknown') known = learnt
        asking = undefined
        resolve()
      }
      return { granted: () => end('granted'), denied: () => end('denied'), ended: () => end('unknown') }
    },
  }
}

/** Where entries come from and go to in this job. */
export interface Transfer {
  readonly store: Store
  /** Folder of this action's own files. */
  readonly folder: string
  /** Whether the store takes entries of this run; all that are saved in it share it. */
  readonly access?: WriteAccess
}

/** What installing an entry's files came to. */
export interface RestoredAmount {
  readonly files: number
  readonly bytes: number
}

/** An entry could not be installed, and that says nothing of the entry. */
export class EntryNotApplicable extends Error {}

/**
 * Brings the best entry for a key and installs it. Whatever goes wrong with the entry makes it a miss.
 *
 * @param transfer the store, and a folder for files in passing
 * @param key the key and its fallbacks
 * @param rolling whether entries' keys go on after the full key with a digest of their content
 * @param install puts an entry's files where they belong; `folder` holds the entry, `matched` is its key
 */
export async function restoreEntry(
  { store, folder }: Transfer,
  key: Key,
  rolling: boolean,
  install: (folder: string, matched: string) => Promise<RestoredAmount>,
): Promise<RestoreOutcome> {
  if (store.unavailable !== undefined) return cacheMiss(store.unavailable, { unreachable: true })
  const seconds = elapsed()
  const scratch = makePrivateDirectory(path.join(folder, 'restore-'))
  const entry = path.join(scratch, 'entry')
  try {
    const prefixes = rolling ? [`${key.full}-`, ...key.fallbacks] : key.fallbacks
    const answer = await store.restore(key.full, prefixes, entry)
    if (answer.kind === 'failed')
      return { ...cacheMiss(answer.why, { unreachable: true }), seconds: seconds() }
    if (answer.kind === 'corrupt') return { ...unusable(answer.why), seconds: seconds() }
    if (answer.kind === 'nothing') {
      return { ...cacheMiss(answer.message, { unreachable: answer.message !== '' }), seconds: seconds() }
    }
    if (!matchesRequest([key.full, ...prefixes], answer.key)) {
      const why = `the cache service answered with an entry that was not asked for: ${JSON.stringify(answer.key.slice(0, 100))}`
      return { ...cacheMiss(why), seconds: seconds() }
    }
    const bytes = storedBytes(entry)
    const { files } = await install(entry, answer.key)
    return {
      found: matchKey(key, answer.key).kind,
      matched: answer.key,
      alreadyCached: false,
      files,
      bytes,
      seconds: seconds(),
      error: '',
      unreachable: false,
      corrupt: false,
    }
  } catch (error) {
    const { message } = error as Error
    const { name } = error as Error
    const isWhole = error instanceof EntryNotApplicable || name === 'NoRoom' || name === 'TooSlow'
    const outcome = isWhole ? cacheMiss(`the entry could not be installed: ${message}`) : unusable(message)
    return { ...outcome, seconds: seconds() }
  } finally {
    removeIfPossible(scratch)
  }
}

/**
 * Packs and saves an entry, unless one with this key is there already.
 *
 * The key is looked up before anything is packed: another leg of a matrix may have been faster, and
 * the toolkit itself would find that out only after the work is done.
 *
 * @param transfer the store, and a folder for files in passing
 * @param key the entry's key
 * @param why why it is saved, for the report
 * @param request what is packed
 * @param most length in bytes that an entry may have
 */
export async function saveEntry(
  { store, folder, access = writeAccess() }: Transfer,
  key: string,
  why: string,
  request: Omit<PackRequest, 'directory'>,
  most: number,
): Promise<SaveOutcome> {
  if (store.unavailable !== undefined) return notSaved(store.unavailable, store.unavailable)
  const seconds = elapsed()
  const existing = await store.holds(key)
  if (existing.kind === 'failed') return { ...notSaved('the cache could not be asked', existing.why), key }
  if (existing.kind === 'exists')
    return {
      ...nothingNew('an entry with this key is there already', key),
      ...{ exists: true, seconds: seconds() },
    }
  const turn = await access.enter()
  if (turn === undefined)
    return { ...notSaved(`${readOnly}, so nothing was packed`), key, seconds: seconds() }
  const scratch = makePrivateDirectory(path.join(folder, 'save-'))
  try {
    const entry = path.join(scratch, 'entry')
    const packed = await packEntry({ ...request, directory: entry })
    logPackFaults(packed.faults)
    if (packed.files === 0) return { ...notSaved('nothing of it can be packed'), key, seconds: seconds() }
    if (packed.packedBytes > most) return { ...exceedsLimit(packed, most), key, seconds: seconds() }
    const answer = await store.save(key, entry, turn.granted)
    if (answer.kind === 'denied') turn.denied()
    const { files, packedBytes: bytes } = packed
    const share = packed.bytes === 0 ? 0 : bytes / packed.bytes
    const outcome = { exists: false, key, files, bytes, share, seconds: seconds() }
    if (answer.kind === 'saved') return { ...outcome, saved: true, why, error: '' }
    return { ...outcome, saved: false, ...refusal(answer) }
  } catch (error) {
    return { ...notSaved('the entry could not be made', (error as Error).message), key, seconds: seconds() }
  } finally {
    turn.ended()
    removeIfPossible(scratch)
  }
}

/** How long an entry is as it is stored, but for what the store itself adds. */
function storedBytes(entry: string): number {
  return filesBelow(entry).reduce((sum, file) => sum + (lstat(path.join(entry, file))?.size ?? 0), 0)
}

const readOnly = 'this run may only read the cache'

/** Why an entry was not taken, and what of that is a fault of the cache. */
function refusal(
  answer: Exclude<StoreSaveResult, { readonly kind: 'saved' }>,
): Pick<SaveOutcome, 'why' | 'error'> {
  switch (answer.kind) {
    case 'failed':
      return { why: 'the cache failed', error: answer.why }
    case 'outrun':
      return { why: 'another job was faster with the same entry', error: '' }
    case 'denied':
      return { why: `${readOnly}: the service says "${answer.message}"`, error: '' }
    case 'not-wrapped':
      return {
        why: 'tar could not wrap the entry',
        error: `tar could not wrap the entry for the cache service: ${answer.message}. Install tar and gzip, or tar and all of zstd with zstdmt, where this job runs`,
      }
    case 'not-saved':
      return {
        why: 'the cache service did not take it; another job may have been faster',
        error: answer.message,
      }
  }
}

/** A miss because the entry that came is damaged or not one of ours. */
function unusable(why: string): RestoreOutcome {
  return cacheMiss(`the entry could not be used: ${why}`, { corrupt: true })
}

/** So many are named in the log. */
const mostTold = 20

/** Says what is left out of an entry, one line each. */
export function logPackFaults(faults: readonly PackFault[]): void {
  for (const { path: file, why } of faults.slice(0, mostTold)) info(`Left out of the entry: ${file} ${why}`)
  if (faults.length > mostTold) info(`Left out of the entry: ${faults.length - mostTold} more`)
}
