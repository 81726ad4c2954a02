import { mkdirSync, utimesSync } from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { git } from '../../testbed/git-repository.ts'
import { killable } from '../bundle/killable.ts'
import { orphansEnd, stages } from '../bundle/killed-machine.ts'
import { endOf, type Machine } from '../bundle/shared-machine.ts'
import { isFull } from '../harness/extent.ts'
import { leftovers } from './fault.ts'
import { type FaultCase, type FaultPlace, repository, testFaults } from './table.ts'

const isLinux = process.platform === 'linux'
/** Number of moments at which a step ends early, evenly spread over its duration. */
const forms = isFull ? 20 : 2
const calm = { step: 'goes on', log: 'nothing', text: /restored|nothing was missing/ } as const

/** Duration of undisturbed main and post steps, in seconds. */
async function usualSeconds(machine: Machine, inputs: Readonly<Record<string, string>>) {
  const { job } = await machine.start({ repository })
  const main = await job.action({ with: inputs })
  const post = await endOf(job)
  await machine.renew()
  return { main: main.seconds, post: post.seconds }
}

/** Kills a step with all its processes, as a machine failure does; its post step does not run. */
async function kill(
  { machine }: FaultPlace,
  which: 'main' | 'post',
  share: number,
  inputs: Readonly<Record<string, string>>,
): Promise<undefined> {
  const usual = await usualSeconds(machine, { 'cache-build': 'false' })
  const folder = path.join(machine.bed.folder, 'kill')
  mkdirSync(folder, { recursive: true })
  const { user, begun } = killable(folder)
  const { job, workspace } = await machine.start({ repository, user })
  const main = job.action({ with: inputs })
  const killMain = await begun()
  if (which === 'main') {
    await sleep(usual.main * 1000 * share)
    killMain()
    await main
  } else {
    await main
    const post = endOf(job)
    const killPost = await begun()
    await sleep(usual.post * 1000 * share)
    killPost()
    await post
  }
  await orphansEnd(machine)
  expect(await git(workspace, 'status', '--porcelain', '--ignored')).toBe('')
  // Folders of two hours ago count as abandoned.
  const then = Date.now() / 1000 - 3 * 60 * 60
  for (const stage of stages(machine)) utimesSync(stage, then, then)
}

/** Cancels main, as a user does; the post step runs. */
async function cancel({ machine }: FaultPlace, share: number): Promise<undefined> {
  const usual = await usualSeconds(machine, { 'cache-build': 'false' })
  const { job, temp } = await machine.start({ repository })
  const signal = AbortSignal.timeout(Math.max(1, Math.round(usual.main * 1000 * share)))
  await job.action({ with: { 'cache-build': 'false' }, signal })
  expect((await endOf(job)).exitCode).toBe(0)
  expect(leftovers(temp, [machine.gomodcache])).toEqual([])
}

const spread = (form: number) => (form + 0.5) / forms

const inputs = { 'cache-build': 'false', 'check-tidy': 'true' }

testFaults('The job after an interrupted job', [
  {
    fault: 'Main is killed, at twenty moments, with `check-tidy`',
    ...{ ...calm, modules: 'from the entry', forms, runIf: isLinux },
    breaks: (place, form) => kill(place, 'main', spread(form), inputs),
  },
  {
    fault: 'Main is cancelled, at twenty moments',
    ...{ ...calm, modules: 'from the entry', forms },
    breaks: (place, form) => cancel(place, spread(form)),
  },
  ...Array.from({ length: forms }, (_, form): FaultCase => {
    const inputs = { 'cache-build': 'false', 'cache-key': `killed post ${form}` }
    return {
      fault: 'Post is killed while it saves, at twenty moments',
      // The machine's caches are as the job has left them.
      ...{ ...calm, modules: 'from the entry', runIf: isLinux, with: inputs },
      breaks: (place) => kill(place, 'post', spread(form), inputs),
    }
  }),
])
