import { type BuildUse, bytesOf } from './choice.ts'
import type { CachedAction } from './listing.ts'

/** What of a job's objects an entry has room for. */
export interface FittingUse {
  readonly use: BuildUse
  /** What was used and does not fit. */
  readonly leftOut: readonly CachedAction[]
}

/**
 * Chooses which of the used objects an entry does without where all of them are too many. Those that the restored entry
 * held come first, so that an entry at its limit is not made anew in every run; among others the small ones, because an
 * object saves a process, whatever its length. So executables and large packages go first.
 *
 * @param use the job's objects
 * @param room bytes of data that the entry may hold
 */
export function fitUse(use: BuildUse, room: number): FittingUse {
  if (bytesOf([...use.reused, ...use.fresh]) <= room) return { use, leftOut: [] }
  const counted = new Set<string>()
  let total = 0
  const fits = ({ output, size }: CachedAction): boolean => {
    const adds = counted.has(output) ? 0 : size
    if (total + adds > room) return false
    counted.add(output)
    total += adds
    return true
  }
  const smallFirst = (actions: readonly CachedAction[]) =>
    [...actions].sort((a, b) => a.size - b.size || (a.id < b.id ? -1 : 1))
  const reused = smallFirst(use.reused).filter(fits)
  const fresh = smallFirst(use.fresh).filter(fits)
  const kept = new Set([...reused, ...fresh])
  return {
    use: { ...use, reused, fresh },
    leftOut: [...use.reused, ...use.fresh].filter((action) => !kept.has(action)),
  }
}
