import * as path from 'node:path'
import type { HashFilesJob } from '../../src/cache/archive/hash-files.ts'
import { moduleRoot } from '../../src/gofiles/cache-layout.ts'
import { filesBelow } from '../../src/platform/files.ts'
import type { Context } from '../context.ts'
import { loadPack, type Pack } from '../pack.ts'
import type { Pair, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import { type Side, secondsOf } from '../side.ts'

export const proof: Scenario = {
  name: 'proof',
  does: 'what it costs to compare every restored module with go.sum',
  note: 'Main as a whole, without the build cache, with and without `verify`; and hashing the restored trees by themselves, against `go mod verify` on the same trees, which compares them with what lies beside them and not with go.sum.',
  run: measure,
}

async function measure(context: Context): Promise<readonly Row[]> {
  const side = await context.freshSide('ours', 'proof')
  const commit = await context.project.commit({ edits: 0, bumps: 0 })
  const spec = { commit, with: { 'cache-build': 'false' } }
  await side.run(spec)
  const code = await loadPack(path.join(context.folder, 'proof-bundle'))
  const restores: Pair[] = []
  const hashes: Pair[] = []
  const restore = async (verify: 'true' | 'false') =>
    secondsOf(await side.run({ ...spec, with: { ...spec.with, verify }, post: false, hit: true }), 'main')
  for (let pair = 0; pair < context.pairs(7); pair++) {
    const early = pair % 2 === 0 ? await restore('true') : undefined
    const other = await restore('false')
    restores.push({ ours: early ?? (await restore('true')), other })
    // Once, so that both find the files in the page cache.
    await hashAll(code, side)
    hashes.push({ ours: await hashAll(code, side), other: await goModVerify(side, spec.commit) })
  }
  const common = { unit: 'seconds', judged: 'ratio' } as const
  return [
    {
      name: 'proof-restore',
      what: 'warm restore of the modules with proof',
      ...{ versus: 'without', ...common, aim: 1.15, pairs: restores },
    },
    {
      name: 'proof-alone',
      what: 'hashing all restored modules',
      ...{ versus: '`go mod verify`', ...common, aim: 1, pairs: hashes },
    },
  ]
}

/** Seconds for hashing every file of every tree in the threads. */
async function hashAll({ runWorkers }: Pack, { places }: Side): Promise<number> {
  const { gomodcache } = places
  const start = performance.now()
  await runWorkers(2, Number.POSITIVE_INFINITY, () => {
    const files = filesBelow(gomodcache).filter((file) => {
      const root = file.split('/').findIndex((element) => element.includes('@'))
      return (
        root > 0 &&
        moduleRoot(
          file
            .split('/')
            .slice(0, root + 1)
            .join('/'),
        )?.kind === 'tree'
      )
    })
    if (files.length === 0) throw new Error('there are no modules to hash')
    return [0, 1].map((half) => {
      const data: HashFilesJob = {
        directory: gomodcache,
        files: files.filter((_, index) => index % 2 === half),
      }
      return { task: 'hash-files', data }
    })
  })
  return (performance.now() - start) / 1000
}

/** Seconds of the go command, in a job whose module cache is complete already. */
async function goModVerify(side: Side, commit: Parameters<Side['run']>[0]['commit']): Promise<number> {
  const job = await side.run({
    commit,
    with: { cache: 'false', dependencies: 'none' },
    steps: { verify: 'go mod verify' },
    keepHome: true,
    post: false,
  })
  return secondsOf(job, 'verify')
}
