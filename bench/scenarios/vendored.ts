import type { Context } from '../context.ts'
import { modulesFolder } from '../modules.ts'
import type { Pair, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import { secondsOf } from '../side.ts'

export const vendored: Scenario = {
  name: 'vendored',
  does: 'main in a vendored repository whose build cache is there already',
  run: measure,
}

async function measure({ baseOfOurs, ours, project, pairs: count }: Context): Promise<readonly Row[]> {
  await baseOfOurs()
  const commit = await project.vendored({ GOMODCACHE: modulesFolder, GOPROXY: 'off' })
  await ours.run({ commit, steps: { build: 'go build ./core' } })
  const pairs: Pair[] = []
  for (let pair = 0; pair < count(5); pair++) {
    const job = await ours.run({ commit, keepHome: true, steps: { build: 'go build ./core' } })
    pairs.push({ ours: secondsOf(job, 'main') })
  }
  return [
    {
      name: 'vendored',
      what: 'vendored repository, nothing to do: main',
      ...{ versus: '', unit: 'seconds', judged: 'ours', aim: 1, pairs },
    },
  ]
}
