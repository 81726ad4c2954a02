import type { Span } from '../report/timeline.ts'
import { elapsed } from '../system/clock.ts'

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
