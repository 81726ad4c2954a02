import { setTimeout as sleep } from 'node:timers/promises'
import { describe, test } from 'vitest'
import { killable } from './killable.ts'
import { modules, orphansEnd, repository, source } from './killed-machine.ts'
import { startMachine } from './shared-machine.ts'

describe.runIf(process.platform === 'linux')('child processes of a killed job end by themselves', () => {
  test.each([
    ['when the cache answers', { delayMs: 1000 }],
    ['when the cache hangs', { effect: { kind: 'hang' } }],
  ] as const)('%s', async (_, fault) => {
    const machine = await startMachine(modules.slice(0, 1))
    const { bed } = machine
    await machine.write(repository, source(0))
    const { user, begun } = killable(bed.folder)
    const { job } = await machine.start({ repository, user })
    bed.service.fault({ on: 'GetCacheEntryDownloadURL', ...fault })
    const main = job.action({ with: { 'cache-build': 'false' } })
    const kill = await begun()
    while (!bed.service.requests.some(({ rpc }) => rpc === 'GetCacheEntryDownloadURL')) await sleep(10)
    kill()
    await main
    await orphansEnd(machine)
  })
})
