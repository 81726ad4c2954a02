import { type Context, runPair } from '../context.ts'
import type { Pair, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import { firstCoreEdit } from '../source-code.ts'
import { startOthers } from './others.ts'
import { pairOf, wholeJob } from './unchanged.ts'

export const edited: Scenario = {
  name: 'edited',
  does: 'a job after one line was changed in a package that half of all others import, twenty commits after the first entry',
  note: 'Every commit before changed a line, too, most of them in packages that few others import. Ours ran on every other one of them; for today’s strategy that would make no difference, because go.mod stayed as it was. The other set-ups ran on the commit before.',
  run: measure,
}

async function measure(context: Context): Promise<readonly Row[]> {
  const pairs: Pair[] = []
  const others = await startOthers(context)
  for (let pair = 0; pair < context.pairs(3); pair++) {
    const edits = firstCoreEdit + pair
    await context.chain.to(edits - 1)
    const spec = {
      commit: await context.project.commit({ edits, bumps: 0 }),
      steps: context.steps,
      hit: true,
    }
    const jobs = await runPair(context, pair, { ours: spec, today: { ...spec, post: false } })
    context.chain.reached({ edits, bumps: 0 })
    const measured = { ...pairOf(jobs, ...wholeJob), note: `commit ${edits}` }
    pairs.push(measured)
    const before = { ...spec, commit: await context.project.commit({ edits: edits - 1, bumps: 0 }) }
    await others.measure(measured.ours, spec, wholeJob, before)
  }
  const row: Row = {
    name: 'edited',
    what: 'one source line changed, twenty commits after the entry was made',
    ...{ versus: context.todayTitle, unit: 'seconds', judged: 'ratio', aim: 0.4, pairs },
  }
  return [row, ...others.rows(row)]
}
