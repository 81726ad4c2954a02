import type { Context } from '../context.ts'
import type { Parts, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import type { Side } from '../side.ts'
import { firstCoreEdit } from '../source-code.ts'

export const growth: Scenario = {
  name: 'growth',
  does: 'the size of our entries after twenty edits and every bump, against those of a first job',
  note: 'The bumps come last and one after the other, which is the worst case: what the last three of them replaced is still kept.',
  run: measure,
}

async function measure(context: Context): Promise<readonly Row[]> {
  const { chain, project, ours, steps, say } = context
  if (chain.at().edits < firstCoreEdit) await chain.to(firstCoreEdit)
  const { edits, bumps: done } = chain.at()
  for (let bumps = done + 1; bumps <= project.bumps.length; bumps++) {
    await ours.run({ commit: await project.commit({ edits, bumps }), steps })
    chain.reached({ edits, bumps })
    const { modules, build } = sizes(ours)
    say(`after bump ${bumps}: ${modules?.toFixed(1)} MB of modules, ${build?.toFixed(1)} MB of build objects`)
  }
  const parts = { ours: sizes(ours), other: await freshSizes(context, edits) }
  const pair = { ours: total(parts.ours), other: total(parts.other), parts }
  return [
    {
      name: 'growth',
      what: `size of both entries after ${edits} edits and ${project.bumps.length} bumps`,
      ...{ versus: 'fresh entries', unit: 'megabytes', judged: 'ratio', aim: 1.25, pairs: [pair] },
    },
  ]
}

/** Size that a first job on the same commit stores. A quick run uses that of the very first job instead. */
async function freshSizes(context: Context, edits: number): Promise<Parts> {
  const { options, project, base, ours, steps, freshSide } = context
  if (options.quick) {
    await base()
    return sizes(ours)
  }
  const fresh = await freshSide('ours', 'fresh')
  await fresh.run({ commit: await project.commit({ edits, bumps: project.bumps.length }), steps })
  return sizes(fresh)
}

function sizes(side: Side): Parts {
  return {
    modules: side.newest('godeps.modules') / 1e6,
    build: side.newest('godeps.build') / 1e6,
  }
}

function total(parts: Parts): number {
  return Object.values(parts).reduce((sum, value) => sum + value, 0)
}
