import { expect, test } from 'vitest'
import { startBed } from '../bed/bed.ts'
import { runnerJob, said } from '../bed/runner-job.ts'
import { smallModule } from '../bed/small-module.ts'

test('without a usable HOME the caches are off, and one warning says what to set', async () => {
  const bed = await startBed()
  await bed.repository(undefined, smallModule('', '1.21'))
  const { main, post } = await runnerJob(bed, {
    env: { HOME: '', GOMODCACHE: '', GOCACHE: '', GOPATH: '' },
  })
  expect(main.exitCode, main.log).toBe(0)
  expect(main.outputs).toMatchObject({ 'modules-cache': 'off', 'build-cache': 'off' })
  expect(said(main, 'warning')).toEqual([expect.stringMatching(/because HOME is not set .* Set HOME/)])
  expect(post.exitCode).toBe(0)
})
