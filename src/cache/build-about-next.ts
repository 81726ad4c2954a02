import type { BuildState } from '../plan/state.ts'
import { now } from '../system/clock.ts'
import { collectTestInputs } from '../test-inputs/collect.ts'
import { type BuildAbout, shortId } from './build-about.ts'
import type { BuildChoice } from './build-choice.ts'
import { readLogs, type TestObjects } from './build-tests.ts'

/**
 * What the next entry remembers.
 *
 * @param choice what it holds
 * @param tests records and results of tests among what this job added
 * @param before what the entry before remembers
 */
export async function aboutNext(
  { kept, idle }: BuildChoice,
  tests: TestObjects,
  before: BuildAbout,
  { directory, workspace, checkouts, settled, testCache }: BuildState,
): Promise<BuildAbout> {
  const keptOf = (earlier: readonly string[], added: TestObjects['logs']) => {
    const ids = new Set([...earlier, ...added.map(({ id }) => shortId(id))])
    return kept.filter(({ id }) => ids.has(shortId(id)))
  }
  const logs = keptOf(before.logs, tests.logs)
  return {
    saved: Math.floor(now() / 1000),
    idle,
    results: keptOf(before.results, tests.results).map(({ id }) => shortId(id)),
    logs: logs.map(({ id }) => shortId(id)),
    testInputs:
      testCache === 'stable' ? await collectTestInputs(workspace, readLogs(directory, logs), checkouts) : [],
    settled,
  }
}
