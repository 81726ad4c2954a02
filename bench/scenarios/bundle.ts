import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { createRepository, git } from '../../testbed/git-repository.ts'
import type { Context } from '../context.ts'
import { canWatchMemory, watchMemory } from '../memory.ts'
import { writeModuleZips } from '../module-zips.ts'
import type { Pair, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'
import { type JobWish, type Side, secondsOf } from '../side.ts'

export const bundle: Scenario = {
  name: 'bundle',
  does: 'an air-gapped bundle of 200 modules and 400 MB: made, and used',
  note: 'Main as a whole. Making: the zips are in the module cache already, and every one is hashed; against copying the same files and then `tar` with `gzip`, as it is done by hand, and with `zstd -3 -T0`; neither hashes anything. Using: everything is hashed, unpacked and hashed again, and no go command downloads anything. Made-up sources, as compressible as real ones.',
  run: measure,
}

async function measure(context: Context): Promise<readonly Row[]> {
  const [count, bytes] = context.options.quick ? [10, 100_000] : [200, 2_000_000]
  const folder = path.join(context.folder, 'bundle')
  const served = path.join(folder, 'proxy')
  const modules = writeModuleZips(served, count, bytes)
  const source = path.join(folder, 'source')
  mkdirSync(source, { recursive: true })
  writeFileSync(path.join(source, 'go.mod'), `module example.com/bench\n\ngo 1.21\n\n${modules.requires}`)
  writeFileSync(path.join(source, 'go.sum'), modules.sums)
  writeFileSync(path.join(source, 'bench.go'), 'package bench\n')
  const repository = path.join(folder, 'repository')
  await createRepository(source, repository)
  const commit = { repository, sha: await git(repository, 'rev-parse', 'HEAD') }
  const side = await context.freshSide('ours', 'bundle-side')
  const env = { GOPROXY: pathToFileURL(served).href, GONOSUMDB: '*', GOSUMDB: '' }
  const kept = path.join(folder, 'kept.tar.zst')
  const make: JobWish = {
    ...{ commit, env, with: { cache: 'false', 'bundle-output': 'deps.bundle.tar.zst' } },
    ...{ keepHome: true, post: false },
  }
  const use: JobWish = {
    ...make,
    with: { cache: 'false', dependencies: 'none', bundle: kept },
  }
  // Fills the module cache.
  await side.run(make)
  for (const ending of ['', '.sha256'])
    copyFileSync(path.join(side.places.workspace, `deps.bundle.tar.zst${ending}`), kept + ending)
  const [made, madeByZstd, used, memory]: [Pair[], Pair[], Pair[], Pair[]] = [[], [], [], []]
  for (let pair = 0; pair < context.pairs(5); pair++) {
    const early = pair % 2 === 0 ? await watched(side, make) : undefined
    const other = copyAndCompress(served, folder, 'gzip -c')
    const zstd = copyAndCompress(served, folder, 'zstd -q -3 -T0 -c')
    const making = early ?? (await watched(side, make))
    const using = await watched(side, use)
    made.push({ ours: making.seconds, other })
    madeByZstd.push({ ours: making.seconds, other: zstd })
    used.push({ ours: using.seconds })
    memory.push({ ours: Math.max(making.megabytes, using.megabytes) })
  }
  const what = `bundle of ${count} modules, ${Math.round(modules.bytes / 1e6)} MB`
  const seconds = { unit: 'seconds' } as const
  return [
    {
      ...{ name: 'bundle-make', what: `${what}: made`, versus: 'cp, then tar with gzip' },
      ...{ ...seconds, judged: 'ratio', aim: 1.5, pairs: made },
    },
    {
      ...{ name: 'bundle-make-zstd', what: `${what}: made`, versus: 'cp, then tar with zstd' },
      ...{ ...seconds, judged: 'ratio', pairs: madeByZstd },
    },
    {
      ...{ name: 'bundle-use', what: `${what}: checked and served`, versus: '' },
      ...{ ...seconds, judged: 'ours', aim: 3, pairs: used },
    },
    ...(canWatchMemory
      ? [
          {
            ...{
              name: 'bundle-memory',
              what: `${what}: resident memory, all processes together`,
              versus: '',
            },
            ...({ unit: 'megabytes', judged: 'ours', aim: 300, pairs: memory } as const),
          },
        ]
      : []),
  ]
}

async function watched(
  side: Side,
  wish: JobWish,
): Promise<{ readonly seconds: number; readonly megabytes: number }> {
  const end = canWatchMemory ? watchMemory(side.actionDirectory) : undefined
  try {
    const job = await side.run(wish)
    return { seconds: secondsOf(job, 'main'), megabytes: (end?.().together ?? 0) / 1e6 }
  } finally {
    end?.()
  }
}

/** Seconds that it takes to copy the files and to make a compressed archive of them. */
function copyAndCompress(from: string, folder: string, compress: string): number {
  const [copy, archive] = [path.join(folder, 'copy'), path.join(folder, 'copy.tar.compressed')]
  const start = performance.now()
  cpSync(from, copy, { recursive: true })
  const script = `set -o pipefail; tar -cf - -C "$1" . | ${compress} > "$2"`
  execFileSync('bash', ['-c', script, 'bash', copy, archive])
  const seconds = (performance.now() - start) / 1000
  rmSync(copy, { recursive: true })
  rmSync(archive)
  return seconds
}
