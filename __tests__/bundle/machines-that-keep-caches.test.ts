import { createHash } from 'node:crypto'
import { appendFileSync, chmodSync, lstatSync, readdirSync, readFileSync, utimesSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { stagePrefix } from '../../src/cache/stage.ts'
import { filesBelow } from '../../src/platform/files.ts'
import { runProcess } from '../../testbed/process.ts'
import { removeTree } from '../../testbed/remove-tree.ts'
import { madeModule } from '../golden/modules.ts'
import { app, startBed } from '../harness/bed.ts'
import { compiledPackages } from '../harness/go-output.ts'
import { type Places, runnerJob } from '../harness/runner-job.ts'
import { isRoot, unprivileged } from '../harness/unprivileged.ts'
import { writeFiles } from '../temporary.ts'
import { filesOf, startMachine } from './shared-machine.ts'
import {
  build,
  buildKey,
  minutesLater,
  objectsIn,
  smallRepository,
  tracedBuild,
  wholeJob,
} from './whole-job.ts'

const lib = madeModule('example.com/lib', 'v1.0.0')
const newLib = madeModule('example.com/lib', 'v1.1.0', { 'new.go': 'package lib\n\nconst New = true\n' })
const other = madeModule('example.com/other', 'v1.0.0')
const more = madeModule('example.com/more', 'v1.0.0')

describe('the second job on a machine', () => {
  test('sends no request, even after an edit of the source', async () => {
    const machine = await startMachine([lib, other])
    await machine.write('org/app', smallRepository('app', [lib, other]))
    const first = await wholeJob(machine, 'org/app')
    expect(first.post.stdout).toContain('Module cache: saved')
    expect(first.saved).toMatch(/^saved/)
    const fetched = machine.proxy.requests.length

    const again = await wholeJob(machine, 'org/app')
    expect(again.main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'exact' })
    expect(again.asked).toEqual([])

    await machine.write('org/app', smallRepository('app', [lib, other], 'second'))
    const edited = await wholeJob(machine, 'org/app')
    expect(edited.main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'partial' })
    expect(edited.asked).toEqual([])
    expect(machine.proxy.requests.slice(fetched)).toEqual([])
  })

  test('downloads only the bumped module after a bump, and no entry', async () => {
    const machine = await startMachine([lib, newLib, other])
    await machine.write('org/app', smallRepository('app', [lib, other]))
    await wholeJob(machine, 'org/app')
    const fetched = machine.proxy.requests.length

    await machine.write('org/app', smallRepository('app', [newLib, other]))
    const bumped = await wholeJob(machine, 'org/app', tracedBuild)
    expect(bumped.main.outputs['build-cache']).toBe('partial')
    const modules = machine.proxy.requests.slice(fetched).map((one) => `${one.module}@${one.version}`)
    expect([...new Set(modules)]).toEqual(['example.com/lib@v1.1.0'])
    // The bumped module and the package that imports it.
    expect(compiledPackages(bumped.shell.stderr)).toHaveLength(2)
    expect(bumped.asked.filter(({ method }) => method === 'GET')).toEqual([])
  })

  test('saves what the first job had built before it failed', async () => {
    const machine = await startMachine([lib, other])
    await machine.write('org/app', smallRepository('app', [lib, other]))
    expect((await wholeJob(machine, 'org/app', `${build}; exit 1`)).saved).toBe('not saved, the job failed')
    minutesLater(machine)
    await machine.write('org/app', smallRepository('app', [lib, other], 'fixed'))
    expect((await wholeJob(machine, 'org/app')).saved).toMatch(/^saved/)
    await machine.renew()
    const fresh = await wholeJob(machine, 'org/app', tracedBuild)
    expect(fresh.main.outputs['build-cache']).toBe('exact')
    expect(compiledPackages(fresh.shell.stderr)).toHaveLength(0)
  })
})

/** Identity of a file, to detect that it was replaced. */
function identities(folder: string): ReadonlyMap<string, string> {
  return new Map(
    filesBelow(folder).map((file) => {
      const place = path.join(folder, file)
      const { ino, mtimeMs, mode } = lstatSync(place)
      const sha256 = createHash('sha256').update(readFileSync(place)).digest('hex')
      return [file, `inode ${ino}, time ${mtimeMs}, mode ${mode.toString(8)}, content ${sha256}`]
    }),
  )
}

