import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { git } from '../../../testbed/git-repository.ts'
import { startModuleProxy } from '../../../testbed/module-proxy.ts'
import { smallRepository } from '../../bundle/whole-job.ts'
import { madeModule, publish } from '../../golden/modules.ts'
import { startBed } from '../../harness/bed.ts'
import { compiledPackages } from '../../harness/go-output.ts'
import { said } from '../../harness/runner-job.ts'
import { windowsJob, windowsRunner } from '../windows-job.ts'

const lib = madeModule('example.com/lib', 'v1.0.0')
const newLib = madeModule('example.com/lib', 'v1.1.0')
const other = madeModule('example.com/other', 'v1.0.0')

/** A runner, and a proxy that serves the modules above. */
async function startRunner() {
  const bed = await startBed()
  const served = path.join(bed.folder, 'served')
  for (const one of [lib, newLib, other]) publish(served, one)
  const proxy = await startModuleProxy({ folder: served })
  onTestFinished(() => proxy.stop())
  const job = { env: { ...bed.goEnvironment, GOPROXY: proxy.url }, cache: bed.service.environment() }
  return { bed, proxy, job, runner: windowsRunner() }
}

test('after a bump, only the new module is downloaded, and only that is compiled', async () => {
  const { proxy, job, runner } = await startRunner()
  const run = 'go build -x ./...'
  const cold = await windowsJob(runner, { ...job, files: smallRepository('app', [lib, other]), run })
  expect(cold.post.exitCode, cold.post.stdout).toBe(0)
  const requests = proxy.requests.length
  const bumped = await windowsJob(runner, { ...job, files: smallRepository('app', [newLib, other]), run })
  expect(bumped.main.outputs).toMatchObject({ 'modules-cache': 'partial', 'build-cache': 'partial' })
  const fetched = proxy.requests.slice(requests).map(({ module, version }) => `${module}@${version}`)
  expect([...new Set(fetched)]).toEqual(['example.com/lib@v1.1.0'])
  // Both versions export the same, so that nothing else has to be compiled.
  expect(compiledPackages(bumped.shell?.stderr ?? '')).toEqual(['example.com/lib'])
})

test('git clean removes a module cache in the checkout, and the next job restores it', async () => {
  const { proxy, job, runner } = await startRunner()
  const gomodcache = path.join(runner.workspace, '.cache', 'mod')
  const inside = { ...job, env: { ...job.env, GOMODCACHE: gomodcache }, with: { 'cache-build': 'false' } }
  const cold = await windowsJob(runner, { ...inside, files: smallRepository('app', [lib]) })
  expect(cold.post.exitCode, cold.post.stdout).toBe(0)
  expect(existsSync(path.join(gomodcache, 'example.com', 'lib@v1.0.0', 'lib.go'))).toBe(true)
  await git(runner.workspace, 'init', '--quiet')
  await git(runner.workspace, 'add', 'go.mod', 'go.sum', 'app.go', 'deep')
  await git(runner.workspace, 'clean', '-ffdx')
  expect(existsSync(path.dirname(gomodcache))).toBe(false)
  const requests = proxy.requests.length
  const next = await windowsJob(runner, { ...inside, keepCaches: true, run: 'GOPROXY=off go build ./...' })
  expect(next.main.outputs['modules-cache']).toBe('exact')
  expect(next.shell?.exitCode, next.shell?.stderr).toBe(0)
  expect(proxy.requests.slice(requests)).toEqual([])
})

test('a job that is cancelled during its downloads leaves nothing, and the next one is whole', async () => {
  const { bed, proxy, job, runner } = await startRunner()
  const cancel = new AbortController()
  proxy.fail({ kind: 'zip', latencyMs: 3_600_000 })
  const files = smallRepository('app', [lib, other])
  const waiting = (async () => {
    while (!proxy.requests.some(({ kind }) => kind === 'mod'))
      await new Promise((done) => setTimeout(done, 50))
    // The zips are asked for by now, and their answers never come.
    await new Promise((done) => setTimeout(done, 3000))
    cancel.abort()
  })()
  const cancelled = await windowsJob(runner, { ...job, files, signal: cancel.signal })
  await waiting
  expect(cancelled.main.exitCode).not.toBe(0)
  expect(cancelled.post.exitCode, cancelled.post.stdout).toBe(0)
  expect(bed.service.entries()).toEqual([])
  proxy.fix()
  const next = await windowsJob(runner, { ...job, keepCaches: true, run: 'go build ./... && go mod verify' })
  expect(next.main.exitCode, next.main.stdout).toBe(0)
  expect(next.shell?.exitCode, next.shell?.stderr).toBe(0)
  expect(said(next.main, 'warning')).toEqual([])
  expect(bed.service.entries()).toHaveLength(2)
})
