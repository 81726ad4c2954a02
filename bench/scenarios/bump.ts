import { type Context, runPair } from '../context.ts'
import type { Pair, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import { startOthers } from './others.ts'
import { pairOf, wholeJob } from './unchanged.ts'

export const bump: Scenario = {
  name: 'bump',
  does: 'a job after one dependency was bumped',
  note: 'Each pair bumps another one: first a leaf of the graph, then one in its middle, then one that takes golang.org/x/net, x/sys and protobuf along and so touches nearly everything. Today’s strategy knows no fallback and finds nothing. The other set-ups fall back to what they saved last.',
  run: measure,
}

async function measure(context: Context): Promise<readonly Row[]> {
  const { chain, project, steps, options } = context
  if (chain.at().edits === 0 || chain.at().bumps > 0) await context.base()
  const { edits } = chain.at()
  const names = project.bumps.slice(0, context.pairs(3))
  const pairs: Pair[] = []
  const others = await startOthers(context)
  for (const [pair, name] of names.entries()) {
    const spec = {
      commit: await project.commit({ edits, bumps: pair + 1 }),
      ...{ steps, hit: false },
    }
    // The entry of `today` does not help with the next bump. A quick run skips compiling the standard library for it.
    const today = { ...spec, post: false, keepHome: options.quick }
    const jobs = await runPair(context, pair, { ours: spec, today })
    chain.reached({ edits, bumps: pair + 1 })
    const measured = { ...pairOf(jobs, ...wholeJob), note: name }
    pairs.push(measured)
    const before = pair === 0 ? { commit: await project.commit({ edits, bumps: 0 }), steps } : undefined
    await others.measure(measured.ours, { ...spec, hit: true }, wholeJob, before)
    context.say(`${name}: ours ${measured.ours.toFixed(1)} s, today ${measured.other?.toFixed(1)} s`)
  }
  const row: Row = {
    name: 'bump',
    what: 'one dependency bumped',
    ...{ versus: context.todayTitle, unit: 'seconds', judged: 'ratio', aim: 0.3, pairs },
  }
  return [row, ...others.rows(row)]
}
