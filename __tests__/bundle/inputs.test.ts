import { expect, test } from 'vitest'
import { push } from '../../testbed/runner/github-context.ts'
import { app, type Bed, startBed } from '../harness/bed.ts'
import { runnerJob } from '../harness/runner-job.ts'

const modules = { 'cache-build': 'false' }
const kinds = (bed: Bed) => bed.service.entries().map(({ key }) => key.split('.')[1])
const zips = (bed: Bed, since: number) =>
  bed.proxy.requests.slice(since).filter(({ kind }) => kind === 'zip').length

async function appBed(): Promise<Bed> {
  const bed = await startBed()
  await bed.repository(app)
  return bed
}

test('cache-zips: true packs zips from the first run on', async () => {
  const bed = await appBed()
  const withZips = { ...modules, 'cache-zips': 'true' }
  await runnerJob(bed, { with: withZips })
  const before = bed.proxy.requests.length
  await runnerJob(bed, { with: withZips, run: 'go mod download' })
  expect(zips(bed, before)).toBe(0)
})

test('cache-zips: false never packs them, whatever the job runs', async () => {
  const bed = await appBed()
  const counts: number[] = []
  for (const _ of [1, 2, 3]) {
    const before = bed.proxy.requests.length
    await runnerJob(bed, { with: { ...modules, 'cache-zips': 'false' }, run: 'go mod download' })
    counts.push(zips(bed, before))
  }
  expect(counts).toEqual([5, 5, 5])
  expect(bed.service.entries()).toHaveLength(1)
})

test('cache-save-on-failure saves the build cache of a failed job', async () => {
  const bed = await appBed()
  await runnerJob(bed, { with: { 'cache-save-on-failure': 'true' }, run: 'go build ./tiny && exit 3' })
  expect(kinds(bed).sort()).toEqual(['build', 'modules'])
})

test('cache-save-branches replaces the default branch', async () => {
  const bed = await appBed()
  const branches = { 'cache-save-branches': 'release/*', 'cache-key': 'a' }
  await runnerJob(bed, { with: branches, run: 'go build ./tiny' })
  expect(kinds(bed).sort(), 'nothing was found').toEqual(['build', 'modules'])
  await bed.repository(app, { 'tiny/more.go': 'package tiny\n' })
  await runnerJob(bed, { with: branches, run: 'go build ./tiny' })
  expect(bed.service.entries()).toHaveLength(2)
  await runnerJob(bed, { with: branches, run: 'go build ./tiny', event: push('release/1') })
  expect(bed.service.entries()).toHaveLength(3)
})

test('cache-key separates entries', async () => {
  const bed = await appBed()
  await runnerJob(bed, { with: { ...modules, 'cache-key': 'one' } })
  const { main } = await runnerJob(bed, { with: { ...modules, 'cache-key': 'two' } })
  expect(main.outputs['modules-cache']).toBe('miss')
})

test('dependencies: none leaves downloads to later steps, and saves what they download', async () => {
  const bed = await appBed()
  const none = { ...modules, dependencies: 'none' }
  const first = await runnerJob(bed, { with: none, run: 'go list -deps ./... > /dev/null' })
  expect(first.main.stdout).toContain('Dependencies: input `dependencies` is none')
  const before = bed.proxy.requests.length
  const { main, shell } = await runnerJob(bed, {
    with: none,
    run: 'GOPROXY=off go list -deps ./... > /dev/null',
  })
  expect(main.outputs['modules-cache']).toBe('exact')
  expect(shell?.exitCode, shell?.stderr).toBe(0)
  expect(bed.proxy.requests.slice(before)).toEqual([])
})

test('modules selects several modules by glob, and the log names each', async () => {
  const bed = await startBed()
  await bed.repository(app, {
    'svc/a/go.mod': 'module example.com/svc/a\n\ngo 1.24\n',
    'svc/b/go.mod': 'module example.com/svc/b\n\ngo 1.24\n',
  })
  const { main } = await runnerJob(bed, { with: { ...modules, modules: 'svc/*\n.' } })
  expect(main.exitCode, main.stdout).toBe(0)
  expect(main.log).toContain('example.com/app; example.com/svc/a in svc/a; example.com/svc/b in svc/b')
  expect(main.stdout).toContain('5 downloaded')
})

test('a build cache that GOCACHEPROG manages is off, and the log and the summary say why', async () => {
  const bed = await startBed()
  await bed.repository(undefined, { 'go.mod': 'module example.com/m\n\ngo 1.24\n', 'm.go': 'package m\n' })
  const { main } = await runnerJob(bed, { env: { GOCACHEPROG: '/opt/cache --token=hidden' } })
  expect(main.exitCode, main.stdout).toBe(0)
  expect(main.log).toContain('Build cache: off (GOCACHEPROG is set)')
  expect(main.summary).toContain('GOCACHEPROG is set')
  expect(main.outputs['build-cache']).toBe('off')
  expect(main.stdout + main.summary).not.toContain('hidden')
})
