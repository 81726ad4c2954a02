import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import * as path from 'node:path'
import { Worker } from 'node:worker_threads'
import { runProcess } from '../../testbed/process.ts'
import { bundle } from '../actions.ts'
import { buildCarrier, memoryFolder } from '../carrier.ts'
import { restoreContent } from '../content.ts'
import type { Context } from '../context.ts'
import type { FilesToCreate } from '../create-files.ts'
import type { Pair, Row } from '../rows.ts'
import type { Scenario } from '../scenario.ts'

export const creation: Scenario = {
  name: 'creation',
  does: 'what a faster place for new files brings, and more threads or fewer directories',
  note: 'Both real entries, unpacked to a file system in memory against the disk; and files of 4 kB, created by plain threads without unpacking. The rows compare with one thread, 256 directories and the disk.',
  run: measure,
}

/** One way to create the files. */
interface Layout {
  readonly threads: number
  readonly directories: number
  /** Absolute path of the folder for them. */
  readonly place: string
}

/** About the median length of Go source files, in bytes. */
const length = 4000

async function measure(context: Context): Promise<readonly Row[]> {
  const content = await restoreContent(context)
  const folder = path.join(context.folder, 'creation')
  mkdirSync(folder, { recursive: true })
  await bundle([path.join(import.meta.dirname, '..', 'create-files.ts')], folder)
  const files = context.options.quick ? 1000 : 20_000
  const carrier = await buildCarrier(content, folder)
  const memory = mkdtempSync(path.join(memoryFolder() ?? folder, 'go-deps-bench-creation-'))
  const usual: Layout = { threads: 1, directories: 256, place: path.join(folder, 'files') }
  const variants: Readonly<Record<string, readonly [string, Layout]>> = {
    memory: ['in memory', { ...usual, place: path.join(memory, 'files') }],
    ...Object.fromEntries(
      [2, 4, 8].map((threads) => [`threads-${threads}`, [`${threads} threads`, { ...usual, threads }]]),
    ),
    ...Object.fromEntries(
      [1, 16, 4096].map((directories) => [
        `directories-${directories}`,
        [directories === 1 ? '1 directory' : `${directories} directories`, { ...usual, directories }],
      ]),
    ),
  }
  const pairs = new Map(Object.keys(variants).map((name) => [name, [] as Pair[]]))
  const unpacking: Pair[] = []
  try {
    const entries = path.join(memory, 'entries')
    await carrier.pack(entries)
    for (let pair = 0; pair < context.pairs(3); pair++) {
      const ours = await carrier.unpack(entries, path.join(memory, 'stage'))
      unpacking.push({ ours, other: await carrier.unpack(entries, path.join(folder, 'stage')) })
      const other = await createFiles(folder, usual, files)
      for (const [name, [, layout]] of Object.entries(variants))
        pairs.get(name)?.push({ ours: await createFiles(folder, layout, files), other })
    }
  } finally {
    rmSync(memory, { recursive: true })
  }
  const common = { unit: 'seconds', judged: 'ratio' } as const
  return [
    {
      ...{ name: 'creation-unpack', what: 'unpacking both caches in memory', versus: 'on the disk' },
      ...{ ...common, pairs: unpacking },
    },
    ...Object.entries(variants).map(([name, [title]]) => ({
      ...{ name: `creation-${name}`, what: `creating ${files} files, ${title}` },
      ...{ versus: '1 thread, 256 directories, on the disk', ...common, pairs: pairs.get(name) ?? [] },
    })),
  ]
}

/** Seconds for creating the files, without starting the threads. */
async function createFiles(
  programs: string,
  { threads, directories, place }: Layout,
  files: number,
): Promise<number> {
  // Pending writes of the previous files must not slow these down.
  await runProcess({ command: 'sync', args: [], cwd: programs, env: { PATH: process.env.PATH ?? '' } })
  const all = Array.from({ length: directories }, (_, index) => path.join(place, `package${index}`))
  const workers = Array.from({ length: threads }, (_, thread) => {
    const workerData: FilesToCreate = {
      directories: all.filter((_, index) => index % threads === thread),
      files: Math.floor(files / threads),
      length,
    }
    return new Worker(path.join(programs, 'create-files.mjs'), { workerData })
  })
  const answers = (): Promise<unknown> =>
    Promise.all(
      workers.map(
        (worker) =>
          new Promise((resolve, reject) => {
            worker.once('message', resolve)
            worker.once('error', reject)
          }),
      ),
    )
  await answers()
  const start = performance.now()
  const done = answers()
  for (const worker of workers) worker.postMessage('start')
  await done
  const seconds = (performance.now() - start) / 1000
  await Promise.all(workers.map((worker) => worker.terminate()))
  rmSync(place, { recursive: true })
  return seconds
}
