/** One operation of main, and when it ran. */
export interface Span {
  readonly what: string
  /** Seconds since main began. */
  readonly from: number
  readonly to: number
}

/** Returns the current time, in milliseconds since 1970. */
export function now(): number {
  return Date.now()
}

/** Starts a clock, and returns a function that returns the seconds since then. */
export function elapsed(): () => number {
  const start = performance.now()
  return () => (performance.now() - start) / 1000
}

/**
 * Waits for a number of seconds.
 *
 * @param signal ends the wait early, without an error
 */
export function pause(seconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, seconds * 1000)
    signal?.addEventListener('abort', end)
    if (signal?.aborted) end()
  })
}

/** Returns a random number from 0 (inclusive) to 1 (exclusive). */
export function random(): number {
  return Math.random()
}

/** A record of operations and their durations. */
export interface Timeline {
  /** The operations so far, in the order of their start. */
  readonly spans: () => readonly Span[]
  /** Runs an operation and records it, whether it succeeds or not. */
  readonly time: <T>(what: string, work: () => Promise<T>) => Promise<T>
}

/** Starts a timeline at zero. */
export function startTimeline(): Timeline {
  const seconds = elapsed()
  const spans: Span[] = []
  return {
    spans: () => [...spans].sort((a, b) => a.from - b.from),
    time: async (what, work) => {
      const from = seconds()
      try {
        return await work()
      } finally {
        spans.push({ what, from, to: seconds() })
      }
    },
  }
}
