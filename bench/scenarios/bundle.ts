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
import { type JobSpec, type Side, secondsOf } from '../side.ts'

export const bundle: Scenario = {
  name: 'bundle',
  does: 'an air-gapped bundle of 200 modules: made, and used',
  note: 'Main as a whole. Making: the zips are in the module cache already, and every one is hashed; against copying the same files and then `tar` with `gzip`, as it is done by hand, and with `zstd -3 -T0`; neither hashes anything. Using: everything is hashed, unpacked and hashed again, and no go command downloads anything. Made-up sources, as compressible as real ones: once in zips of 2 MB, once in zips as long as those of the big project are on average.',
  run: measure,
}

/** The mean length of the zips of the big project, in bytes. */
const usualLength = 800_000

async function measure(context: Context): Promise<readonly Row[]> {
  const large = await bundled(context, 'large', context.options.quick ? 100_000 : 2_000_000)
  const [made, madeByZstd, used, memory]: [Pair[], Pair[], Pair[], Pair[]] = [[], [], [], []]
  for (let pair = 0; pair < context.pairs(5); pair++) {
    const early = pair % 2 === 0 ? await timed(large.side, large.make) : undefined
    const other = copyAndCompress(large.served, context.folder, 'gzip -c')
    const zstd = copyAndCompress(large.served, context.folder, 'zstd -q -3 -T0 -c')
    const making = early ?? (await timed(large.side, large.make))
    made.push({ ours: making, other })
    madeByZstd.push({ ours: making, other: zstd })
    used.push({ ours: await timed(large.side, large.use) })
    // Sampling takes much of a processor, so timed jobs run without it.
    if (canWatchMemory) memory.push({ ours: await megabytes(large.side, [large.make, large.use]) })
  }
  const usual = await bundled(context, 'usual', context.options.quick ? 50_000 : usualLength)
  const usedUsual: Pair[] = []
  for (let pair = 0; pair < context.pairs(5); pair++)
    usedUsual.push({ ours: await timed(usual.side, usual.use) })
  const seconds = { unit: 'seconds' } as const
  return [
    {
      ...{ name: 'bundle-make', what: `${large.what}: made`, versus: 'cp, then tar with gzip' },
      ...{ ...seconds, judged: 'ratio', aim: 1.5, pairs: made },
    },
    {
      ...{ name: 'bundle-make-zstd', what: `${large.what}: made`, versus: 'cp, then tar with zstd' },
      ...{ ...seconds, judged: 'ratio', pairs: madeByZstd },
    },
    {
      ...{ name: 'bundle-use', what: `${large.what}: checked and served`, versus: '' },
      ...{ ...seconds, judged: 'ours', aim: 3, pairs: used },
    },
    {
      ...{ name: 'bundle-use-usual', what: `${usual.what}: checked and served`, versus: '' },
      ...{ ...seconds, judged: 'ours', aim: 3, pairs: usedUsual },
    },
    ...(canWatchMemory
      ? [
          {
            ...{
              name: 'bundle-memory',
              what: `${large.what}: resident memory, all processes together`,
              versus: '',
            },
            ...({ unit: 'megabytes', judged: 'ours', aim: 300, pairs: memory } as const),
          },
        ]
      : []),
  ]
}

/** A bundle, and the jobs that write and use it. */
interface Bundled {
  readonly side: Side
  /** The GOPROXY folder that it was made from. */
  readonly served: string
  readonly make: JobSpec
  readonly use: JobSpec
  readonly what: string
}

/** Writes a bundle, with the modules in the module cache. @param zipBytes approximate length of each zip */
async function bundled(context: Context, name: string, zipBytes: number): Promise<Bundled> {
  const folder = path.join(context.folder, `bundle-${name}`)
  const count = context.options.quick ? 10 : 200
  const served = path.join(folder, 'proxy')
  const modules = writeModuleZips(served, count, zipBytes)
  const source = path.join(folder, 'source')
  mkdirSync(source, { recursive: true })
  writeFileSync(path.join(source, 'go.mod'), `module example.com/bench\n\ngo 1.21\n\n${modules.requires}`)
  writeFileSync(path.join(source, 'go.sum'), modules.sums)
  writeFileSync(path.join(source, 'bench.go'), 'package bench\n')
  const repository = path.join(folder, 'repository')
  await createRepository(source, repository)
  const commit = { repository, sha: await git(repository, 'rev-parse', 'HEAD') }
  const side = await context.freshSide('ours', `bundle-side-${name}`)
  const env = { GOPROXY: pathToFileURL(served).href, GONOSUMDB: '*', GOSUMDB: '' }
  const make: JobSpec = {
    ...{ commit, env, with: { cache: 'false', 'bundle-output': 'deps.bundle.tar.zst' } },
    ...{ keepHome: true, post: false },
  }
  await side.run(make)
  const copied = path.join(folder, 'kept.tar.zst')
  for (const ending of ['', '.sha256'])
    copyFileSync(path.join(side.places.workspace, `deps.bundle.tar.zst${ending}`), copied + ending)
  const use = { ...make, with: { cache: 'false', dependencies: 'none', bundle: copied } }
  const what = `bundle of ${count} modules, ${Math.round(modules.bytes / 1e6)} MB`
  return { side, served, make, use, what }
}

async function timed(side: Side, spec: JobSpec): Promise<number> {
  return secondsOf(await side.run(spec), 'main')
}

/** Maximum memory use of some jobs. */
async function megabytes(side: Side, specs: readonly JobSpec[]): Promise<number> {
  const end = watchMemory(side.actionDirectory)
  try {
    for (const spec of specs) await side.run(spec)
    return end().together / 1e6
  } finally {
    end()
  }
}

/** Seconds for copying the files and for making a compressed archive of them. */
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
