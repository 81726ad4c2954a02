import { CorruptArchive } from '../../errors.ts'

/** The arrival of an entry's shards while their files are written. */
export interface Arrival {
  /** The progress of each shard, in the order of the manifest. */
  readonly progress: readonly SharedArrayBuffer[]
  /** Resolves when everything has arrived; rejects when the download failed. */
  readonly done: Promise<void>
  /** Ends the download early. */
  readonly stop: () => void
}

/** Message of the error of a thread that waits for a failed download. */
export const downloadFailed = 'the download failed'

/** Value of the progress of a shard that does not arrive. */
const failed = -1n

/** How long a thread sleeps at most before it looks at the progress again, in milliseconds. */
const longestSleep = 1000

/** Writer of a shard's progress, which counts the bytes that have arrived without a gap. */
export interface ProgressWriter {
  readonly buffer: SharedArrayBuffer
  /** Records bytes of one of the consecutive ranges of the shard. */
  readonly add: (range: number, bytes: number) => void
  /** Lets the threads that wait fail. */
  readonly fail: () => void
}

/**
 * Creates the progress of a shard.
 *
 * @param lengths lengths of its consecutive ranges, in bytes
 */
export function createProgress(lengths: readonly number[]): ProgressWriter {
  const buffer = new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)
  const view = new BigInt64Array(buffer)
  const arrived = lengths.map(() => 0)
  let [first, before] = [0, 0]
  const publish = (value: bigint) => {
    Atomics.store(view, 0, value)
    Atomics.notify(view, 0)
  }
  return {
    buffer,
    add: (range, bytes) => {
      arrived[range] = (arrived[range] ?? 0) + bytes
      while (first < lengths.length && arrived[first] === lengths[first]) {
        before += lengths[first] ?? 0
        first++
      }
      publish(BigInt(before + (arrived[first] ?? 0)))
    },
    fail: () => publish(failed),
  }
}

/**
 * Waits in a thread until bytes of a shard have arrived.
 *
 * @param length number of bytes from the start of the shard
 * @throws CorruptArchive when the download failed
 */
export function waitForBytes(buffer: SharedArrayBuffer, length: number): void {
  const view = new BigInt64Array(buffer)
  for (;;) {
    const value = Atomics.load(view, 0)
    if (value === failed) throw new CorruptArchive(downloadFailed)
    if (value >= BigInt(length)) return
    Atomics.wait(view, 0, value, longestSleep)
  }
}
