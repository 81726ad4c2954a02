import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { madeModule } from '../golden/modules.ts'
import { said } from '../harness/runner-job.ts'
import { type Machine, startMachine } from './shared-machine.ts'
import { build, smallRepository, wholeJob } from './whole-job.ts'

const [one, other] = [madeModule('example.com/one', 'v1.0.0'), madeModule('example.com/other', 'v1.0.0')]
const repository = 'org/app'

/** A machine whose cache service holds the entries of one job, if it shall. */
async function machineFor(hasEntries: boolean): Promise<Machine> {
  const machine = await startMachine([one, other])
  await machine.write(repository, smallRepository('app', [one]))
  if (hasEntries) await wholeJob(machine, repository, build)
  return machine
}

/** Runs the action once on a machine with empty caches, and counts what it asks for. */
async function run(machine: Machine, given: Readonly<Record<string, string>>, folder = '') {
  await machine.renew()
  const { job } = await machine.start({ repository })
  const [asked, fetched] = [machine.bed.service.requests.length, machine.proxy.requests.length]
  const main = await job.action({ folder, with: given })
  const posts = await job.end()
  return {
    main,
    posts,
    asked: machine.bed.service.requests.slice(asked).map(({ rpc, method }) => rpc ?? method),
    fetched: machine.proxy.requests.slice(fetched).length,
  }
}

const lookUps = ['GetCacheEntryDownloadURL', 'GetCacheEntryDownloadURL']

describe('lookup-only', () => {
  const lookUp = { 'lookup-only': 'true' }

  test.each(['', 'restore'])('says what a restore would find, and restores nothing (%j)', async (folder) => {
    const machine = await machineFor(false)
    const cold = await run(machine, lookUp, folder)
    expect(cold.main.exitCode, cold.main.log).toBe(0)
    expect(cold.main.outputs).toMatchObject({
      ...{ 'cache-hit': 'false', 'modules-cache': 'miss', 'build-cache': 'miss' },
      ...{ 'modules-cache-matched-key': '', 'build-cache-matched-key': '' },
    })
    await wholeJob(machine, repository, build)

    const exact = await run(machine, lookUp, folder)
    const keyOf = (kind: string) =>
      machine.bed.service.entries().find(({ key }) => key.startsWith(`godeps.${kind}.`))?.key
    expect(exact.main.outputs).toMatchObject({
      ...{ 'cache-hit': 'true', 'modules-cache': 'exact', 'build-cache': 'exact' },
      'modules-cache-matched-key': keyOf('modules'),
      'build-cache-matched-key': keyOf('build'),
      gomodcache: machine.gomodcache,
    })
    expect(exact.main.stdout).toContain('Module cache: exact, only looked up (the same module graph)')
    expect(exact.main.summary).toContain('### Go dependencies: only looked up')

    await machine.write(repository, smallRepository('app', [one, other]))
    const partial = await run(machine, lookUp, folder)
    expect(partial.main.outputs).toMatchObject({
      ...{ 'cache-hit': 'false', 'modules-cache': 'partial', 'build-cache': 'partial' },
    })
    for (const { main, posts, asked, fetched } of [cold, exact, partial]) {
      expect(said(main, 'warning')).toEqual([])
      expect({ asked, fetched }).toEqual({ asked: lookUps, fetched: 0 })
      expect(posts.map(({ exitCode }) => exitCode)).toEqual([0])
    }
    expect(existsSync(machine.gomodcache) || existsSync(path.join(machine.gocache, '00'))).toBe(false)
    expect(machine.bed.service.entries()).toHaveLength(2)
  })

  test('also through @actions/cache', async () => {
    const machine = await machineFor(false)
    await machine.renew()
    const { job } = await machine.start({ repository })
    await job.action({ with: { 'cache-backend': 'toolkit', 'cache-build': 'false' } })
    await job.end()
    const { main, asked, fetched } = await run(machine, {
      ...lookUp,
      ...{ 'cache-backend': 'toolkit', 'cache-build': 'false' },
    })
    expect(main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'off' })
    expect({ asked, fetched }).toEqual({ asked: lookUps.slice(1), fetched: 0 })
  })

  test('a cache service that fails is a miss with a warning', async () => {
    const machine = await machineFor(true)
    machine.bed.service.fault({
      on: 'GetCacheEntryDownloadURL',
      effect: { kind: 'answer', answer: { status: 400, body: { code: 'invalid_argument', msg: 'broken' } } },
    })
    const { main } = await run(machine, lookUp)
    expect(main.exitCode).toBe(0)
    expect(main.outputs).toMatchObject({ 'modules-cache': 'miss', 'build-cache': 'miss' })
    expect(said(main, 'warning')).toEqual([expect.stringContaining('The cache did not work')])
  })

  test('with fail-on-cache-miss, a miss fails the step', async () => {
    const machine = await machineFor(false)
    const given = { ...lookUp, 'fail-on-cache-miss': 'true' }
    const cold = await run(machine, given)
    expect(cold.main.exitCode).toBe(1)
    expect(said(cold.main, 'error')).toEqual([
      expect.stringContaining('there is no entry of the module cache for key godeps.modules.'),
      expect.stringContaining('there is no entry of the build cache for key godeps.build.'),
    ])
    expect(cold.main.outputs).toMatchObject({ 'modules-cache': 'miss', 'build-cache': 'miss' })
    expect(cold.main.summary).toContain('### ❌ Go dependencies: failed')
    await wholeJob(machine, repository, build)
    expect((await run(machine, given)).main.exitCode).toBe(0)
  })

  test('inputs that contradict it are refused before anything is asked', async () => {
    const machine = await machineFor(true)
    const { main, asked } = await run(machine, { ...lookUp, cache: 'false', offline: 'true' })
    expect(main.exitCode).toBe(1)
    expect(said(main, 'error')).toEqual([
      'Input `lookup-only` is "true", but `cache` is "false". Remove one of the two.',
      'Input `lookup-only` is "true", so this step has no modules, but `offline` is "true". Remove one of the two.',
    ])
    expect(asked).toEqual([])
  })
})

