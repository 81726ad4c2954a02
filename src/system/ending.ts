import { constants } from 'node:os'

/**
 * Runs something before this process ends, also when the job is cancelled: then the runner interrupts this process
 * alone, and `finally` is not reached.
 *
 * @param action does not wait for anything
 * @returns takes it back
 */
export function whenEnding(action: () => void): () => void {
  const end = (signal: NodeJS.Signals) => process.exit(128 + constants.signals[signal])
  process.once('exit', action)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end)
  return () => {
    process.off('exit', action)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end)
  }
}
