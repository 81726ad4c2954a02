import { mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { madeModule } from '../golden/modules.ts'
import { said } from '../harness/runner-job.ts'
import { isUnix } from '../temporary.ts'
import { endOf, type Machine, startMachine } from './shared-machine.ts'
import { smallRepository, wholeJob } from './whole-job.ts'

const [lib, other] = [madeModule('example.com/lib', 'v1.0.0'), madeModule('example.com/other', 'v1.0.0')]
const small = smallRepository('app', [lib, other])
const levels = ['notice', 'warning', 'error'] as const

/** Modules whose zips were downloaded after the first requests of this number. */
function zips({ proxy }: Machine, since = 0): readonly string[] {
  return proxy.requests.slice(since).flatMap(({ kind, module }) => (kind === 'zip' ? [module] : []))
}

/** The kinds of the stored entries: `modules` or `build`. */
const kindsOf = ({ bed }: Machine) => bed.service.entries().map(({ key }) => key.split('.')[1])

describe('a module entry', () => {
  test('without one module: only that one is downloaded, and the next entry has it', async () => {
    const machine = await startMachine([lib, other])
    await machine.write('org/app', small)
    const gone = `${machine.gomodcache}/example.com/lib@v1.0.0 ${machine.gomodcache}/cache/download/example.com/lib`
    await wholeJob(machine, 'org/app', `chmod -R u+w ${machine.gomodcache} && rm -r ${gone}`)
    await machine.renew()
    const before = machine.proxy.requests.length
    const second = await wholeJob(machine, 'org/app', 'true')
    expect(zips(machine, before)).toEqual([lib.path])
    expect(second.main.stdout).toContain('1 downloaded')
    await machine.renew()
    const after = machine.proxy.requests.length
    await wholeJob(machine, 'org/app', 'true')
    expect(machine.proxy.requests.slice(after)).toEqual([])
  })

  test('holds zips after a job has downloaded them itself', async () => {
    const machine = await startMachine([lib, other])
    await machine.write('org/app', small)
    const asked: number[] = []
    for (const _ of [1, 2, 3]) {
      const before = machine.proxy.requests.length
      await wholeJob(machine, 'org/app', 'go mod download')
      asked.push(zips(machine, before).length)
      await machine.renew()
    }
    expect(asked).toEqual([2, 2, 0])
  })
})

describe('a repository', () => {
  test('with a committed vendor directory uses no module cache, and downloads and exports nothing', async () => {
    const machine = await startMachine([lib])
    await machine.write('org/app', {
      ...smallRepository('app', [lib]),
      'vendor/modules.txt': '# example.com/lib v1.0.0\n## explicit; go 1.21\nexample.com/lib\n',
      'vendor/example.com/lib/lib.go': 'package lib\n',
    })
    const { main, shell } = await wholeJob(machine, 'org/app', 'GOPROXY=off go build ./... && env')
    expect(shell.exitCode, shell.stderr).toBe(0)
    expect(shell.stdout).not.toContain('mod=vendor')
    expect(machine.proxy.requests).toEqual([])
    expect(main.stdout).not.toContain('Module cache:')
    expect(kindsOf(machine)).toEqual(['build'])
    expect(levels.flatMap((level) => said(main, level))).toEqual([])
  })

  test('without dependencies logs no warning, and restores its build cache', async () => {
    const machine = await startMachine([])
    await machine.write('org/app', smallRepository('app', []))
    await wholeJob(machine, 'org/app')
    await machine.renew()
    const warm = await wholeJob(machine, 'org/app')
    expect(warm.main.outputs).toMatchObject({ 'modules-cache': 'off', 'build-cache': 'exact' })
    expect(levels.flatMap((level) => [...said(warm.main, level), ...said(warm.post, level)])).toEqual([])
  })

  test('without a go.mod logs a notice, and nothing else happens', async () => {
    const machine = await startMachine([])
    await machine.write('org/app', { 'README.md': 'no Go here\n' })
    const { main } = await wholeJob(machine, 'org/app', 'true')
    expect(said(main, 'notice').join()).toContain('no go.mod')
    expect(machine.bed.service.requests).toEqual([])
  })

  test('with a workspace is restored and downloaded as one', async () => {
    const machine = await startMachine([lib, other])
    const inFolder = (folder: string, files: Readonly<Record<string, string>>) =>
      Object.fromEntries(Object.entries(files).map(([name, text]) => [`${folder}/${name}`, text]))
    await machine.write('org/app', {
      'go.work': 'go 1.21\n\nuse (\n\t./one\n\t./two\n)\n',
      ...inFolder('one', smallRepository('one', [lib])),
      ...inFolder('two', smallRepository('two', [other])),
    })
    await wholeJob(machine, 'org/app', 'go build ./one/... ./two/...')
    await machine.renew()
    const before = machine.proxy.requests.length
    const warm = await wholeJob(machine, 'org/app', 'GOPROXY=off go list -deps ./one/... ./two/...')
    expect([warm.main.outputs['cache-hit'], warm.shell.exitCode]).toEqual(['true', 0])
    expect(machine.proxy.requests.slice(before)).toEqual([])
  })

  test('keeps its go.mod and go.sum, and a failing job saves its modules but not its build', async () => {
    const machine = await startMachine([lib, other])
    await machine.write('org/app', small)
    const failed = await wholeJob(machine, 'org/app', 'git status --porcelain; exit 3')
    expect(failed.shell.stdout).toBe('')
    expect(kindsOf(machine)).toEqual(['modules'])
    expect(failed.saved).toBe('not saved, the job failed')
  })
})

test.runIf(isUnix)('works without git and HOME, as in a bare container', async () => {
  const machine = await startMachine([lib, other])
  await machine.write('org/app', small)
  const bin = path.join(machine.bed.folder, 'bin')
  linkPrograms(bin, 'git')
  const run = async () => {
    const { job } = await machine.start({ repository: 'org/app', env: { PATH: bin, HOME: '' } })
    const main = await job.action()
    expect(main.exitCode, main.stdout).toBe(0)
    expect((await job.shell('! command -v git && go build ./...')).exitCode).toBe(0)
    expect((await endOf(job)).exitCode).toBe(0)
    return main
  }
  await run()
  await machine.renew()
  expect((await run()).outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'exact' })
})

/** Links every program on PATH into a folder, except for one and its variants. */
function linkPrograms(folder: string, without: string): void {
  mkdirSync(folder, { recursive: true })
  const seen = new Set<string>()
  for (const directory of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const name of namesIn(directory)) {
      if (seen.has(name) || name.startsWith(without)) continue
      seen.add(name)
      symlinkSync(path.join(directory, name), path.join(folder, name))
    }
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}
