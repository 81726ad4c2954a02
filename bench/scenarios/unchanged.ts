import { type Context, runPair } from '../context.ts'
import type { Pair, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import { type RanJob, secondsOf } from '../side.ts'
import { startOthers } from './others.ts'

export const unchanged: Scenario = {
  name: 'unchanged',
  does: 'a job on a commit whose entry is there',
  run: measure,
}

async function measure(context: Context): Promise<readonly Row[]> {
  await context.base()
  const commit = await context.project.commit({ edits: 0, bumps: 0 })
  const pairs: Pair[] = []
  const posts: Pair[] = []
  const others = await startOthers(context)
  for (let pair = 0; pair < context.pairs(3); pair++) {
    const spec = { commit, steps: context.steps, hit: true }
    const jobs = await runPair(context, pair, { ours: spec, today: spec })
    const measured = pairOf(jobs, ...wholeJob)
    pairs.push(measured)
    await others.measure(measured.ours, spec, wholeJob)
    posts.push(pairOf(jobs, 'post'))
  }
  const row: Row = {
    name: 'unchanged',
    what: 'unchanged repository: restore, `go build ./...`, `go test ./...`',
    ...{ versus: context.todayTitle, unit: 'seconds', judged: 'ratio', aim: 0.6, pairs },
  }
  return [
    row,
    ...others.rows(row),
    {
      name: 'post-idle',
      what: 'post step with nothing to save',
      ...{ versus: context.todayTitle, unit: 'seconds', judged: 'ours', aim: 0.3, pairs: posts },
    },
  ]
}

/** The steps of a whole job. */
export const wholeJob = ['main', 'build', 'test'] as const

/** The seconds of both sides in the given steps. */
export function pairOf(
  { ours, today }: { readonly ours: RanJob; readonly today: RanJob },
  ...steps: readonly string[]
): Pair {
  const parts = (job: RanJob) => Object.fromEntries(steps.map((step) => [step, secondsOf(job, step)]))
  return {
    ours: secondsOf(ours, ...steps),
    other: secondsOf(today, ...steps),
    parts: { ours: parts(ours), other: parts(today) },
  }
}
