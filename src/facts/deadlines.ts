import type { Deadlines } from '../system/carrier.ts'

/**
 * The deadlines: five minutes for a restore and ten for a save, unless the environment says otherwise.
 *
 * @param environment may hold GO_DEPS_RESTORE_SECONDS and GO_DEPS_SAVE_SECONDS; what is not a number
 *   above zero is ignored
 */
export function deadlines(environment: Readonly<Record<string, string | undefined>>): Deadlines {
  const seconds = (name: string, fallback: number) => {
    const value = Number(environment[name])
    return Number.isFinite(value) && value > 0 ? value : fallback
  }
  return { restore: seconds('GO_DEPS_RESTORE_SECONDS', 300), save: seconds('GO_DEPS_SAVE_SECONDS', 600) }
}
