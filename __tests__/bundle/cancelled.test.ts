import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { app, startBed } from '../harness/bed.ts'
import { processesBelow } from '../harness/processes.ts'
import { runnerJob } from '../harness/runner-job.ts'
import { isUnix } from '../temporary.ts'

test.runIf(isUnix)(
  'a job that is cancelled while the cache hangs leaves no process or folder, and saves nothing',
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

test.runIf(isUnix)('a job that is cancelled while it vendors leaves the checkout unchanged', async () => {
  const bed = await startBed()
  await bed.repository(app)
  const bin = path.join(bed.folder, 'bin')
  const reached = path.join(bed.folder, 'reached')
  const go = execFileSync('which', ['go'], { encoding: 'utf8' }).trim()
  mkdirSync(bin)
  // The real go, with a pause after it has written everything.
  const wrapper = `#!/bin/sh\n"${go}" "$@" || exit\nif [ "$1" = mod ] && [ "$2" = vendor ]; then touch ${reached}; exec sleep 60; fi\n`
  writeFileSync(path.join(bin, 'go'), wrapper, { mode: 0o755 })
  const cancel = new AbortController()
  const waiting = (async () => {
    while (!existsSync(reached)) await sleep(50)
    cancel.abort()
  })()
  const { main, post, places } = await runnerJob(bed, {
    with: { dependencies: 'vendor', 'cache-build': 'false' },
    env: { PATH: `${bin}:${process.env.PATH}` },
    signal: cancel.signal,
  })
  await waiting
  expect(main.exitCode).not.toBe(0)
  expect(post.exitCode).toBe(0)
  const changes = execFileSync('git', ['status', '--porcelain', '--ignored'], { cwd: places.workspace })
  expect(changes.toString()).toBe('')
  expect(readdirSync(places.temp).filter((name) => name.startsWith('go-deps-action'))).toEqual([])
})
