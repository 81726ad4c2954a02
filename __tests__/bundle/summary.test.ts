import { expect, test } from 'vitest'
import { app, startBed } from '../harness/bed.ts'
import { runnerJob } from '../harness/runner-job.ts'

const modules = { 'cache-build': 'false' }

test('`summary` decides when main and post write the job summary', async () => {
  const bed = await startBed()
  await bed.repository(app)
  const parts = async (summary: string, cache = bed.service.environment()) => {
    const { main, post } = await runnerJob(bed, { with: { ...modules, summary }, cache })
    return [main.summary, post.summary].map((text) => text !== '')
  }
  const first = await runnerJob(bed, { with: { ...modules, 'cache-key': 'summary' } })
  expect(first.main.summary).toMatch(/^### Go dependencies: no cache entry yet, 5 modules downloaded\n/)
  expect(first.post.summary).toMatch(
    /^\*\*Go dependencies\*\*: saved for the next run: module cache \d+ kB stored, in [\d.]+ s\n/,
  )
  const dead = { ...bed.service.environment(), ACTIONS_RESULTS_URL: 'http://127.0.0.1:1/' }
  expect(await parts('never')).toEqual([false, false])
  expect(await parts('on-problem')).toEqual([false, false])
  expect(await parts('always')).toEqual([true, true])
  // Post does not ask again.
  expect(await parts('on-problem', dead)).toEqual([true, false])
  expect(await parts('never', dead)).toEqual([false, false])
})

test('a failing step writes its reason to the summary, whenever it fails', async () => {
  const bed = await startBed()
  await bed.repository(app)
  const bad = await runnerJob(bed, { with: { ...modules, retries: 'many', summary: 'on-problem' } })
  expect(bad.main.summary).toMatch(/failed[\s\S]*retries/)
  bed.proxy.fail({ kind: 'zip', module: 'github.com/google/uuid', status: 404 })
  const missing = await runnerJob(bed, { with: { ...modules, summary: 'on-problem' } })
  expect(missing.main.summary).toMatch(/failed[\s\S]*github\.com\/google\/uuid/)
})
