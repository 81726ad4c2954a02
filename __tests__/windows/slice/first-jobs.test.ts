import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { startBed } from '../../harness/bed.ts'
import { compiledPackages } from '../../harness/go-output.ts'
import { said } from '../../harness/runner-job.ts'
import { smallModule } from '../../harness/small-module.ts'
import { windowsJob, windowsRunner } from '../windows-job.ts'

const sources = smallModule('', '1.24')
const [work, system] = [path.parse(import.meta.dirname).root, `${process.env.SystemDrive}\\`]

test('a cold job saves, and a warm one builds offline without one compile', async () => {
  const [bed, runner] = [await startBed(), windowsRunner()]
  const job = { env: bed.goEnvironment, cache: bed.service.environment() }
  const cold = await windowsJob(runner, { ...job, files: sources, run: 'go build ./...' })
  expect(cold.main.exitCode, cold.main.stdout).toBe(0)
  expect(cold.main.outputs).toMatchObject({ 'modules-cache': 'miss', 'build-cache': 'miss' })
  expect(cold.shell?.exitCode, cold.shell?.stdout).toBe(0)
  expect(cold.post.exitCode, cold.post.stdout).toBe(0)
  expect(bed.service.entries()).toHaveLength(2)

  const requests = bed.proxy.requests.length
  const offline = 'GOPROXY=off go build -x ./...'
  const warm = await windowsJob(runner, { ...job, run: offline })
  expect(warm.main.exitCode, warm.main.stdout).toBe(0)
  expect(warm.main.outputs).toMatchObject({
    'cache-hit': 'true',
    'modules-cache': 'exact',
    'build-cache': 'exact',
  })
  expect(warm.shell?.exitCode, warm.shell?.stderr).toBe(0)
  expect(warm.shell?.stderr).toContain('WORK=')
  expect(compiledPackages(warm.shell?.stderr ?? '')).toEqual([])
  expect(bed.proxy.requests.slice(requests)).toEqual([])
  expect(bed.service.entries()).toHaveLength(2)
  for (const step of [cold.main, cold.post, warm.main, warm.post]) {
    expect(said(step, 'warning')).toEqual([])
    expect(said(step, 'error')).toEqual([])
  }
  // A runner with two drives has the caches on the drive of its work.
  const { gomodcache = '', gocache = '' } = warm.main.outputs
  const isMoved = work !== system
  for (const folder of [gomodcache, gocache]) {
    expect(path.parse(folder).root).toBe(isMoved ? work : system)
    expect(existsSync(folder)).toBe(true)
  }
})

test('spaces and a long path change nothing', async () => {
  const bed = await startBed()
  const runner = windowsRunner('a service of ours')
  const folder = `${'a-long-name/'.repeat(20)}deep/`
  expect(path.join(runner.workspace, folder).length).toBeGreaterThan(260)
  const files = { ...sources, [`${folder}deep.go`]: 'package deep\n' }
  const job = { env: bed.goEnvironment, cache: bed.service.environment(), files }
  const cold = await windowsJob(runner, { ...job, run: 'go build ./...' })
  expect(cold.main.exitCode, cold.main.stdout).toBe(0)
  expect(cold.shell?.exitCode, cold.shell?.stderr).toBe(0)
  const warm = await windowsJob(runner, job)
  expect(warm.main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'exact' })
})
