import * as path from 'node:path'
import type { Context } from '../context.ts'
import type { Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import { measureStartup } from '../startup.ts'

export const startup: Scenario = {
  name: 'startup',
  does: 'what main and post take when there is nothing to do',
  note: 'Node’s own start is part of it.',
  run: async (context) => rows(context),
}

function rows({ ours, folder, pairs: count }: Context): readonly Row[] {
  const times = measureStartup(ours.actionDirectory, path.join(folder, 'startup'), count(15))
  const row = (name: string, what: string, values: readonly number[], aim: number): Row => ({
    ...{ name, what, versus: 'node alone', unit: 'seconds', judged: 'ours', aim },
    pairs: values.map((ours, round) => ({ ours, other: times.node[round] ?? Number.NaN })),
  })
  return [
    row('startup-main', 'main with everything off', times.off, 0.5),
    row('startup-nothing', 'main where there is no module', times.nothing, 0.5),
    row('startup-post', 'post without anything to do', times.post, 0.3),
  ]
}
