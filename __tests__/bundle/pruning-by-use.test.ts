import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { isFull } from '../harness/extent.ts'
import { manyJobs, most, names, newest, objectsIn, outcome, startJobs, tenPackages } from './ten-packages.ts'

test(
  'a job that fails early saves no build cache, and the next job is not slower than before',
  manyJobs,
  async () => {
    const { bed, job } = await startJobs()
    const first = await job(tenPackages())
    expect(first.compiled).toEqual([...names, 'tiny'])
    const failed = await job(tenPackages({ p0: 1 }), { run: 'go build ./p0 && false' })
    expect(outcome(failed)).toBe('not saved, the job failed')
    expect(bed.service.entries()).toHaveLength(1)
    const next = await job(tenPackages({ p0: 1 }))
    expect(next.compiled).toEqual(['p0'])
  },
)

test(
  'objects that saving runs do not use stay twice and are gone after the third; the live cache loses nothing',
  manyJobs,
  async () => {
    const { bed, job } = await startJobs()
    await job(tenPackages())
    const full = newest(bed)
    const kept = { with: { 'cache-mode': 'read' } }
    const p7to9 = { run: 'go build -x ./p7 ./p8 ./p9' }
    for (const p0 of [1, 2]) {
      const skipping = await job(tenPackages({ p0 }), { run: most })
      expect(skipping.compiled).toEqual(['p0'])
      expect(outcome(skipping)).toMatch(/^saved/)
      expect(newest(bed)).toBeGreaterThan(full)
      // If it is there after the second, it was there after the first, too.
      const complete = p0 === 2 || isFull ? await job(tenPackages({ p0 }), kept) : undefined
      expect(complete?.compiled ?? []).toEqual([])
    }
    const before = newest(bed)
    const third = await job(tenPackages({ p0: 3 }), {
      run: `${most} && cd "$GOCACHE" && find . -type f > "$RUNNER_TEMP/live.txt"`,
    })
    expect(outcome(third)).toMatch(/^saved/)
    expect(newest(bed)).toBeLessThan(before * 0.8)
    expect(third.post.stdout).toMatch(/, \d+ unused dropped from the entry/)
    const live = readFileSync(path.join(third.places.temp, 'live.txt'), 'utf8').split('\n')
    const objects = live.map((file) => file.slice('./'.length)).filter((file) => /-[ad]$/.test(file))
    const after = objectsIn(third.places)
    expect(objects.filter((file) => !after.includes(file))).toEqual([])
    expect(objects.length).toBeGreaterThan(names.length * 2)

    const complete = await job(tenPackages({ p0: 3 }), { ...kept, ...p7to9 })
    expect(complete.compiled).toEqual(['p7', 'p8', 'p9'])
    const rest = await job(tenPackages({ p0: 3 }), { ...kept, run: most })
    expect(rest.compiled).toEqual([])
  },
)

test(
  'a step that is skipped once, even one as small as a tenth, costs the next job nothing',
  manyJobs,
  async () => {
    const { job } = await startJobs()
    await job(tenPackages(), { run: 'go build ./p0 && go build ./...' })
    const skipping = await job(tenPackages({ p0: 1 }), {
      run: 'go build -x ./tiny ./p0 ./p1 ./p2 ./p3 ./p4 ./p5 ./p6 ./p7 ./p8',
    })
    expect(skipping.compiled).toEqual(['p0'])
    expect(outcome(skipping)).toMatch(/^saved/)
    const next = await job(tenPackages({ p0: 1 }))
    expect(next.compiled).toEqual([])
  },
)
