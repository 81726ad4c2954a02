import { isMainThread, workerData } from 'node:worker_threads'

/**
 * The state of a worker thread: it may be stopped, it must not be stopped now, it is being stopped. Node aborts the
 * whole process when it stops a thread between the creation and the initialisation of a compressor (node_zlib.cc,
 * CompressionStream::Close, "close before init").
 */
const states = { free: 0, busy: 1, stopped: 2 } as const

/** Maximum time to wait for such a call, in milliseconds. A frame takes some ten. */
const longestCall = 5000

/** The data of a worker thread that `stopBetweenCalls` can stop. */
interface StoppableThread {
  readonly stoppable: Int32Array<SharedArrayBuffer>
}

/** Creates the data for a worker thread, for `workerData`. */
export function stoppableThread(): StoppableThread {
  return { stoppable: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) }
}

/** The state of this thread; undefined in the main thread. */
const own = isMainThread ? undefined : (workerData as Partial<StoppableThread> | null)?.stoppable

let isInCall = false

/** Runs a call that the end of this thread must not interrupt, such as one of zlib. */
export function uninterrupted<T>(call: () => T): T {
  if (own === undefined || isInCall) return call()
  // Once the thread is being stopped, this waits for its end.
  while (Atomics.compareExchange(own, 0, states.free, states.busy) !== states.free)
    Atomics.wait(own, 0, states.stopped)
  isInCall = true
  try {
    return call()
  } finally {
    isInCall = false
    Atomics.store(own, 0, states.free)
    Atomics.notify(own, 0)
  }
}

/** Waits until a thread is outside of such calls, and keeps it from starting another. It may be terminated then. */
export function stopBetweenCalls({ stoppable }: StoppableThread): void {
  const end = performance.now() + longestCall
  while (
    Atomics.compareExchange(stoppable, 0, states.free, states.stopped) === states.busy &&
    performance.now() < end
  )
    Atomics.wait(stoppable, 0, states.busy, 100)
}
