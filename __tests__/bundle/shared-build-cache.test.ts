import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { madeModule } from '../golden/modules.ts'
import { slice } from '../harness/extent.ts'
import { compiledPackages } from '../harness/go-output.ts'
import { writeFiles } from '../temporary.ts'
import { endOf, filesOf, type Machine, startMachine } from './shared-machine.ts'
import {
  build,
  buildKey,
  minutesLater,
  objectsIn,
  saveOf,
  smallRepository,
  tracedBuild,
  wholeJob,
} from './whole-job.ts'

const lib = madeModule('example.com/lib', 'v1.0.0')
const other = madeModule('example.com/other', 'v1.0.0')

describe('a build cache that several repositories share', () => {
  async function twoRepositories(flags = ''): Promise<Machine> {
    const machine = await startMachine([lib, other], flags)
    await machine.write('org/ours', smallRepository('ours', [lib]))
    await machine.write('org/theirs', smallRepository('theirs', [lib, other]))
    return machine
  }

  test.each(slice(['', '-trimpath'], 1))(
    'restores our objects, and neither packs nor deletes those of others (GOFLAGS: %j)',
    async (flags) => {
      const machine = await twoRepositories(flags)
      await wholeJob(machine, 'org/ours')
      const own = new Set(objectsIn(machine.gocache))
      await machine.renew()
      await wholeJob(machine, 'org/theirs')
      const others = objectsIn(machine.gocache).filter((file) => !own.has(file))
      expect(others.length).toBeGreaterThan(4)
      minutesLater(machine)

      await machine.write('org/ours', smallRepository('ours', [lib], 'second'))
      const { asked, shell, saved } = await wholeJob(machine, 'org/ours', tracedBuild)
      expect(asked.some(({ method, key = '' }) => method === 'GET' && key.startsWith('godeps.build'))).toBe(
        true,
      )
      expect(compiledPackages(shell.stderr)).toHaveLength(1)
      expect(saved).toMatch(/^saved/)
      const packed = await filesOf(machine, 'org/ours', buildKey(machine))
      expect(packed.filter((file) => others.includes(file))).toEqual([])
      expect(others.filter((file) => !existsSync(path.join(machine.gocache, file)))).toEqual([])
    },
  )

  test('does not pack fuzzing corpora of others', async () => {
    const machine = await twoRepositories()
    const corpora = ['ours', 'theirs'].map((name) => `fuzz/example.com/${name}/FuzzName/0123`)
    writeFiles(machine.gocache, Object.fromEntries(corpora.map((file) => [file, 'go test fuzz v1\n'])))
    await wholeJob(machine, 'org/ours')
    const packed = await filesOf(machine, 'org/ours', buildKey(machine))
    expect(packed.filter((file) => file.startsWith('fuzz/'))).toEqual([corpora[0]])
  })

  test('is saved by neither of two concurrent jobs, and the log names the other repository', async () => {
    const machine = await twoRepositories()
    const jobs = [
      await machine.start({ repository: 'org/ours' }),
      await machine.start({ repository: 'org/theirs' }),
    ]
    for (const { job } of jobs) expect((await job.action()).exitCode).toBe(0)
    for (const { job } of jobs) expect((await job.shell(build)).exitCode).toBe(0)
    const saved: string[] = []
    for (const { job } of jobs) saved.push(saveOf(await endOf(job)))
    const meanwhile = (name: string) =>
      `not saved, a job of ${name} used the same build cache at the same time`
    expect(saved).toEqual([meanwhile('org/theirs'), meanwhile('org/ours')])
    // The next job runs alone again.
    await machine.write('org/ours', smallRepository('ours', [lib], 'second'))
    expect((await wholeJob(machine, 'org/ours')).saved).not.toContain('meanwhile')
  })
})
