import * as path from 'node:path'
import { expect, test } from 'vitest'
import { actJob, annotations, step } from '../harness/act-job.ts'
import { app, startBed } from '../harness/bed.ts'

const goDeps = 'org/go-deps-action@v0'
const steps = `      - uses: ${goDeps}\n      - run: go build ./tiny\n`

test("act's own cache server, which speaks version 1, keeps both caches from run to run", async () => {
  const bed = await startBed()
  await bed.repository(app)
  const cacheServer = path.join(bed.folder, 'act-cache')
  const cold = await actJob(bed, steps, { cacheServer })
  expect(cold.exitCode, cold.output).toBe(0)
  expect(step(cold, goDeps).outputs).toMatchObject({ 'modules-cache': 'miss', 'build-cache': 'miss' })
  const asked = bed.proxy.requests.length
  const warm = await actJob(bed, steps, { cacheServer })
  expect(warm.exitCode, warm.output).toBe(0)
  expect(step(warm, goDeps).outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'exact' })
  expect(bed.proxy.requests.length).toBe(asked)
  for (const run of [cold, warm])
    expect([...annotations(run, 'warning'), ...annotations(run, 'error')]).toEqual([])
  expect(bed.service.requests).toEqual([])
})