test('caches that other jobs filled stay unchanged, and missing parts are added', async () => {
  const machine = await startMachine([lib, other, more])
  const { gomodcache, gocache } = machine
  await machine.write('org/app', smallRepository('app', [lib, other, more]))
  await wholeJob(machine, 'org/app')
  const entry = await filesOf(machine, 'org/app', buildKey(machine))
  await machine.renew()

  const { job, workspace } = await machine.start({ repository: 'org/app' })
  const go = { command: 'go', args: ['build', './...'], cwd: workspace, env: machine.environment }
  expect((await runProcess(go)).exitCode).toBe(0)
  // Most modules and half of the objects are missing; some of the others have another content.
  for (const name of ['other', 'more']) {
    await removeTree(path.join(gomodcache, 'cache/download/example.com', name))
    await removeTree(path.join(gomodcache, `example.com/${name}@v1.0.0`))
  }
  for (const file of objectsIn(gocache)) {
    if (/^[0-7]/.test(file)) await removeTree(path.join(gocache, file))
  }
  const there = objectsIn(gocache)
  const changed = [
    path.join(gomodcache, 'example.com/lib@v1.0.0/lib.go'),
    ...['-a', '-d'].map((kind) =>
      path.join(gocache, entry.find((file) => file.endsWith(kind) && there.includes(file)) ?? kind),
    ),
  ]
  for (const file of changed) {
    chmodSync(file, 0o644)
    appendFileSync(file, '\n')
  }
  const before = [gomodcache, gocache].map(identities)
  const fetched = machine.proxy.requests.length

  const main = await job.action()
  expect(main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'exact' })
  expect(machine.proxy.requests.slice(fetched)).toEqual([])
  const after = [gomodcache, gocache].map(identities)
  for (const [index, old] of before.entries()) {
    for (const [file, identity] of old) expect([file, after[index]?.get(file)]).toEqual([file, identity])
  }
  expect(after[0]?.has('example.com/other@v1.0.0/other.go')).toBe(true)
  expect(entry.filter((file) => after[1]?.has(file) !== true)).toEqual([])
})

describe.runIf(isRoot)('a user without write access, without -modcacherw', () => {
  const hours = 60 * 60

  /** Files of the action in the folders of a job. */
  function leftovers({ temp, gomodcache, gocache }: Places): readonly string[] {
    const isOurs = (name: string) => name.startsWith(stagePrefix) || name.startsWith('go-deps-action')
    return [temp, gomodcache, gocache].flatMap((folder) => readdirSync(folder).filter(isOurs))
  }

  /** Leaves in each cache a write-protected stage of a job that was killed this many seconds ago. */
  function leaveStages({ gomodcache, gocache }: Places, name: string, age: number): void {
    for (const cache of [gomodcache, gocache]) {
      const stage = path.join(cache, `${stagePrefix}${name}`)
      writeFiles(stage, { 'example.com/lib@v1.0.0/lib.go': 'package lib\n' })
      chmodSync(path.join(stage, 'example.com/lib@v1.0.0/lib.go'), 0o444)
      chmodSync(path.join(stage, 'example.com/lib@v1.0.0'), 0o555)
      const then = Date.now() / 1000 - age
      utimesSync(stage, then, then)
    }
  }

  test('leaves nothing behind, and removes the files of a killed job two hours later', async () => {
    const bed = await startBed()
    const job = async (keepHome: boolean, prepare?: (places: Places) => void) => {
      // Git does not clone repositories of another user, so everything is given to this user.
      await bed.repository(app)
      const { main, places } = await runnerJob(bed, {
        ...unprivileged(bed, prepare),
        keepHome,
        run: 'go build ./tiny',
      })
      return { outputs: main.outputs, left: leftovers(places) }
    }
    expect(await job(false)).toMatchObject({ outputs: { 'modules-cache': 'miss' }, left: [] })
    const restored = await job(false, (places) => {
      leaveStages(places, 'old', 3 * hours)
      // The job may still be running.
      leaveStages(places, 'young', hours)
    })
    expect(restored.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'exact' })
    const young = `${stagePrefix}young`
    expect(restored.left).toEqual([young, young])
    // There is nothing to restore now, so the files are not needed.
    expect((await job(true, (places) => leaveStages(places, 'young', 3 * hours))).left).toEqual([])
  })
})
