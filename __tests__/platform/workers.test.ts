import { existsSync, mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { describe, expect, test } from 'vitest'
import type { PackShardJob } from '../../src/cache/archive/pack-shard.ts'
import { estimateWork, processors, runWorkers } from '../../src/platform/workers.ts'
import { packTree } from '../cache/archive/trees.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

/** Enough work for threads. */
const threaded = Number.POSITIVE_INFINITY

const packJob = (base: string, paths: readonly string[], target: string) => ({
  task: 'pack-shard',
  data: {
    base,
    units: [{ name: 'unit', roots: [], paths, expected: [] }],
    onFault: 'fail',
    verifyBuildObjects: false,
    target: { file: target },
    mtimeSeconds: 1,
  } satisfies PackShardJob,
})

test('runs each job on a thread and returns the results in the order of the jobs', async () => {
  const folder = temporaryFolder()
  writeFiles(folder, { 'base/large': 'x'.repeat(3_000_000), 'base/small': 'x' })
  const base = path.join(folder, 'base')
  const answers = await runWorkers(3, threaded, () => [
    packJob(base, ['large'], path.join(folder, '0')),
    packJob(base, [], path.join(folder, '1')),
    packJob(base, ['large', 'small'], path.join(folder, '2')),
  ])
  expect(answers).toMatchObject([
    { files: 1, bytes: 3_000_000 },
    { files: 0 },
    { files: 2, bytes: 3_000_001 },
  ])
})

test('handles more jobs than threads, and returns the results in the order of the jobs', async () => {
  const folder = temporaryFolder()
  const names = ['0', '1', '2', '3', '4']
  writeFiles(folder, Object.fromEntries(names.map((name) => [name, 'x'.repeat(Number(name) + 1)])))
  const answers = await runWorkers(2, threaded, () =>
    names.map((name) => packJob(folder, [name], path.join(folder, `packed-${name}`))),
  )
  expect(answers).toMatchObject(names.map((name) => ({ files: 1, bytes: Number(name) + 1 })))
})

test('runs small jobs in this thread, and returns the results in the order of the jobs', async () => {
  const folder = temporaryFolder()
  writeFiles(folder, { a: 'x', b: 'xx' })
  const before = resources()
  const answers = runWorkers(2, 3, () =>
    ['a', 'b', 'a'].map((name, at) => packJob(folder, [name], path.join(folder, `packed-${at}`))),
  )
  expect(resources()).toEqual(before)
  expect(await answers).toMatchObject([{ bytes: 1 }, { bytes: 2 }, { bytes: 1 }])
})

test.each([
  { name: 'in threads', work: threaded },
  { name: 'in this thread', work: 0 },
])('a failure $name keeps its name and message', async ({ work }) => {
  const data = { place: { file: '/absent' }, stage: '/', roots: [], skipRoots: [], shard: { name: 'absent' } }
  const damaged = runWorkers(1, work, () => [{ task: 'unpack-shard', data }])
  await expect(damaged).rejects.toMatchObject({ code: 'corrupt-archive', message: 'absent is missing' })
  await expect(runWorkers(1, work, () => [{ task: 'dance', data }])).rejects.toThrow('unknown task dance')
})

test('many small files count as much work as a large one', () => {
  expect(estimateWork({ files: 1000, bytes: 0 })).toBeGreaterThan(
    estimateWork({ files: 1, bytes: 10_000_000 }),
  )
})

describe('a failure', () => {
  test('keeps its name, message and code', async () => {
    const unpack = (shard: object) => ({
      task: 'unpack-shard',
      data: { place: { file: '/absent' }, stage: '/', roots: [], skipRoots: [], shard },
    })
    const damaged = runWorkers(1, threaded, () => [unpack({ name: 'absent' })])
    await expect(damaged).rejects.toMatchObject({ code: 'corrupt-archive', message: 'absent is missing' })
    const target = path.join(temporaryFolder(), 'no/such/folder')
    await expect(runWorkers(1, threaded, () => [packJob('/', [], target)])).rejects.toMatchObject({
      name: 'Error',
      code: 'ENOENT',
    })
  })

  test('is reported for an unknown task', async () => {
    await expect(runWorkers(1, threaded, () => [{ task: 'dance', data: {} }])).rejects.toThrow(
      'unknown task dance',
    )
  })

  test('stops the other threads', async () => {
    const before = resources()
    const folder = temporaryFolder()
    writeFiles(folder, { slow: 'x'.repeat(50_000_000) })
    const slow = Array.from({ length: 200 }, () => 'slow')
    const target = path.join(folder, 'target')
    const answers = runWorkers(2, threaded, () => [
      packJob(folder, slow, target),
      { task: 'dance', data: {} },
    ])
    await expect(answers).rejects.toThrow('dance')
    // It would exist if the thread that packs 10 GB had finished.
    expect(existsSync(target)).toBe(false)
    expect(resources()).toEqual(before)
  })

  test('while creating the jobs stops the threads too', async () => {
    const before = resources()
    const failing = runWorkers(2, threaded, () => {
      throw new Error('no jobs')
    })
    await expect(failing).rejects.toThrow('no jobs')
    expect(resources()).toEqual(before)
  })
})

/** The active threads of this process. */
function resources(): readonly string[] {
  return process.getActiveResourcesInfo().filter((name) => /worker|messageport/i.test(name))
}

test('the bundle finds the worker file next to itself and contains none of its code', async () => {
  const folder = temporaryFolder()
  const source = path.resolve(import.meta.dirname, '../../src').replaceAll(path.sep, '/')
  const entry = path.join(folder, 'main.ts')
  const files = ['pack', 'unpack'].map((name) => `export * from '${source}/cache/archive/${name}.ts'\n`)
  writeFiles(folder, { 'main.ts': files.join('') })
  const outdir = path.join(folder, 'dist')
  const { metafile } = await build({
    ...{
      entryPoints: { main: entry, worker: `${source}/worker.ts` },
      outdir,
      outExtension: { '.js': '.mjs' },
    },
    ...{ bundle: true, platform: 'node', format: 'esm', target: 'node24', metafile: true },
  })
  const inputs = (name: string) =>
    Object.keys(
      Object.entries(metafile.outputs).find(([file]) => file.endsWith(`dist/${name}`))?.[1].inputs ?? {},
    ).map((input) => path.basename(input))
  expect(inputs('worker.mjs')).toContain('shard-writer.ts')
  expect(inputs('main.mjs')).toContain('unpack.ts')
  for (const name of ['shard-writer.ts', 'shard-reader.ts', 'tree-writer.ts'])
    expect(inputs('main.mjs')).not.toContain(name)

  const { unpackEntry } = (await import(
    pathToFileURL(path.join(outdir, 'main.mjs')).href
  )) as typeof import('../../src/cache/archive/unpack.ts')
  mkdirSync(path.join(folder, 'packed'))
  const { entry: directory } = await packTree(path.join(folder, 'packed'), { 'a/1': 'x', 'b/2': 'y' })
  const unpacked = await unpackEntry({ directory, stage: path.join(folder, 'stage'), readOnly: true })
  expect(unpacked).toMatchObject({ files: 2, bytes: 2 })
})

test('reports at least one processor', () => {
  expect(processors()).toBeGreaterThanOrEqual(1)
})
