import type { BuildState } from '../../plan/state.ts'
import { now } from '../../system/clock.ts'
import { info } from '../../system/runner.ts'
import { collectTestInputs } from '../../test-inputs/collect.ts'
import { type BuildAbout, shortId } from './about.ts'
import type { BuildChoice } from './choice.ts'
import type { CachedAction } from './listing.ts'
import { readLogs } from './test-logs.ts'

/**
 * What the next entry remembers.
 *
 * @param choice what it holds
 * @param added records of tests among what this job added
 * @param before what the entry before remembers
 */
export async function aboutNext(
  { kept, idle, whole }: BuildChoice,
  added: readonly CachedAction[],
  before: BuildAbout,
  { directory, workspace, checkouts, settled, testCache }: BuildState,
): Promise<BuildAbout> {
  const records = new Set([...before.logs, ...added.map(({ id }) => shortId(id))])
  const logs = kept.filter(({ id }) => records.has(shortId(id)))
  const lookedAt = (found: readonly CachedAction[]) =>
    collectTestInputs(workspace, readLogs(directory, found), checkouts).catch((error: Error) => {
      info(`What tests looked at is not known: ${error.message}`)
      return []
    })
  return {
    saved: Math.floor(now() / 1000),
    idle,
    whole,
    logs: logs.map(({ id }) => shortId(id)),
    testInputs: testCache === 'stable' ? await lookedAt(logs) : [],
    settled,
  }
}
