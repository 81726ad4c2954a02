import { realpathSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { filesBelow } from '../../src/platform/files.ts'
import { endOf, startMachine } from '../bundle/shared-machine.ts'
import { madeModule, sumLines } from '../golden/modules.ts'
import { startBed } from '../harness/bed.ts'
import { runnerJob } from '../harness/runner-job.ts'
import { smallModule } from '../harness/small-module.ts'

test('a job behind a link saves entries of macOS, and the next job finds everything in them', async () => {
  const bed = await startBed()
  await bed.repository(undefined, smallModule('', '1.21'))
  const cold = await runnerJob(bed, { run: 'go build ./... && test "$RUNNER_OS" = macOS' })
  expect([cold.main.exitCode, cold.shell?.exitCode, cold.post.exitCode], cold.main.log).toEqual([0, 0, 0])
  expect(realpathSync(cold.places.home)).not.toBe(cold.places.home)
  const keys = bed.service.entries().map(({ key }) => key)
  // The release of the kernel that `darwin.cjs` reports: each process of the action asked it.
  expect(
    keys.filter((key) => /-macos\.24-/.test(key)),
    keys.join(),
  ).toHaveLength(1)
  expect(keys).toHaveLength(2)

  const asked = bed.proxy.requests.length
  const warm = await runnerJob(bed, { run: 'GOPROXY=off go build ./...' })
  expect(warm.main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'exact' })
  expect([warm.shell?.exitCode, bed.proxy.requests.length], warm.shell?.stderr).toEqual([0, asked])
})

test('modules and files whose names differ only in case in Go come back as they were', async () => {
  const modules = ['example.com/Lib', 'example.com/lib'].map((name, index) =>
    madeModule(name, 'v1.0.0-RC1', { 'doc/Überblick.txt': `of ${index}` }),
  )
  const machine = await startMachine(modules)
  await machine.write('org/app', {
    'go.mod': `module example.com/app\n\ngo 1.21\n\nrequire (\n${modules.map((one) => `\t${one.path} ${one.version}\n`).join('')})\n`,
    'go.sum': modules.map(sumLines).join(''),
    'app.go': 'package app\n',
  })
  const run = async () => {
    const { job } = await machine.start({ repository: 'org/app' })
    const main = await job.action({ with: { 'cache-build': 'false' } })
    const build = await job.shell('go mod verify')
    expect([main.exitCode, build.exitCode], `${main.log}${build.stderr}`).toEqual([0, 0])
    expect((await endOf(job)).exitCode).toBe(0)
    return main.outputs['modules-cache']
  }
  const trees = () => filesBelow(path.join(machine.gomodcache, 'example.com')).toSorted()
  expect(await run()).toBe('miss')
  const before = trees()
  expect(before).toHaveLength(6)
  await machine.renew()
  expect(await run()).toBe('exact')
  expect(trees()).toEqual(before)
})
