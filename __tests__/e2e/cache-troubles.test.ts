import { describe, expect, test } from 'vitest'
import { actJob, annotations, step } from '../harness/act-job.ts'
import { app, startBed } from '../harness/bed.ts'

const action = '      - uses: org/go-deps-action@v0\n        with:\n          cache-build: false\n'
const goDeps = 'org/go-deps-action@v0'
const build = '      - run: go list -deps ./... > /dev/null\n        env:\n          GOPROXY: "off"\n'

describe('a broken cache never fails a job', () => {
  test('without a cache service there is one warning, and the modules are downloaded', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const result = await actJob(bed, action + build, { cache: {} })
    expect(result.exitCode, result.output).toBe(0)
    expect(result.output).toContain('this runner offers no cache service')
    expect(step(result, goDeps).outputs['modules-cache']).toBe('miss')
    expect(annotations(result, 'error')).toEqual([])
    expect(annotations(result, 'warning')).toHaveLength(1)
  })

  test('with a hanging service the deadline ends the wait, with one warning, and the job continues', async () => {
    const bed = await startBed()
    await bed.repository(app)
    bed.service.fault({ on: 'GetCacheEntryDownloadURL', effect: { kind: 'hang' } })
    const env = { GO_DEPS_RESTORE_SECONDS: '2', GO_DEPS_SAVE_SECONDS: '2' }
    const result = await actJob(bed, action + build, { env })
    expect(result.exitCode, result.output).toBe(0)
    expect(annotations(result, 'warning').join()).toContain('no answer within 2 s')
    expect(annotations(result, 'warning')).toHaveLength(1)
    expect(annotations(result, 'error')).toEqual([])
  })
})
