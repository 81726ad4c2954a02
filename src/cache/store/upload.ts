import { hasCode } from '../../errors.ts'
import {
  bytesAt,
  changesOf,
  createRings,
  failRing,
  filledUpTo,
  hasEnded,
  nextChange,
  type SharedRing,
  setTaken,
} from '../../platform/shared-ring.ts'
import type { EntrySource } from '../archive/entry-source.ts'
import { encodeHead } from './object-layout.ts'
import type { ObjectUpload } from './object-service.ts'
import type { StoreSaveResult } from './store.ts'

/** Usual length of a part, in bytes. */
const usualPart = 4 * 1024 * 1024

/** Number of parts of a shard in memory: while some are sent, the next is packed. */
const partsInMemory = 3

/** Number of parts that a service accepts for one object. */
const mostParts = 10_000

/** A piece of the object: bytes that are kept for later, or a part that was uploaded. */
type Piece = { readonly kept: Buffer } | { readonly part: number; readonly length: number }

/**
 * Uploads an entry as an object while it is packed. The head comes first in the object and last over the network,
 * because only then the manifest is known.
 *
 * @param signal ends packing and upload
 * @throws TransferFailure when the service does not take a part; the error of packing; the reason of an aborted signal
 */
export async function uploadEntry(
  upload: ObjectUpload,
  entry: EntrySource,
  signal?: AbortSignal,
): Promise<StoreSaveResult> {
  const partLength = Math.max(usualPart, upload.leastPart)
  const rings = createRings(Array.from({ length: entry.shards }, () => partsInMemory * partLength))
  const budget = createBudget(entry.maxBytes)
  const fail = (error: unknown) => {
    rings.forEach(failRing)
    throw error
  }
  const uploads = rings.map((ring, index) =>
    uploadShard(upload, ring, { partLength, ...numbersOf(index, rings.length) }, budget),
  )
  // A thread that packs may wait for room, or have no part under way that would end with the signal.
  const abort = () => rings.forEach(failRing)
  signal?.addEventListener('abort', abort)
  if (signal?.aborted) abort()
  const packing = entry.toRings(rings)
  const ends = await Promise.allSettled([...uploads.map((one) => one.catch(fail)), packing.catch(fail)])
  signal?.removeEventListener('abort', abort)
  try {
    const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason] : []))
    // When one side fails, the ring makes the other fail too.
    const cause = errors.find((error) => !hasCode(error, 'ring-failed')) ?? signal?.reason ?? errors[0]
    if (cause !== undefined) throw cause
    const manifest = await packing
    if (manifest === undefined || budget.isExceeded()) {
      await upload.abort()
      return { kind: 'withdrawn' }
    }
    const pieces: readonly Piece[] = [{ kept: encodeHead(manifest) }, ...(await Promise.all(uploads)).flat()]
    return await completeObject(upload, joinKept(pieces))
  } catch (error) {
    await upload.abort()
    throw error
  }
}

/** Counts the bytes of all shards, up to a maximum. */
interface Budget {
  readonly add: (bytes: number) => void
  readonly isExceeded: () => boolean
}

function createBudget(maxBytes: number): Budget {
  let bytes = 0
  return {
    add: (more) => {
      bytes += more
    },
    isExceeded: () => bytes > maxBytes,
  }
}

/** Length and numbers of the parts of a shard. The numbers are in the order of the shards. */
interface ShardParts {
  readonly partLength: number
  readonly first: number
  readonly last: number
}

/** Returns the numbers of a shard. One before them is free, for what comes between two shards. */
function numbersOf(shard: number, shards: number): Pick<ShardParts, 'first' | 'last'> {
  const stride = Math.floor((mostParts - 1) / shards)
  return { first: shard * stride + 2, last: (shard + 1) * stride }
}

/**
 * Uploads the parts of a shard while it is packed.
 *
 * @returns the pieces of the shard, in order
 */
async function uploadShard(
  upload: ObjectUpload,
  ring: SharedRing,
  { partLength, first, last }: ShardParts,
  budget: Budget,
): Promise<readonly Piece[]> {
  const pieces: Piece[] = []
  const running = new Set<Promise<void>>()
  /** Positions up to which bytes were sent, each with the start of its part, until they make room in order. */
  const sent = new Map<number, number>()
  let [at, free, number] = [0, 0, first]
  const release = (from: number, to: number) => {
    sent.set(from, to)
    for (let end = sent.get(free); end !== undefined; end = sent.get(free)) {
      sent.delete(free)
      free = end
    }
    setTaken(ring, free)
  }
  for (;;) {
    const seen = changesOf(ring)
    const isLast = hasEnded(ring)
    const length = Math.min(partLength, filledUpTo(ring) - at)
    if (length < partLength && !isLast) {
      await Promise.race([...running, nextChange(ring, seen)])
      continue
    }
    if (length === 0) break
    const [from, to] = [at, at + length]
    const bytes = bytesAt(ring, from, length)
    at = to
    budget.add(length)
    if (budget.isExceeded()) release(from, to)
    else if (length < partLength || (from === 0 && upload.leastPart > 1)) {
      // A short part needs a neighbour. So the first part of each shard stays too, for what comes before it.
      pieces.push({ kept: Buffer.from(bytes) })
      release(from, to)
    } else {
      if (number > last) throw new Error(`cannot upload a shard of more than ${at} bytes`)
      pieces.push({ part: number, length })
      const one = upload.putPart(number++, bytes).then(() => {
        running.delete(one)
        release(from, to)
      })
      one.catch(() => {})
      running.add(one)
    }
  }
  await Promise.all(running)
  return pieces
}

/**
 * Uploads what was kept, and completes the object.
 *
 * @param pieces the pieces of the object in order; bytes that were kept are never neighbours
 */
async function completeObject(upload: ObjectUpload, pieces: readonly Piece[]): Promise<StoreSaveResult> {
  const [only] = pieces
  if (only !== undefined && 'kept' in only && pieces.length === 1) return upload.putWhole(only.kept)
  const numbers = pieces.map((piece, index) => {
    if ('part' in piece) return piece.part
    const [before, after] = [pieces[index - 1], pieces[index + 1]]
    if (after !== undefined && 'part' in after) return after.part - 1
    return before !== undefined && 'part' in before ? before.part + 1 : 1
  })
  await Promise.all(
    pieces.map((piece, index) =>
      'kept' in piece ? upload.putPart(numbers[index] as number, piece.kept) : undefined,
    ),
  )
  const lengths = pieces.map((piece) => ('kept' in piece ? piece.kept.length : piece.length))
  return upload.complete(
    numbers,
    lengths.reduce((sum, length) => sum + length, 0),
  )
}

/** Joins neighbouring bytes that were kept. */
function joinKept(pieces: readonly Piece[]): readonly Piece[] {
  const joined: Piece[] = []
  for (const piece of pieces) {
    const last = joined.at(-1)
    if (last !== undefined && 'kept' in last && 'kept' in piece)
      joined[joined.length - 1] = { kept: Buffer.concat([last.kept, piece.kept]) }
    else joined.push(piece)
  }
  return joined
}
