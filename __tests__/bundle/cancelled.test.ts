import { readdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { app, startBed } from '../bed/bed.ts'
import { processesBelow } from '../bed/processes.ts'
import { runnerJob } from '../bed/runner-job.ts'
import { isUnix } from '../temporary.ts'

test.runIf(isUnix)(
  'a job that is cancelled while the cache hangs leaves no process and no folder, and saves nothing',
  async () => {
    const bed = await startBed()
    await bed.repository(app)
    bed.service.fault({ on: 'GetCacheEntryDownloadURL', effect: { kind: 'hang' } })
    const cancel = new AbortController()
    const waiting = (async () => {
      while (!bed.service.requests.some(({ rpc }) => rpc === 'GetCacheEntryDownloadURL')) await sleep(50)
      cancel.abort()
    })()
    const { main, post, places } = await runnerJob(bed, { signal: cancel.signal })
    await waiting
    expect(main.exitCode).not.toBe(0)
    expect(main.seconds).toBeLessThan(30)
    expect(post.exitCode).toBe(0)
    expect(post.stdout).not.toContain('Module cache: saved')
    expect(bed.service.entries()).toEqual([])
    expect(readdirSync(places.temp).filter((name) => name.startsWith('go-deps-action'))).toEqual([])
    expect(processesBelow(bed.folder)).toEqual([])
  },
)
