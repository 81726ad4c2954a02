import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { flipAt } from '../../testbed/cache-service/damages.ts'
import { checkOut } from '../../testbed/git-repository.ts'
import { removeTree } from '../../testbed/remove-tree.ts'
import { push } from '../../testbed/runner/github-context.ts'
import { startJob } from '../../testbed/runner/job.ts'
import { type Bed, root } from '../harness/bed.ts'
import { said } from '../harness/runner-job.ts'
import {
  compiledIn,
  everything,
  manyJobs,
  most,
  names,
  newest,
  objectsIn,
  outcome,
  startJobs,
  tenPackages,
} from './ten-packages.ts'

test('a failed job saves everything that it restored, if it may save', manyJobs, async () => {
  const { bed, job } = await startJobs()
  await job(tenPackages())
  // As many jobs as would have pruned objects if they had succeeded.
  for (const p0 of [1, 2, 3, 4]) {
    const before = newest(bed)
    const failed = await job(tenPackages({ p0 }), {
      with: { 'cache-save-on-failure': 'true' },
      run: `${most} && false`,
    })
    expect(outcome(failed)).toMatch(/^saved/)
    expect(failed.compiled).toEqual(['p0'])
    expect(newest(bed)).toBeGreaterThan(before)
  }
  const next = await job(tenPackages({ p0: 4 }))
  expect(next.compiled).toEqual([])
  const back = await job(tenPackages(), { with: { 'cache-mode': 'read' } })
  expect(back.compiled).toEqual([])
})

test('a cancelled job saves and prunes nothing', manyJobs, async () => {
  const { bed, job, pause } = await startJobs()
  await job(tenPackages())
  await bed.repository(undefined, tenPackages({ p0: 1, p1: 1 }))
  await pause()
  const { status, compiled } = await cancelledJob(bed)
  expect(compiled).toEqual(['p0', 'p1'])
  expect(status).toBe('not saved, the job was cancelled')
  expect(bed.service.entries()).toHaveLength(1)
  const next = await job(tenPackages())
  expect(next.compiled).toEqual([])
})

/** A job that is cancelled after it has built everything. */
async function cancelledJob(bed: Bed) {
  const [workspace, home] = [path.join(bed.folder, 'work', 'app'), path.join(bed.folder, 'cancelled')]
  await removeTree(workspace)
  mkdirSync(home)
  const commit = await checkOut(bed.checkedOut, workspace)
  const cancelled = await startJob({
    ...{ actionDirectory: root, workspace, home, temp: path.join(bed.folder, 'temp') },
    env: {
      PATH: process.env.PATH ?? '',
      ...bed.goEnvironment,
      GOMODCACHE: path.join(bed.folder, 'home', 'go', 'pkg', 'mod'),
      GOCACHE: path.join(home, 'go-build'),
    },
    event: push('main', commit),
    cacheEnvironment: bed.service.environment(),
  })
  await cancelled.action()
  const shell = await cancelled.shell(everything)
  const [post] = await cancelled.end({ status: 'cancelled' })
  if (post === undefined) throw new Error('the action has no post step')
  return { status: outcome({ post }), compiled: compiledIn(shell.stderr) }
}

test('a successful job that built one package of ten leaves the entry unchanged', manyJobs, async () => {
  const { bed, job } = await startJobs()
  await job(tenPackages())
  const little = await job(tenPackages({ p0: 1 }), { run: 'go build -x ./p0' })
  expect(little.compiled).toEqual(['p0'])
  expect(outcome(little)).toBe('not saved, this run used under half of the entry, so the entry stays')
  expect(bed.service.entries()).toHaveLength(1)
  const next = await job(tenPackages())
  expect(next.compiled).toEqual([])
})

test('neither an unchanged tree nor a change of under 5 % saves again', manyJobs, async () => {
  const { bed, job } = await startJobs()
  await job(tenPackages())
  const same = await job(tenPackages())
  expect(same.compiled).toEqual([])
  expect(outcome(same)).toBe('up to date, nothing new to save')
  const little = await job(tenPackages({ tiny: 43 }))
  expect(little.compiled).toEqual(['tiny'])
  expect(outcome(little)).toBe('up to date, nothing new to save (under 5 % of the entry is new)')
  expect(bed.service.entries()).toHaveLength(1)
  const large = await job(tenPackages({ tiny: 43, p3: 1 }))
  expect(large.compiled).toEqual(['p3', 'tiny'])
  expect(outcome(large)).toMatch(/^saved/)
})

