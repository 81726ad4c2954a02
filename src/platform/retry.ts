import { pause, random } from './clock.ts'
import { info } from './runner.ts'

/** Maximum pause that a server can request, in seconds: a job costs money while it waits. */
export const maxRetryAfter = 60

/** Maximum pause when the server requests none, in seconds. */
const maxPause = 30

/**
 * Returns the pause before the next retry. The legs of a matrix fail together, so each waits up to a quarter longer.
 *
 * @param count number of failures so far
 * @param requested the pause that the server requests, in seconds
 * @param share the share of that quarter, from 0 to 1
 * @returns seconds
 */
export function backoffSeconds(count: number, requested: number | undefined, share: number): number {
  const backoff = Math.min(maxPause, 2 ** (count - 1))
  return Math.max(backoff, Math.min(maxRetryAfter, requested ?? 0)) * (1 + share / 4)
}

/**
 * Runs an operation, and retries transient failures with growing pauses. A server can request a longer pause.
 *
 * @param retries maximum number of retries
 * @param attempt the operation; its result shows whether it failed
 * @param isTransient whether a result is a transient failure
 * @param retryAfterOf returns the pause in seconds that the server requests, if any
 * @returns the last result
 */
export async function retryWithBackoff<T>(
  retries: number,
  attempt: () => Promise<T>,
  isTransient: (result: T) => boolean,
  retryAfterOf: (result: T) => number | undefined | Promise<number | undefined>,
): Promise<T> {
  for (let count = 1; ; count++) {
    const result = await attempt()
    if (count > retries || !isTransient(result)) return result
    const requested = await retryAfterOf(result)
    const seconds = backoffSeconds(count, requested, random())
    const why =
      requested === undefined ? 'The network failed' : `The server requested a pause of ${requested} s`
    info(`${why}; retrying in ${Math.floor(seconds)} s (${count} of ${retries}).`)
    await pause(seconds)
  }
}