describe('fail-on-cache-miss', () => {
  test('fails before it downloads a module, and saves nothing', async () => {
    const machine = await machineFor(false)
    const { main, posts, fetched } = await run(machine, { 'fail-on-cache-miss': 'true' })
    expect(main.exitCode).toBe(1)
    expect(said(main, 'error')).toEqual([
      expect.stringMatching(
        /^Input `fail-on-cache-miss` is "true", and there is no entry of the module cache for key .*\. First run a job/,
      ),
      expect.stringContaining('there is no entry of the build cache'),
    ])
    expect(main.outputs).toMatchObject({ 'modules-cache': 'miss', 'build-cache': 'miss' })
    expect(fetched).toBe(0)
    expect(posts.map(({ exitCode }) => exitCode)).toEqual([0])
    expect(machine.bed.service.entries()).toEqual([])
  })

  test('a partial hit is no miss, and missing modules are downloaded', async () => {
    const machine = await machineFor(true)
    await machine.write(repository, smallRepository('app', [one, other]))
    const { main, fetched } = await run(machine, { 'fail-on-cache-miss': 'true' }, 'restore')
    expect(main.exitCode, main.log).toBe(0)
    expect(main.outputs).toMatchObject({ 'modules-cache': 'partial', 'build-cache': 'partial' })
    expect(fetched).toBeGreaterThan(0)
  })

  test('counts only the cache that it names, and none that is off', async () => {
    const machine = await startMachine([one])
    await machine.write(repository, smallRepository('app', [one]))
    await machine.renew()
    const { job } = await machine.start({ repository })
    await job.action()
    // Nothing is built, so only modules are saved.
    await job.end()
    const codes: Record<string, number> = {}
    for (const [name, given] of Object.entries({
      modules: { 'fail-on-cache-miss': 'modules' },
      build: { 'fail-on-cache-miss': 'build' },
      both: { 'fail-on-cache-miss': 'true' },
      'without build cache': { 'fail-on-cache-miss': 'true', 'cache-build': 'false' },
    }))
      codes[name] = (await run(machine, given, 'restore')).main.exitCode
    expect(codes).toEqual({ modules: 0, build: 1, both: 1, 'without build cache': 0 })
  })

  test('names the reason if the cache service fails', async () => {
    const machine = await machineFor(true)
    machine.bed.service.fault({
      on: 'GetCacheEntryDownloadURL',
      effect: { kind: 'answer', answer: { status: 400, body: { code: 'invalid_argument', msg: 'broken' } } },
    })
    const { main, fetched } = await run(machine, { 'fail-on-cache-miss': 'modules' })
    expect(main.exitCode).toBe(1)
    expect(said(main, 'error')).toEqual([
      expect.stringMatching(
        /no entry of the module cache was restored: .*broken.*\. Correct this, or rerun the job/,
      ),
    ])
    expect(fetched).toBe(0)
  })

  test('fails where this run may not restore', async () => {
    const machine = await machineFor(true)
    const { main } = await run(machine, { 'fail-on-cache-miss': 'modules', 'cache-mode': 'none' })
    expect(said(main, 'error')).toEqual([
      'Input `fail-on-cache-miss` is "modules", but `cache-mode` is "none", which restores nothing. Remove one of the two.',
    ])
    await machine.renew()
    const cache = { ...machine.bed.service.environment(), ACTIONS_CACHE_MODE: 'write-only' }
    const { job } = await machine.start({ repository, cache })
    const limited = await job.action({ with: { 'fail-on-cache-miss': 'modules' } })
    expect(limited.exitCode).toBe(1)
    expect(said(limited, 'error')).toEqual([
      expect.stringMatching(
        /the module cache is not restored: .*ACTIONS_CACHE_MODE allows only write-only\. Restore it, for example/,
      ),
    ])
    await job.end()
  })

  test('a module without dependencies needs no entry', async () => {
    const machine = await startMachine([])
    await machine.write(repository, smallRepository('app', []))
    const { main } = await run(machine, { 'fail-on-cache-miss': 'modules' })
    expect(main.exitCode, main.log).toBe(0)
  })
})