test('a damaged entry is a miss, and the job that finds it replaces it', manyJobs, async () => {
  const { bed, job } = await startJobs()
  await job(tenPackages())
  bed.service.damage(bed.service.entries()[0]?.key ?? '', flipAt(0.5))
  const healing = await job(tenPackages())
  expect(healing.main.outputs['build-cache']).toBe('miss')
  expect(healing.compiled).toEqual([...names, 'tiny'])
  expect(outcome(healing)).toMatch(/^saved/)
  const healed = await job(tenPackages())
  expect(healed.main.outputs['build-cache']).toBe('exact')
  expect(healed.compiled).toEqual([])
  expect(said(healed.main, 'warning')).toEqual([])
})

test(
  'an entry above cache-max-size is pruned, with one warning and one save, and the job succeeds',
  manyJobs,
  async () => {
    const { bed, job } = await startJobs()
    const limit = { with: { 'cache-max-size': '1 MB' } }
    const cut = await job(tenPackages(), limit)
    expect(outcome(cut)).toMatch(/^saved/)
    expect(newest(bed)).toBeLessThanOrEqual(1_010_000)
    expect(said(cut.post, 'warning')).toEqual([
      expect.stringMatching(
        /^Build cache: \d+ objects would take about 1\.\d MB when stored, and `cache-max-size` allows 1\.0 MB\. The entry omits the \d+ largest, and every run compiles them again\. To make everything fit, set `cache-max-size: 2 MB`\.$/,
      ),
    ])
    const warm = await job(tenPackages(), limit)
    expect(warm.compiled.length).toBeLessThanOrEqual(6)
    expect(outcome(warm)).toMatch(
      /^up to date, nothing new to save \(`cache-max-size` \(1\.0 MB\) omits \d+ of/,
    )
    expect(said(warm.post, 'warning')).toEqual([])
    expect(bed.service.entries()).toHaveLength(1)
  },
)

test(
  'an entry that reaches cache-max-size drops unused objects and keeps all used objects',
  manyJobs,
  async () => {
    const { bed, job } = await startJobs()
    await job(tenPackages())
    const full = newest(bed)
    const limited = await job(tenPackages({ p0: 1 }), { with: { 'cache-max-size': '1400 kB' }, run: most })
    expect(outcome(limited)).toMatch(/^saved/)
    expect(newest(bed)).toBeLessThan(Math.min(full, 1_400_000))
    const next = await job(tenPackages({ p0: 1 }), { run: most })
    expect(next.compiled).toEqual([])
  },
)

test(
  'a job that starts from the entry of another job soon has its own, of its own size',
  manyJobs,
  async () => {
    const { bed, job } = await startJobs()
    await job(tenPackages(), { matrix: { name: 'everything' } })
    const full = newest(bed)
    const little = { matrix: { name: 'little' }, run: 'go build -x ./p0 ./p1' }
    for (const p0 of [1, 2, 3, 4]) {
      const edited = await job(tenPackages({ p0 }), little)
      expect(edited.compiled).toEqual(['p0'])
      expect(outcome(edited)).toMatch(/^saved/)
    }
    expect(newest(bed)).toBeLessThan(full / 2)
    const again = await job(tenPackages({ p0: 4 }), little)
    expect(again.compiled).toEqual([])
  },
)

test(
  'an object that a step damaged without changing its length is not saved, and built again',
  manyJobs,
  async () => {
    const { bed, job } = await startJobs()
    const damage = [
      everything,
      'victim=$(find "$GOCACHE" -name "*-d" -size +100k | sort | head -n 1)',
      'printf "\\001" | dd of="$victim" bs=1 seek=50000 conv=notrunc',
    ].join('\n')
    const first = await job(tenPackages(), { run: damage })
    expect(first.post.stdout).toMatch(/Omitted from the entry: \S+-d does not match the SHA-256 in its name/)
    expect(bed.service.entries()).toHaveLength(1)
    const next = await job(tenPackages())
    expect(next.compiled).toHaveLength(1)
    expect(names).toContain(next.compiled[0])
    for (const object of objectsIn(next.places).filter((file) => file.endsWith('-d'))) {
      const content = readFileSync(path.join(next.places.gocache, object))
      expect(object).toContain(createHash('sha256').update(content).digest('hex'))
    }
    const after = await job(tenPackages())
    expect(after.main.stdout).not.toMatch(/build objects? w/)
    expect(after.compiled).toEqual([])
  },
)
