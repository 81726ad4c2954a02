import { setTimeout as sleep } from 'node:timers/promises'

/** One direction of a network link that all connections share. */
export interface Link {
  /** Resolves once that many more bytes may pass. */
  take(bytes: number): Promise<void>
}

// Timers fire late; a link that fell behind may catch up by this much, or it would never reach its bandwidth.
const slackMs = 20

/**
 * A token bucket.
 *
 * @param bytesPerSecond Infinity for a link without limit
 */
export function createLink(bytesPerSecond: number): Link {
  let free = performance.now()
  return {
    async take(bytes) {
      if (bytesPerSecond === Number.POSITIVE_INFINITY) return
      const now = performance.now()
      free = Math.max(free, now - slackMs) + (bytes / bytesPerSecond) * 1000
      if (free > now) await sleep(free - now)
    },
  }
}

/** A stage of a stream pipeline that passes bytes on at the link's pace and reports how many went by. */
export function pace(
  link: Link,
  passed: (bytes: number) => void,
): (source: AsyncIterable<Buffer>) => AsyncGenerator<Buffer> {
  return async function* (source) {
    for await (const chunk of source) {
      await link.take(chunk.length)
      passed(chunk.length)
      yield chunk
    }
  }
}
