import { type Context, runPair } from '../context.ts'
import type { Pair, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import { pairOf } from './unchanged.ts'

export const bump: Scenario = {
  name: 'bump',
  does: 'a job after one dependency was bumped',
  note: 'Each pair bumps another one: first a leaf of the graph, then one in its middle, then one that takes golang.org/x/net, x/sys and protobuf along and so touches nearly everything. Today’s strategy knows no fallback and finds nothing.',
  run: measure,
}

async function measure(context: Context): Promise<readonly Row[]> {
  const { chain, project, steps, options } = context
  if (chain.at().edits === 0 || chain.at().bumps > 0) await context.base()
  const { edits } = chain.at()
  const names = project.bumps.slice(0, context.pairs(3))
  const pairs: Pair[] = []
  for (const [pair, name] of names.entries()) {
    const wish = {
      commit: await project.commit({ edits, bumps: pair + 1 }),
      ...{ steps, hit: false },
    }
    // Whatever today's would save is of no use to the next bump. A quick run spares it the standard library.
    const today = { ...wish, post: false, keepHome: options.quick }
    const jobs = await runPair(context, pair, { ours: wish, today })
    chain.reached({ edits, bumps: pair + 1 })
    const measured = { ...pairOf(jobs, 'main', 'build', 'test'), note: name }
    pairs.push(measured)
    context.say(`${name}: ours ${measured.ours.toFixed(1)} s, today ${measured.other?.toFixed(1)} s`)
  }
  return [
    {
      name: 'bump',
      what: 'one dependency bumped',
      ...{ versus: 'today', unit: 'seconds', judged: 'ratio', aim: 0.3, pairs },
    },
  ]
}
