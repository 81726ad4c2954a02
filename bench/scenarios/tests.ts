import { availableParallelism } from 'node:os'
import { type Context, runPair } from '../context.ts'
import type { Pair, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import { testTimeVariable } from '../source-code.ts'
import { pairOf } from './unchanged.ts'

export const tests: Scenario = {
  name: 'tests',
  does: 'the test step alone, on a fresh checkout of what was tested before, with `test-cache: stable`',
  note: 'The tests read testdata and then sleep, for as long as `--test-seconds` says. The first job of all had this input, too: it learned which files tests read. The next stores results with settled times, and is not measured.',
  run: measure,
}

/** Jobs until results with stable mtimes are stored, and one more. */
const warmUps = 2

async function measure(context: Context): Promise<readonly Row[]> {
  const { ours, today, project, options } = context
  await context.base()
  const commit = await project.commit({ edits: 0, bumps: 0 })
  // Go tests as many packages in parallel as there are processors.
  const each = Math.ceil((options.testSeconds * 1000 * availableParallelism()) / project.readers)
  const spec = {
    commit,
    env: { [testTimeVariable]: String(each) },
    steps: { test: context.steps.test },
    hit: true,
  }
  const specs = {
    ours: { ...spec, with: { 'test-cache': 'stable' } },
    // Another image gives another key: an entry of a job that ran exactly these tests.
    today: { ...spec, env: { ...spec.env, ImageOS: 'ubuntu24-tests' } },
  }
  for (let job = 0; job < warmUps; job++) {
    const { seconds } = await ours.run(specs.ours)
    context.say(`ours, job ${job + 1} of ${warmUps} before: tests took ${seconds.test?.toFixed(1)} s`)
  }
  // With a full home only the tests take time.
  await today.run({ commit, post: false, hit: true })
  await today.run({ ...specs.today, keepHome: true, hit: false })
  const pairs: Pair[] = []
  for (let pair = 0; pair < context.pairs(3); pair++) {
    pairs.push(pairOf(await runPair(context, pair, specs), 'test'))
  }
  return [
    {
      name: 'tests',
      what: `the test step alone: ${options.testSeconds} s of tests that read testdata, fresh checkout, nothing changed`,
      ...{ versus: context.todayTitle, unit: 'seconds', judged: 'ratio', aim: 0.1, pairs },
    },
  ]
}
