import { existsSync, readdirSync, utimesSync } from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { checkOut } from '../../testbed/git-repository.ts'
import { said } from '../harness/runner-job.ts'
import {
  liveGo,
  makeGaps,
  modules,
  newStage,
  orphansEnd,
  randomNumbers,
  repository,
  source,
  stages,
  twoJobs,
} from './killed-machine.ts'
import { endOf, filesOf, type Machine, startMachine } from './shared-machine.ts'
import { tornIn } from './whole-caches.ts'

/** Each seed has its own machine, and this many rounds on it. */
const seeds = Array.from({ length: 5 }, (_, index) => index + 1)
const rounds = 6

/** A machine, an entry of each cache, and the usual duration of the steps of a job, in milliseconds. */
async function prepared() {
  const machine = await startMachine(modules, '-trimpath')
  await machine.write(repository, source(0))
  const { job } = await machine.start({ repository })
  expect((await job.action()).exitCode).toBe(0)
  expect((await job.shell('go build ./...')).exitCode).toBe(0)
  const post = await endOf(job)
  expect(post.stdout).toContain('Build cache: saved')
  await machine.renew()
  const again = await machine.start({ repository })
  const main = await again.job.action()
  expect(main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'exact' })
  return { machine, mainMs: main.seconds * 1000, postMs: post.seconds * 1000 }
}

/** An ordinary job: it must find everything intact, and build from its caches alone. */
async function calmJob(machine: Machine, context: string) {
  const { job, temp } = await machine.start({ repository })
  const main = await job.action()
  expect(main.exitCode, `${context}\n${main.log}`).toBe(0)
  expect(said(main, 'warning'), context).toEqual([])
  const shell = await job.shell('GOPROXY=off go build ./... && GOPROXY=off go mod verify')
  expect(shell.exitCode, `${context}\n${shell.stderr}`).toBe(0)
  const post = await endOf(job)
  expect([post.exitCode, said(post, 'warning')], context).toEqual([0, []])
  expect(
    readdirSync(temp).filter((name) => name.startsWith('go-deps-action')),
    context,
  ).toEqual([])
  return { main, post }
}

describe.runIf(process.platform === 'linux')('two concurrent jobs on one machine, killed at random', () => {
  const timeout = 300_000

  test.each(seeds)(
    'in main, next to a running go: nothing is lost or incomplete, and no go fails (seed %i)',
    { timeout },
    async (seed) => {
      const { machine, mainMs } = await prepared()
      const { bed } = machine
      const workspace = path.join(bed.folder, 'live')
      await checkOut(path.join(bed.folder, 'repositories', repository), workspace)
      const random = randomNumbers(seed)
      for (let round = 1; round <= rounds; round++) {
        const start = (['empty', 'with gaps', 'as they were left'] as const)[Math.floor(random() * 3)]
        const context = `seed ${seed}, round ${round}, caches ${start}`
        if (start === 'empty') await machine.renew()
        else if (start === 'with gaps') await makeGaps(machine, random)
        const jobs = await twoJobs(machine)
        const before = stages(machine)
        const live = liveGo(machine, workspace)
        await sleep(random() * 300)
        await Promise.all(
          jobs.map(async ({ job, begun }) => {
            const [main, kill] = [job.action(), await begun()]
            // Half of the kills hit the short time in which a job unpacks and installs.
            if (random() < 0.5) await sleep(random() * 1.2 * mainMs)
            else await newStage(machine, before, main, random() * 0.2 * mainMs)
            kill()
            await main
          }),
        )
        expect(await live.end(), context).toEqual([])
        await orphansEnd(machine)
        expect(tornIn(machine, modules), context).toEqual([])
        // Sometimes the runner survives, and runs the post steps.
        if (random() < 0.3) {
          for (const { job } of jobs) expect((await endOf(job)).exitCode, context).toBe(0)
        }
        await machine.write(repository, source(round))
        const { post } = await calmJob(machine, context)
        expect(post.stdout, context).toContain('Build cache: saved')
        expect(tornIn(machine, modules), context).toEqual([])
        for (const module of modules) {
          expect(existsSync(path.join(machine.gomodcache, `${module.path}@v1.0.0`)), context).toBe(true)
        }
      }
      const then = Date.now() / 1000 - 3 * 60 * 60
      for (const stage of stages(machine)) utimesSync(stage, then, then)
      // Modules and markers are removed, so that there is something to restore.
      await makeGaps(machine, () => 0.7)
      await calmJob(machine, 'after all rounds')
      expect(stages(machine)).toEqual([])
    },
  )

  test.each(seeds)(
    'in post: the store has a complete entry or no entry at all (seed %i)',
    { timeout },
    async (seed) => {
      const { machine, postMs } = await prepared()
      const random = randomNumbers(seed)
      for (let round = 1; round <= rounds; round++) {
        const context = `seed ${seed}, round ${round}`
        const before = machine.bed.service.entries().length
        await machine.write(repository, source(round))
        const jobs = await twoJobs(machine)
        await Promise.all(
          jobs.map(async ({ job, begun }) => {
            const [main] = [job.action(), await begun()]
            expect((await main).exitCode, context).toBe(0)
            expect((await job.shell('go build ./...')).exitCode, context).toBe(0)
          }),
        )
        await Promise.all(
          jobs.map(async ({ job, begun }) => {
            const [post, kill] = [job.end(), await begun()]
            await sleep(random() * 1.2 * postMs)
            kill()
            await post
          }),
        )
        await orphansEnd(machine)
        expect(tornIn(machine, modules), context).toEqual([])
        for (const { key } of machine.bed.service.entries().slice(before)) {
          expect((await filesOf(machine, repository, key)).length, context).toBeGreaterThan(0)
        }
        await machine.renew()
        const { main } = await calmJob(machine, context)
        expect(main.outputs['modules-cache'], context).toBe('exact')
        expect(main.outputs['build-cache'], context).toMatch(/^(exact|partial)$/)
      }
    },
  )
})
