import * as path from 'node:path'
import { sizesBelow } from '../content.ts'
import { type Context, runPair } from '../context.ts'
import { checkOutRealProject, realProjectTitle } from '../real-project.ts'
import type { Pair, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import { type Side, secondsOf } from '../side.ts'
import { pairOf } from './unchanged.ts'

export const caddy: Scenario = {
  name: 'caddy',
  does: `a job on an unchanged commit of a real repository with over 25,000 files in its caches, ${realProjectTitle}`,
  note: 'Its source is the zip of its module. The first job of each side downloads and compiles everything, and is not measured. A quick run takes the small project instead.',
  run: measure,
}

/** With fewer files, this is not the repository that the row is about. */
const fewestFiles = 25_000

async function measure(context: Context): Promise<readonly Row[]> {
  const { options, project, steps: usual, todayTitle, say } = context
  const commit = options.quick
    ? await project.commit({ edits: 0, bumps: 0 })
    : await checkOutRealProject(path.join(context.folder, 'caddy'), say)
  const steps = { build: usual.build, vet: 'go vet ./...' }
  const sides = {
    ours: await context.freshSide('ours', 'caddy-ours'),
    today: await context.freshSide('today', 'caddy-today'),
  }
  for (const side of Object.values(sides)) {
    const job = await side.run({ commit, steps, hit: false })
    say(`first job of ${side.name}, nothing cached: ${secondsOf(job, 'main', 'build', 'vet').toFixed(1)} s`)
  }
  // setup-go caches both directories as they are now.
  const { files, bytes } = cached(sides.today)
  if (files < fewestFiles && !options.quick) throw new Error(`the caches hold only ${files} files`)
  const pairs: Pair[] = []
  for (let pair = 0; pair < context.pairs(3); pair++) {
    const spec = { commit, steps, hit: true }
    const jobs = await runPair(sides, pair, { ours: spec, today: spec })
    pairs.push(pairOf(jobs, 'main', 'build', 'vet'))
  }
  const what = options.quick ? 'small project' : realProjectTitle
  const size = `${files.toLocaleString('en-US')} files, ${(bytes / 1e9).toFixed(2)} GB`
  return [
    {
      name: 'caddy',
      what: `${what}, ${size} in both caches: restore, \`go build ./...\`, \`go vet ./...\``,
      ...{ versus: todayTitle, unit: 'seconds', judged: 'ratio', aim: 0.6, pairs },
    },
  ]
}

function cached({ places }: Side): { readonly files: number; readonly bytes: number } {
  const [modules, build] = [sizesBelow(places.gomodcache), sizesBelow(places.gocache)]
  return { files: modules.files + build.files, bytes: modules.bytes + build.bytes }
}
