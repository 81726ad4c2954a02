import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { startCacheService } from '../../testbed/cache-service/service.ts'
import { startVersion1CacheServer } from '../../testbed/version1-cache-server.ts'
import { app, root, startBed } from '../harness/bed.ts'
import { runnerJob, said } from '../harness/runner-job.ts'
import { temporaryFolder } from '../temporary.ts'

/** A script that puts something to save into GOCACHE without a build of the standard library. */
const compile = 'go build ./tiny'
const changed = { 'tiny/more.go': 'package tiny\n\nconst More = 1\n' }

const servers = {
  act: () => startVersion1CacheServer('act', temporaryFolder()),
  Gitea: () => startVersion1CacheServer('gitea', temporaryFolder()),
  'GitHub Enterprise Server': async () => {
    const service = await startCacheService()
    return { environment: () => service.olderEnvironment(), stop: () => service.stop() }
  },
}

describe.each(Object.entries(servers))('with the cache server of %s', (_, start) => {
  test('a job saves both caches, the next restores them, and one after a change falls back', async () => {
    const server = await start()
    onTestFinished(() => server.stop())
    const bed = await startBed()
    const { GITHUB_SERVER_URL = '', ...cache } = server.environment()
    const job = { cache, context: { GITHUB_SERVER_URL }, run: compile }
    await bed.repository(app)
    const cold = await runnerJob(bed, job)
    expect(cold.main.outputs).toMatchObject({ 'modules-cache': 'miss', 'build-cache': 'miss' })
    expect(cold.post.stdout).toMatch(/Module cache: saved.*Build cache: saved/s)
    const asked = bed.proxy.requests.length

    const warm = await runnerJob(bed, job)
    expect(warm.main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'exact' })
    expect(bed.proxy.requests.length).toBe(asked)

    await bed.repository(app, changed)
    const partial = await runnerJob(bed, job)
    expect(partial.main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'partial' })
    for (const { main, post } of [cold, warm, partial]) {
      expect([main.exitCode, post.exitCode]).toEqual([0, 0])
      for (const step of [main, post]) expect([...said(step, 'warning'), ...said(step, 'error')]).toEqual([])
      expect(`${main.stdout}${post.stdout}`).not.toContain('an entry that was not requested')
    }
    expect(bed.service.requests).toEqual([])
  })
})

test('a runner of Gitea or Forgejo whose cache is off starts no cache client, and the job goes on', async () => {
  const bed = await startBed()
  await bed.repository(app)
  const job = await runnerJob(bed, {
    cache: { ACTIONS_RESULTS_URL: 'http://127.0.0.1:9', ACTIONS_RUNTIME_TOKEN: 'token' },
    context: { GITHUB_SERVER_URL: 'https://git.example.com' },
    with: { 'cache-build': 'false' },
  })
  expect(job.main.exitCode).toBe(0)
  expect(said(job.main, 'warning')).toHaveLength(1)
  expect(said(job.main, 'warning').join()).toContain('this runner offers no cache service')
  expect(job.post.stdout).not.toContain('Module cache: saved')
})

test('a server that knows no version 2, although the job says so, gets version 1 in main and in post', async () => {
  const server = await startVersion1CacheServer('act', temporaryFolder())
  onTestFinished(() => server.stop())
  const bed = await startBed()
  await bed.repository(app)
  const { ACTIONS_CACHE_URL = '', ...others } = server.environment()
  // Version 2 has its paths below /twirp, which this server answers with 404.
  const cache = {
    ...{ ...others, ACTIONS_CACHE_URL, ACTIONS_RESULTS_URL: ACTIONS_CACHE_URL },
    ACTIONS_CACHE_SERVICE_V2: 'on',
  }
  const job = () => runnerJob(bed, { cache, with: { 'cache-build': 'false' } })
  const cold = await job()
  expect(cold.post.stdout).toContain('Module cache: saved')
  const warm = await job()
  expect(warm.main.outputs['modules-cache']).toBe('exact')
  for (const step of [cold.main, cold.post, warm.main]) {
    expect(step.stdout).toContain('This step uses version 1 of the cache service, through @actions/cache: ')
    expect([...said(step, 'warning'), ...said(step, 'error')]).toEqual([])
  }
})

test('the runner of Gitea finds nothing to edit in the scripts that it starts', () => {
  // It edits what names this variable in the scripts of action.yml (patch_actions.go of gitea.com/gitea/runner).
  for (const script of ['main.mjs', 'post.mjs'])
    expect(readFileSync(path.join(root, 'dist', script), 'utf8')).not.toMatch(
      /ACTIONS_CACHE_SERVICE_V2|GHESNotSupported/,
    )
})

test('github and toolkit do not find the entries of the other, and each finds its own', async () => {
  const bed = await startBed()
  await bed.repository(app)
  const job = (backend: string) =>
    runnerJob(bed, { with: { 'cache-build': 'false', 'cache-backend': backend } })
  const results: unknown[] = []
  for (const backend of ['toolkit', 'github', 'toolkit', 'auto']) {
    const { main, post } = await job(backend)
    results.push([backend, main.outputs['modules-cache'], /Module cache: saved/.test(post.stdout)])
    for (const step of [main, post]) expect([...said(step, 'warning'), ...said(step, 'error')]).toEqual([])
  }
  expect(results).toEqual([
    ['toolkit', 'miss', true],
    ['github', 'miss', true],
    ['toolkit', 'exact', false],
    ['auto', 'exact', false],
  ])
  // One key, and two versions of it.
  const entries = bed.service.entries()
  expect(new Set(entries.map(({ key }) => key)).size).toBe(1)
  expect(new Set(entries.map(({ version }) => version)).size).toBe(2)
})
