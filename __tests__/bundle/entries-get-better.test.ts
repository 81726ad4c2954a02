import { expect, test } from 'vitest'
import { flipAt } from '../../testbed/cache-service/damages.ts'
import { app, type Bed, startBed } from '../harness/bed.ts'
import { type Places, runnerJob, said } from '../harness/runner-job.ts'
import { writeFiles } from '../temporary.ts'

const modules = { 'cache-build': 'false' }
/** Downloads a module that no file of the checkout names, as `go install tool@version` does. */
const fetchTool = 'cd "$RUNNER_TEMP" && GOFLAGS=-mod=mod go mod download github.com/rivo/uniseg@v0.4.7'
const fetched = (bed: Bed, since: number) =>
  bed.proxy.requests.slice(since).flatMap(({ kind, module }) => (kind === 'zip' ? [module] : []))

test('a module that only a step of the job needs stays in the entry, and the entry stays the newest', async () => {
  const bed = await startBed({ database: true })
  await bed.repository(app)
  const counts: number[] = []
  for (const _ of [1, 2, 3]) {
    const before = bed.proxy.requests.length
    const { shell } = await runnerJob(bed, { with: modules, run: fetchTool })
    expect(shell?.exitCode, shell?.stderr).toBe(0)
    counts.push(fetched(bed, before).filter((module) => module === 'github.com/rivo/uniseg').length)
  }
  // The second run downloads its zip again, because the first entry holds trees only.
  expect(counts[2]).toBe(0)
  // A job without the tool does not remove it.
  await runnerJob(bed, { with: modules })
  const before = bed.proxy.requests.length
  await runnerJob(bed, { with: modules, run: fetchTool })
  expect(fetched(bed, before)).toEqual([])
})

test('an unverifiable module that only a step needs is downloaded each time, and causes no new entry', async () => {
  const bed = await startBed()
  await bed.repository(app)
  await runnerJob(bed, { with: modules, run: fetchTool })
  const entries = bed.service.entries().length
  const before = bed.proxy.requests.length
  const { main, post } = await runnerJob(bed, { with: modules, run: fetchTool })
  expect(said(main, 'warning')).toEqual([])
  expect(fetched(bed, before)).toEqual(['github.com/rivo/uniseg'])
  expect(post.stdout).toContain('Module cache: up to date, nothing new to save')
  expect(bed.service.entries()).toHaveLength(entries)
})

test('modules that other jobs download into a shared module cache do not enter the entry', async () => {
  const bed = await startBed({ database: true })
  await bed.repository(app)
  const shared = ({ gomodcache }: Places) => writeFiles(gomodcache, { 'cache/download/x.test/y/@v/list': '' })
  await runnerJob(bed, { with: modules, run: fetchTool, prepare: shared })
  const before = bed.proxy.requests.length
  await runnerJob(bed, { with: modules, run: fetchTool })
  expect(fetched(bed, before)).toEqual(['github.com/rivo/uniseg'])
})

test('an unusable entry is replaced by the next one', async () => {
  const bed = await startBed()
  await bed.repository(app)
  await runnerJob(bed, { with: modules })
  bed.service.damage(bed.service.entries()[0]?.key ?? '', flipAt(0.5))
  const healing = await runnerJob(bed, { with: modules })
  expect(healing.main.outputs['modules-cache']).toBe('miss')
  expect(healing.post.stdout).toContain('Module cache: saved')
  const healed = await runnerJob(bed, { with: modules })
  expect(healed.main.outputs['modules-cache']).toBe('exact')
  expect(said(healed.main, 'warning')).toEqual([])
})

test('an interrupted download corrupts no entry: nothing is stored twice', async () => {
  const bed = await startBed()
  await bed.repository(app)
  await runnerJob(bed, { run: 'go build ./tiny' })
  const entries = bed.service.entries().length
  bed.service.fault({ on: 'download', effect: { kind: 'cut', afterBytes: 100, by: 'reset' } })
  const { main, post } = await runnerJob(bed, { run: 'go build ./tiny' })
  expect(main.outputs).toMatchObject({ 'modules-cache': 'miss', 'build-cache': 'miss' })
  expect(said(main, 'warning')).toHaveLength(1)
  for (const name of ['Module', 'Build'])
    expect(post.stdout).toContain(
      `${name} cache: not saved, the cache did not answer at the start of the job`,
    )
  expect(bed.service.entries()).toHaveLength(entries)
})

test('a cache that hung in main is not asked again in post', async () => {
  const bed = await startBed()
  await bed.repository(app)
  bed.service.fault({ on: 'GetCacheEntryDownloadURL', effect: { kind: 'hang' } })
  const { post } = await runnerJob(bed, { with: modules, env: { GO_DEPS_RESTORE_SECONDS: '1' } })
  expect(post.stdout).toContain('Module cache: not saved, the cache did not answer at the start of the job')
  expect(post.seconds).toBeLessThan(10)
})

test('a go.work in a parent directory is used, and nothing is left in the checkout', async () => {
  const bed = await startBed()
  await bed.repository(undefined, {
    'back/go.work': 'go 1.24\n\nuse (\n\t./a\n\t./b\n)\n',
    'back/a/go.mod': 'module example.com/a\n\ngo 1.24\n',
    'back/b/go.mod': 'module example.com/b\n\ngo 1.24\n',
  })
  const { main, shell } = await runnerJob(bed, { with: modules, run: 'git status --porcelain' })
  expect(main.exitCode, main.stdout).toBe(0)
  expect(main.log).toContain('a workspace of 2 modules in back')
  expect(shell?.stdout).toBe('')
})

test('outputs are set even when a download fails, and the summary says so', async () => {
  const bed = await startBed()
  await bed.repository(app)
  bed.proxy.fail({ kind: 'zip', status: 404 })
  const { main } = await runnerJob(bed, { with: modules })
  expect(main.exitCode).toBe(1)
  expect(main.outputs).toMatchObject({ 'cache-hit': 'false', 'modules-cache': 'miss', 'build-cache': 'off' })
  expect(main.summary).toMatch(/failed[\s\S]*404/)
})
