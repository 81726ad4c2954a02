import type { Context } from '../context.ts'
import type { Pair, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import { secondsOf } from '../side.ts'

export const zips: Scenario = {
  name: 'zips',
  does: 'the entry of modules without their zips, against one that holds them',
  note: 'Main as a whole, without the build cache.',
  run: measure,
}

async function measure(context: Context): Promise<readonly Row[]> {
  const side = await context.freshSide('ours', 'zips')
  const commit = await context.project.commit({ edits: 0, bumps: 0 })
  const spec = (packsZips: 'true' | 'false') => ({
    commit,
    with: { 'cache-build': 'false', 'cache-zips': packsZips, 'cache-key': `zips ${packsZips}` },
  })
  const size = async (packsZips: 'true' | 'false') => {
    await side.run(spec(packsZips))
    return side.newest('godeps.modules') / 1e6
  }
  const sizes = { ours: await size('false'), other: await size('true') }
  const pairs: Pair[] = []
  for (let pair = 0; pair < context.pairs(3); pair++) {
    const seconds = async (packsZips: 'true' | 'false') =>
      secondsOf(await side.run({ ...spec(packsZips), post: false }), 'main')
    const early = pair % 2 === 0 ? await seconds('false') : undefined
    const other = await seconds('true')
    pairs.push({ ours: early ?? (await seconds('false')), other })
  }
  const common = { versus: 'with zips', judged: 'ratio' } as const
  return [
    { name: 'zips-size', what: 'modules without zips: size', ...common, unit: 'megabytes', pairs: [sizes] },
    { name: 'zips-restore', what: 'modules without zips: main', ...common, unit: 'seconds', pairs },
  ]
}
