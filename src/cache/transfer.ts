import * as path from 'node:path'
import { type PackRequest, packEntry } from '../pack/pack.ts'
import type { PackFault } from '../pack/walk.ts'
import { isAnswerTo, type Key, matchKey } from '../plan/keys.ts'
import { missed, nothingNew, notSaved, type RestoreOutcome, type SaveOutcome } from '../report/outcomes.ts'
import { elapsed } from '../system/clock.ts'
import { filesBelow, look, makePrivateDirectory, removeIfPossible } from '../system/files.ts'
import { info } from '../system/runner.ts'
import { tooLarge } from './size-limit.ts'
import type { Saved, Store } from './store/store.ts'
import { type WriteAccess, writeAccess } from './write-access.ts'

/** Where entries come from and go to in this job. */
export interface Transfer {
  readonly store: Store
  /** Folder of this action's own files. */
  readonly folder: string
  /** Whether the store takes entries of this run; all that are saved in it share it. */
  readonly access?: WriteAccess
}

/** What installing an entry's files came to. */
export interface Installed {
  readonly files: number
  readonly bytes: number
}

/** An entry could not be installed, and that says nothing of the entry. */
export class NotInstalled extends Error {}

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
  install: (folder: string, matched: string) => Promise<Installed>,
): Promise<RestoreOutcome> {
  if (store.unavailable !== undefined) return missed(store.unavailable, { unreachable: true })
  const seconds = elapsed()
  const scratch = makePrivateDirectory(path.join(folder, 'restore-'))
  const entry = path.join(scratch, 'entry')
  try {
    const prefixes = rolling ? [`${key.full}-`, ...key.fallbacks] : key.fallbacks
    const answer = await store.restore(key.full, prefixes, entry)
    if (answer.kind === 'failed') return { ...missed(answer.why, { unreachable: true }), seconds: seconds() }
    if (answer.kind === 'corrupt') return { ...unusable(answer.why), seconds: seconds() }
    if (answer.kind === 'nothing') {
      return { ...missed(answer.said, { unreachable: answer.said !== '' }), seconds: seconds() }
    }
    if (!isAnswerTo([key.full, ...prefixes], answer.key)) {
      const why = `the cache service answered with an entry that was not asked for: ${JSON.stringify(answer.key.slice(0, 100))}`
      return { ...missed(why), seconds: seconds() }
    }
    const bytes = storedBytes(entry)
    const { files } = await install(entry, answer.key)
    return {
      found: matchKey(key, answer.key).kind,
      matched: answer.key,
      alreadyThere: false,
      files,
      bytes,
      seconds: seconds(),
      trouble: '',
      unreachable: false,
      spoiled: false,
    }
  } catch (error) {
    const { message } = error as Error
    const { name } = error as Error
    const isWhole = error instanceof NotInstalled || name === 'NoRoom' || name === 'TooSlow'
    const outcome = isWhole ? missed(`the entry could not be installed: ${message}`) : unusable(message)
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
  const held = await store.holds(key)
  if (held.kind === 'failed') return { ...notSaved('the cache could not be asked', held.why), key }
  if (held.kind === 'held')
    return {
      ...nothingNew('an entry with this key is there already', key),
      ...{ held: true, seconds: seconds() },
    }
  const turn = await access.enter()
  if (turn === undefined)
    return { ...notSaved(`${readOnly}, so nothing was packed`), key, seconds: seconds() }
  const scratch = makePrivateDirectory(path.join(folder, 'save-'))
  try {
    const entry = path.join(scratch, 'entry')
    const packed = await packEntry({ ...request, directory: entry })
    tellFaults(packed.faults)
    if (packed.files === 0) return { ...notSaved('nothing of it can be packed'), key, seconds: seconds() }
    if (packed.packedBytes > most) return { ...tooLarge(packed, most), key, seconds: seconds() }
    const answer = await store.save(key, entry, turn.granted)
    if (answer.kind === 'denied') turn.denied()
    const { files, packedBytes: bytes } = packed
    const share = packed.bytes === 0 ? 0 : bytes / packed.bytes
    const outcome = { held: false, key, files, bytes, share, seconds: seconds() }
    if (answer.kind === 'saved') return { ...outcome, saved: true, why, trouble: '' }
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
  return filesBelow(entry).reduce((sum, file) => sum + (look(path.join(entry, file))?.size ?? 0), 0)
}

const readOnly = 'this run may only read the cache'

/** Why an entry was not taken, and what of that is a fault of the cache. */
function refusal(answer: Exclude<Saved, { readonly kind: 'saved' }>): Pick<SaveOutcome, 'why' | 'trouble'> {
  switch (answer.kind) {
    case 'failed':
      return { why: 'the cache failed', trouble: answer.why }
    case 'outrun':
      return { why: 'another job was faster with the same entry', trouble: '' }
    case 'denied':
      return { why: `${readOnly}: the service says "${answer.said}"`, trouble: '' }
    case 'not-wrapped':
      return {
        why: 'tar could not wrap the entry',
        trouble: `tar could not wrap the entry for the cache service: ${answer.said}. Install tar and gzip, or tar and all of zstd with zstdmt, where this job runs`,
      }
    case 'not-saved':
      return {
        why: 'the cache service did not take it; another job may have been faster',
        trouble: answer.said,
      }
  }
}

/** A miss because the entry that came is damaged or not one of ours. */
function unusable(why: string): RestoreOutcome {
  return missed(`the entry could not be used: ${why}`, { spoiled: true })
}

/** So many are named in the log. */
const mostTold = 20

/** Says what is left out of an entry, one line each. */
export function tellFaults(faults: readonly PackFault[]): void {
  for (const { path: file, why } of faults.slice(0, mostTold)) info(`Left out of the entry: ${file} ${why}`)
  if (faults.length > mostTold) info(`Left out of the entry: ${faults.length - mostTold} more`)
}
