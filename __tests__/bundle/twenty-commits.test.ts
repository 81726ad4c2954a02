import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type CacheService, startCacheService } from '../../testbed/cache-service/service.ts'
import { git } from '../../testbed/git-repository.ts'
import { type Bed, evolving, startBed } from '../harness/bed.ts'
import { compilableIn, forcedBy } from '../harness/compilable.ts'
import { begin, type Commit, everRequired, history, readers, required } from '../harness/evolving.ts'
import { isFull } from '../harness/extent.ts'
import { compiledPackages, testResults } from '../harness/go-output.ts'
import { type Places, type RanJob, type RunnerJob, runnerJob, said } from '../harness/runner-job.ts'

const seed = 4
const commits = history(seed, isFull ? { before: 3, bumps: 5, after: 12 } : { before: 0, bumps: 1, after: 2 })
/** Maximum size of an entry relative to a fresh one. */
const mostGrowth = 1.25
const minutes = 60_000

test(`${commits.length} commits in a row reuse what they leave unchanged, and entries stay as small as fresh ones`, {
  timeout: (isFull ? 30 : 8) * minutes,
}, async () => {
  const bed = await startBed()
  await bed.repository(evolving)
  await commit(bed, begin)
  const cold = await work(bed, 'the first job')
  expect(cold.post.stdout).toMatch(/Module cache: saved[\s\S]*Build cache: saved/)
  expect(cold.compiled).toEqual(expect.arrayContaining(['runtime', 'main', 'golang.org/x/sync/errgroup']))
  const first = newestSizes(bed.service)

  /** Packages edited since the newest build cache entry was made. */
  let edited: readonly string[] = []
  for (const [index, { title, apply, bump, ...change }] of commits.entries()) {
    const label = `commit ${index + 1} of seed ${seed}: ${title}`
    await commit(bed, apply)
    edited = [...edited, ...change.edited]
    const asked = bed.proxy.requests.length
    const { main, post, places, compiled, rerun } = await work(bed, label)

    const zips = bed.proxy.requests.slice(asked).filter(({ kind }) => kind === 'zip')
    expect(
      zips.map(({ module }) => module),
      label,
    ).toEqual(bump === undefined ? [] : [bump.module])
    // No checksum file proves the older version in the entry from before the bump.
    expect(trees(places), label).toEqual([...required(bed.checkedOut)].sort())
    expect(main.outputs['modules-cache'], label).toBe(bump === undefined ? 'exact' : 'partial')
    expect(main.outputs['build-cache'], label).toBe('partial')

    const forced = forcedBy(edited, await compilableIn(bed, places))
    expect(
      without(
        compiled,
        forced.map(({ name }) => name),
      ),
      label,
    ).toEqual([])
    expect(compiled.length > 0, label).toBe(edited.length > 0)
    const mayRun = [...readers, ...forced.map(({ testOf }) => testOf)]
    expect(without(rerun, mayRun), label).toEqual([])

    expectNoGrowth(bed.service, first, `${label}, against the first entry`)
    if (isFull && (bump !== undefined || index % 5 === 4 || index === commits.length - 1))
      expectNoGrowth(bed.service, await freshSizes(bed), `${label}, against a fresh entry`)
    if (post.stdout.includes('Build cache: saved')) edited = []
  }
})

/** One job: builds, vets and tests everything, without the network. */
async function work(bed: Bed, label: string, options: RunnerJob = {}) {
  const run = [
    'export GOPROXY=off GOFLAGS="-mod=readonly -buildvcs=false"',
    ...['go build -x ./...', 'go vet -x ./...', 'go test -x ./...'],
  ].join('\n')
  const ran: RanJob = await runnerJob(bed, { run, ...options })
  const { main, shell, post } = ran
  const [stdout, stderr] = [shell?.stdout ?? '', shell?.stderr ?? '']
  const output = `${label}\n${main.log}\n${stdout}\n${stderr.slice(-2000)}`
  expect([main.exitCode, shell?.exitCode, post.exitCode], output).toEqual([0, 0, 0])
  expect([...said(main, 'warning'), ...said(post, 'warning')], label).toEqual([])
  const results = [...testResults(stdout)]
  expect(results.length, output).toBeGreaterThan(readers.length)
  const rerun = results.flatMap(([name, result]) => (result === '(cached)' ? [] : [name]))
  return { ...ran, compiled: compiledPackages(stderr), rerun }
}

async function commit(bed: Bed, apply: Commit['apply']): Promise<void> {
  apply(bed.checkedOut)
  await git(bed.checkedOut, 'add', '--all')
  await git(bed.checkedOut, 'commit', '--quiet', '--message=Change')
}

function trees({ gomodcache }: Places): readonly string[] {
  return everRequired()
    .filter((name) => existsSync(path.join(gomodcache, name)))
    .sort()
}

/** Removes from one list an element for each element of the other. */
function without(names: readonly string[], others: readonly string[]): readonly string[] {
  const left = [...names]
  for (const other of others) {
    const index = left.indexOf(other)
    if (index >= 0) left.splice(index, 1)
  }
  return left
}

interface Sizes {
  readonly modules: number
  readonly build: number
}

/** The entry that a job stores when it finds nothing. */
async function freshSizes(bed: Bed): Promise<Sizes> {
  const service = await startCacheService()
  onTestFinished(() => service.stop())
  await work(bed, 'a fresh job', { cache: service.environment() })
  return newestSizes(service)
}

function newestSizes(service: CacheService): Sizes {
  const sizeOf = (kind: string) =>
    service.entries().findLast(({ key }) => key.startsWith(`godeps.${kind}.`))?.size ?? Number.NaN
  return { modules: sizeOf('modules'), build: sizeOf('build') }
}

function expectNoGrowth(service: CacheService, fresh: Sizes, label: string): void {
  const sizes = newestSizes(service)
  for (const kind of ['modules', 'build'] as const) {
    const logs = `${label}: ${kind}, ${sizes[kind]} bytes to ${fresh[kind]}`
    expect(sizes[kind] / fresh[kind], logs).toBeLessThan(mostGrowth)
    expect(sizes[kind] / fresh[kind], logs).toBeGreaterThan(0.9)
  }
}
