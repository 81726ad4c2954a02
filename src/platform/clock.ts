/** One thing that main did, and when. */
export interface Span {
  readonly what: string
  /** Seconds since main began. */
  readonly from: number
  readonly to: number
}

/** Now, in milliseconds since 1970. */
export function now(): number {
  return Date.now()
}

/** Starts a clock; what it returns tells the seconds since. */
export function elapsed(): () => number {
  const start = performance.now()
  return () => (performance.now() - start) / 1000
}

/** Waits so many seconds. */
export function pause(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}

/** A number from 0 up to 1 that nobody can tell before. */
export function random(): number {
  return Math.random()
}

/** Notes what takes how long. */
export interface Timeline {
  /** What was done so far, in the order in which it began. */
  readonly spans: () => readonly Span[]
  /** Does something and notes it, whether it succeeds or not. */
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
