import { pause } from '../system/clock.ts'
import { info } from '../system/runner.ts'

/**
 * Does something, and again while it fails in a way that may pass, with growing pauses.
 *
 * @param retries how often it may be tried again
 * @param attempt what is done; its result tells whether it failed
 * @param mayPass whether a result is a failure that may pass
 * @returns the last result
 */
export async function again<T>(
  retries: number,
  attempt: () => Promise<T>,
  mayPass: (result: T) => boolean,
): Promise<T> {
  for (let count = 1; ; count++) {
    const result = await attempt()
    if (count > retries || !mayPass(result)) return result
    const seconds = Math.min(30, 2 ** (count - 1))
    info(`The network failed; trying again in ${seconds} s (${count} of ${retries}).`)
    await pause(seconds)
  }
}
