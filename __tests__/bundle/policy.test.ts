import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { pullRequest, push } from '../../testbed/runner/github-context.ts'
import { app, type Bed, startBed } from '../harness/bed.ts'
import { runnerJob, said } from '../harness/runner-job.ts'

const kinds = (bed: Bed) =>
  bed.service
    .entries()
    .map(({ key }) => key.split('.')[1])
    .sort()
const tag = { ...push('main'), ref: 'refs/tags/v1.0.0' }
/** A script that puts something to save into GOCACHE without a build of the standard library. */
const compile = 'go build ./tiny'

describe('the save policy', () => {
  test('lets a first pull request save, because nothing was found; the next one only restores', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const event = pullRequest({ branch: 'feature' })
    const modules = { 'cache-build': 'false' }
    const first = await runnerJob(bed, { event, with: modules })
    expect(kinds(bed)).toEqual(['modules'])
    expect(first.post.stdout).toContain('Module cache: saved')
    await bed.repository(app, { 'go.sum': `${sums()}example.com/unused v1.0.0 h1:${'A'.repeat(43)}=\n` })
    const second = await runnerJob(bed, { event, with: modules })
    expect(second.main.outputs['modules-cache']).toBe('partial')
    expect(second.post.stdout).toContain(
      'Module cache: not saved, pull requests save only if no entry was found',
    )
    expect(kinds(bed)).toEqual(['modules'])
  })

  test('never lets a pull request from a fork save', async () => {
    const bed = await startBed()
    await bed.repository(app)
    await runnerJob(bed, { event: pullRequest({ branch: 'feature', fork: true }), run: compile })
    expect(kinds(bed)).toEqual([])
  })

  test('uses no cache for a pushed tag, and a notice names the input that changes this', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const { main } = await runnerJob(bed, { event: tag })
    expect(said(main, 'notice').join()).toContain('cache-mode: read')
    expect(bed.service.requests).toEqual([])
    const asked = await runnerJob(bed, { event: tag, with: { 'cache-mode': 'read' } })
    expect(said(asked.main, 'notice')).toEqual([])
    expect(bed.service.requests.length).toBeGreaterThan(0)
    expect(kinds(bed)).toEqual([])
  })

  test('honours ACTIONS_CACHE_MODE: read does not save, none sends no request', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const limited = (mode: string) =>
      runnerJob(bed, {
        with: { 'cache-build': 'false' },
        cache: { ...bed.service.environment(), ACTIONS_CACHE_MODE: mode },
      })
    const none = await limited('none')
    expect(bed.service.requests).toEqual([])
    expect(none.post.stdout).toContain('ACTIONS_CACHE_MODE allows only none')
    await limited('read')
    expect(kinds(bed)).toEqual([])
    await limited('write')
    expect(kinds(bed)).toEqual(['modules'])
  })

  test('treats a read-only token as no failure: one save is tried, the other entry is not packed', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const cache = bed.service.environment({ writeScope: null })
    const { main, post } = await runnerJob(bed, { cache, run: compile })
    expect([...said(main, 'warning'), ...said(post, 'warning')]).toEqual([])
    const asked = bed.service.requests.filter(({ path: one }) => one.endsWith('/CreateCacheEntry'))
    expect(asked).toHaveLength(1)
    const tried =
      /not saved, this run may only read the cache: the service says "cache write denied: the token/
    expect(post.stdout).toMatch(tried)
    expect(post.stdout).toContain('not saved, this run may only read the cache, so nothing was packed')
    expect(post.summary).toContain('nothing is saved')
    expect(post.summary).toContain('this run may only read the cache')
  })

  test('saves without restoring with write-only', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const modules = { 'cache-build': 'false' }
    await runnerJob(bed, { with: modules })
    const { main } = await runnerJob(bed, { with: { ...modules, 'cache-mode': 'write-only' } })
    expect(main.outputs['modules-cache']).toBe('off')
    expect(main.stdout).toContain('not restored (input `cache-mode` is write-only)')
  })
})

test('a second leg with the same modules packs nothing', async () => {
  const bed = await startBed()
  await bed.repository(app)
  const modules = { 'cache-build': 'false', 'cache-mode': 'write-only' }
  await runnerJob(bed, { with: modules, matrix: { os: 'a' } })
  const uploads = () => bed.service.requests.filter(({ method }) => method === 'PUT').length
  const before = uploads()
  const leg = await runnerJob(bed, { with: modules, matrix: { os: 'b' } })
  expect(uploads()).toBe(before)
  expect(leg.post.stdout).toContain('an entry with this key already exists')
  expect(said(leg.post, 'warning')).toEqual([])
})

test('dry-run prints the whole plan with its reasons and does nothing', async () => {
  const bed = await startBed()
  await bed.repository(app)
  const { main, post } = await runnerJob(bed, { with: { 'dry-run': 'true' } })
  for (const line of [
    'Cache: restore, save when the job ends (push on the default branch main)',
    'Module cache: on',
    'Build cache: on',
    'module graph',
    'or the newest with godeps.build.v1-',
    'Dependencies of .: download modules that are missing after the restore (builds need them)',
  ]) {
    expect(main.log).toContain(line)
    expect(main.summary).toContain(line)
  }
  expect(main.summary).toMatch(/^### Go dependencies: dry run, nothing was done\n/)
  expect([bed.service.requests, bed.proxy.requests]).toEqual([[], []])
  expect(post.stdout).toContain('nothing to save')
})

test('a partial hit names the first part that differs, and reuses the rest', async () => {
  const bed = await startBed()
  await bed.repository(app)
  await runnerJob(bed, { run: 'go build ./tiny' })
  await bed.repository(app, { 'greet/more.go': 'package greet\n' })
  const { main } = await runnerJob(bed)
  expect(main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'partial' })
  expect(main.log).toMatch(/first part that differs: source \(requested [0-9a-f]{12}, found [0-9a-f]{12}\)/)
  expect(main.summary).toContain('differs in `source`')
  expect(main.summary).toMatch(
    /^### Go dependencies: 100 % of 5 modules reused, nothing downloaded, restored in [\d.]+ s\n/,
  )
})

function sums(): string {
  return readFileSync(path.join(app, 'go.sum'), 'utf8')
}
