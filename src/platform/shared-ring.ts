import { isMainThread } from 'node:worker_threads'
import { ActionError } from '../errors.ts'

/**
 * Memory through which bytes pass from one thread to another, in order and without a copy to disk. One side fills it,
 * and waits while it is full. The other side takes the bytes, and waits while it is empty. Each of the sides may be a
 * worker thread, which blocks while it waits, or the main thread, which must not block and waits for a promise.
 */
export interface SharedRing {
  /** The bytes. The byte at a position of the stream is at this position modulo the length. */
  readonly room: SharedArrayBuffer
  /** Positions of the stream, see `slots`. */
  readonly positions: SharedArrayBuffer
  /** Counts the changes of all rings that are made together, so that one wait is enough for all. */
  readonly changes: SharedArrayBuffer
}

/** What `positions` holds: bytes that were filled, bytes that were taken, and the state. */
const slots = { filled: 0, taken: 1, state: 2 } as const

/** The states of a ring: bytes may follow, no byte follows, a side failed. */
const states = { open: 0n, ended: 1n, failed: 2n } as const

/** Error for a ring whose other side failed. */
export class RingFailed extends ActionError {
  constructor() {
    super('ring-failed', 'the other side of the transfer failed')
  }
}

/**
 * Creates rings.
 *
 * @param lengths length of each ring, in bytes
 */
export function createRings(lengths: readonly number[]): readonly SharedRing[] {
  const changes = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  return lengths.map((length) => ({
    room: new SharedArrayBuffer(length),
    positions: new SharedArrayBuffer(3 * BigInt64Array.BYTES_PER_ELEMENT),
    changes,
  }))
}

/** Returns how many bytes were filled, from the start of the stream. */
export function filledUpTo(ring: SharedRing): number {
  return Number(load(ring, slots.filled))
}

/** Returns how many bytes were taken, from the start of the stream. */
export function takenUpTo(ring: SharedRing): number {
  return Number(load(ring, slots.taken))
}

/** Returns how many bytes this thread can fill in at once. A worker thread can wait for room, the main thread cannot. */
export function roomToFill(ring: SharedRing): number {
  return isMainThread ? ring.room.byteLength - filledUpTo(ring) + takenUpTo(ring) : Number.POSITIVE_INFINITY
}

/**
 * Reports whether no byte follows those that were filled.
 *
 * @throws RingFailed when the other side failed
 */
export function hasEnded(ring: SharedRing): boolean {
  const state = load(ring, slots.state)
  if (state === states.failed) throw new RingFailed()
  return state === states.ended
}

/** Records that the bytes up to a position are filled. */
export function setFilled(ring: SharedRing, position: number): void {
  store(ring, slots.filled, BigInt(position))
}

/** Records that the bytes up to a position were taken, which makes room for others. */
export function setTaken(ring: SharedRing, position: number): void {
  store(ring, slots.taken, BigInt(position))
}

/** Records that no byte follows. */
export function endRing(ring: SharedRing): void {
  store(ring, slots.state, states.ended)
}

/** Makes both sides fail with RingFailed, also one that waits. */
export function failRing(ring: SharedRing): void {
  store(ring, slots.state, states.failed)
}

/** Copies bytes to a position of the stream, for which there is room. The bytes do not count as filled yet. */
export function copyIn({ room }: SharedRing, position: number, bytes: Uint8Array): void {
  const view = new Uint8Array(room)
  for (let done = 0; done < bytes.length; ) {
    const at = (position + done) % room.byteLength
    const count = Math.min(bytes.length - done, room.byteLength - at)
    view.set(bytes.subarray(done, done + count), at)
    done += count
  }
}

/**
 * Returns the bytes at a position of the stream, without a copy. They are valid until they are recorded as taken.
 *
 * @param length number of bytes; they must not continue at the start of the memory
 */
export function bytesAt({ room }: SharedRing, position: number, length: number): Buffer {
  return Buffer.from(room, position % room.byteLength, length)
}

/**
 * Fills bytes into a ring in order. Blocks this thread until there is room.
 *
 * @throws RingFailed when the other side failed
 */
export function fillBlocking(ring: SharedRing, bytes: Uint8Array): void {
  let position = filledUpTo(ring)
  for (let done = 0; done < bytes.length; ) {
    const space = block(ring, () => takenUpTo(ring) + ring.room.byteLength - position)
    const count = Math.min(space, bytes.length - done)
    copyIn(ring, position, bytes.subarray(done, done + count))
    done += count
    position += count
    setFilled(ring, position)
  }
}

/**
 * Takes the next bytes of a ring. Blocks this thread until they are there.
 *
 * @param into receives the bytes, and decides how many
 * @throws RingFailed when the other side failed
 */
export function takeBlocking(ring: SharedRing, into: Uint8Array): void {
  const view = new Uint8Array(ring.room)
  let position = takenUpTo(ring)
  for (let done = 0; done < into.length; ) {
    const at = position % view.length
    const there = block(ring, () => filledUpTo(ring) - position)
    const count = Math.min(there, into.length - done, view.length - at)
    into.set(view.subarray(at, at + count), done)
    done += count
    position += count
    setTaken(ring, position)
  }
}

/**
 * Waits for the next change of any of the rings that were made together.
 *
 * @param seen the number of changes so far, as `changesOf` returned it before the caller read any position
 */
export async function nextChange({ changes }: SharedRing, seen: number): Promise<void> {
  const answer = Atomics.waitAsync(new Int32Array(changes), 0, seen, longestWait)
  if (answer.async) await answer.value
}

/** Returns the number of changes of all rings that were made together, for `nextChange`. */
export function changesOf({ changes }: SharedRing): number {
  return Atomics.load(new Int32Array(changes), 0)
}

/** How long a side sleeps at most before it reads the positions again, in milliseconds. */
const longestWait = 1000

/** Blocks this thread until a number of bytes is above 0, and returns it. */
function block(ring: SharedRing, bytes: () => number): number {
  for (;;) {
    const seen = changesOf(ring)
    if (load(ring, slots.state) === states.failed) throw new RingFailed()
    const count = bytes()
    if (count > 0) return count
    // The other side is in this thread, and could never go on.
    if (isMainThread) throw new Error('the main thread must not wait for bytes')
    Atomics.wait(new Int32Array(ring.changes), 0, seen, longestWait)
  }
}

function load({ positions }: SharedRing, slot: number): bigint {
  return Atomics.load(new BigInt64Array(positions), slot)
}

function store(ring: SharedRing, slot: number, value: bigint): void {
  Atomics.store(new BigInt64Array(ring.positions), slot, value)
  const changes = new Int32Array(ring.changes)
  Atomics.add(changes, 0, 1)
  Atomics.notify(changes, 0)
}
