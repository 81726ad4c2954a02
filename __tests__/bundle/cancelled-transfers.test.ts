import { existsSync, readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { FaultRule, Operation } from '../../testbed/cache-service/faults.ts'
import { leftovers } from '../faults/fault.ts'
import { madeModule } from '../golden/modules.ts'
import { processesBelow } from '../harness/processes.ts'
import { isUnix } from '../temporary.ts'
import { endOf, type Machine, startMachine } from './shared-machine.ts'
import { smallRepository } from './whole-job.ts'

const repository = 'org/app'
const inputs = { 'cache-build': 'false' }
const lib = madeModule('example.com/lib', 'v1.0.0', {
  'text.go': `package lib\n\nconst Text = "${text()}"\n`,
})

/** Text that compresses badly. */
function text(): string {
  return Array.from({ length: 4000 }, (_, index) => ((index * index * 7919) % 9973).toString(36)).join('')
}

/** Aborts once the service has been asked for something. */
function cancelAt({ bed }: Machine, operation: Operation): AbortSignal {
  const cancel = new AbortController()
  const before = bed.service.requests.length
  const isReached = () =>
    bed.service.requests
      .slice(before)
      .some(({ method, rpc, path }) =>
        operation === 'upload'
          ? method === 'PUT'
          : operation === 'download'
            ? method === 'GET' && path !== ''
            : rpc === operation,
      )
  const waiting = async () => {
    while (!isReached()) await sleep(20)
    await sleep(100)
    cancel.abort()
  }
  void waiting()
  return cancel.signal
}

async function machineWithEntry(): Promise<Machine> {
  const machine = await startMachine([lib])
  await machine.write(repository, smallRepository('app', [lib]))
  const { job } = await machine.start({ repository })
  await job.action({ with: inputs })
  await job.shell('go build ./...')
  expect((await endOf(job)).stdout).toContain('Module cache: saved')
  await machine.renew()
  return machine
}

const stalls: FaultRule['effect'] = { kind: 'cut', afterBytes: 2000, by: 'stall' }

test.runIf(isUnix)('a job that is cancelled while it restores ends at once, and leaves nothing', async () => {
  const machine = await machineWithEntry()
  const end = machine.bed.service.fault({ on: 'download', effect: stalls as NonNullable<typeof stalls> })
  const { job, temp } = await machine.start({ repository })
  const main = await job.action({ with: inputs, signal: cancelAt(machine, 'download') })
  end()
  expect(main.exitCode, main.log).toBe(130)
  expect(main.seconds).toBeLessThan(10)
  expect(existsSync(`${machine.gomodcache}/example.com`)).toBe(false)
  expect((await endOf(job)).exitCode).toBe(0)
  expect(leftovers(temp, [machine.gomodcache])).toEqual([])
  expect(processesBelow(machine.bed.folder)).toEqual([])
})

test.runIf(isUnix).each([
  ['reserves', 'CreateCacheEntry'],
  ['uploads', 'upload'],
  ['confirms', 'FinalizeCacheEntryUpload'],
] as const)(
  'a job that is cancelled while it %s an entry ends at once, and leaves nothing',
  async (_, on) => {
    const machine = await machineWithEntry()
    const { service } = machine.bed
    const before = service.entries().length
    const end = service.fault({ on, effect: { kind: 'hang' } })
    const { job, temp } = await machine.start({ repository })
    await job.action({ with: { ...inputs, 'cache-key': on } })
    await job.shell('go build ./...')
    const [post] = await job.end({ signal: cancelAt(machine, on) })
    end()
    expect(post?.exitCode, post?.log).toBe(130)
    expect(post?.seconds).toBeLessThan(10)
    expect(service.entries()).toHaveLength(before)
    expect(leftovers(temp, [machine.gomodcache])).toEqual([])
    expect(readdirSync(temp).filter((name) => name.startsWith('go-deps'))).toEqual([])
    expect(processesBelow(machine.bed.folder)).toEqual([])
  },
)
