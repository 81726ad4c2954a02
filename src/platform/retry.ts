import { pause, random } from './clock.ts'
import { info } from './runner.ts'

/** How long a server can make us wait, in seconds: a job costs money while it waits. */
export const maxRetryAfter = 60

/** Of pauses without a server's wish. */
const longestPause = 30

/**
 * How long to wait before something is tried again. The legs of a matrix fail together, so each waits up to a quarter longer.
 *
 * @param count how often it has failed
 * @param asked after how many seconds the server asks to be asked again
 * @param share which part of that quarter, from 0 to 1
 * @returns seconds
 */
export function backoffSeconds(count: number, asked: number | undefined, share: number): number {
  const usual = Math.min(longestPause, 2 ** (count - 1))
  return Math.max(usual, Math.min(maxRetryAfter, asked ?? 0)) * (1 + share / 4)
}

/**
 * Does something, and again while it fails in a way that may pass, with growing pauses, or after the time that the server
 * asks for.
 *
 * @param retries how often it may be tried again
 * @param attempt what is done; its result tells whether it failed
 * @param isTransient whether a result is a failure that may pass
 * @param asked after how many seconds the server asks to be asked again, as far as a result tells
 * @returns the last result
 */
export async function retryWithBackoff<T>(
  retries: number,
  attempt: () => Promise<T>,
  isTransient: (result: T) => boolean,
  asked: (result: T) => number | undefined | Promise<number | undefined>,
): Promise<T> {
  for (let count = 1; ; count++) {
    const result = await attempt()
    if (count > retries || !isTransient(result)) return result
    const requested = await asked(result)
    const seconds = backoffSeconds(count, requested, random())
    const why =
      requested === undefined ? 'The network failed' : `The server asks for a pause of ${requested} s`
    info(`${why}; trying again in ${Math.floor(seconds)} s (${count} of ${retries}).`)
    await pause(seconds)
  }
}
