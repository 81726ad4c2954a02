import { describe, expect, test } from 'vitest'
import { type MadeModule, madeModule, sumLines } from '../golden/modules.ts'
import { said } from '../harness/runner-job.ts'
import { endOf, type Machine, startMachine } from './shared-machine.ts'
import { smallRepository } from './whole-job.ts'

const libraries = Array.from({ length: 6 }, (_, index) => madeModule(`example.com/lib${index}`, 'v1.0.0'))
const bumped = [...libraries.slice(1), madeModule('example.com/lib0', 'v1.1.0')]
const onlyModules = { 'cache-build': 'false' }
const app = (modules: readonly MadeModule[]) => smallRepository('app', modules)

/** Runs a job on a fresh machine. */
async function run(
  machine: Machine,
  files: Readonly<Record<string, string>>,
  given: { readonly with?: Readonly<Record<string, string>>; readonly script?: string } = {},
) {
  await machine.renew()
  await machine.write('org/app', files)
  const { job } = await machine.start({ repository: 'org/app' })
  const before = machine.proxy.requests.length
  const main = await job.action({ with: given.with ?? onlyModules })
  const downloads = machine.proxy.requests.slice(before).filter(({ kind }) => kind === 'zip').length
  const shell = given.script === undefined ? undefined : await job.shell(given.script)
  return { main, shell, downloads, post: await endOf(job) }
}

const keys = ({ bed }: Machine) => bed.service.entries().map(({ key }) => key)

describe('a failing run', () => {
  const lostLines = { ...app(libraries), 'go.sum': sumLines(libraries[0] as MadeModule) }
  const wrongHash = {
    ...app(libraries),
    'go.sum': libraries
      .map(sumLines)
      .join('')
      .replace(/h1:\S{4}/, 'h1:AAAA'),
  }

  test('leaves the fallback unchanged: the next bump downloads only the new module', async () => {
    const machine = await startMachine([...libraries, ...bumped])
    await run(machine, app(libraries))
    const failures = [
      { what: 'a hash in go.sum is wrong', files: wrongHash, exitCode: 1 },
      { what: 'go.sum lost lines', files: lostLines, exitCode: 1 },
      {
        what: 'a part of the modules, and a later step fails',
        files: app(libraries.slice(0, 1)),
        exitCode: 0,
      },
      {
        what: 'go.sum lost lines, and nothing is restored',
        files: lostLines,
        with: { ...onlyModules, 'cache-mode': 'write-only' },
        exitCode: 1,
      },
    ]
    for (const { what, files, exitCode, ...given } of failures) {
      const failed = await run(machine, files, { script: 'false', ...given })
      expect(failed.main.exitCode, `${what}: ${failed.main.log}`).toBe(exitCode)
    }
    expect(keys(machine)).toHaveLength(1)
    // This run has all modules, so it saves: the next one downloads nothing.
    const whole = await run(machine, app(bumped), { script: 'false' })
    expect(whole.downloads).toBe(1)
    expect((await run(machine, app(bumped))).downloads).toBe(0)
    expect(keys(machine)).toHaveLength(2)
  })

  test('saves a last resort if it is the first of all, which never hides a complete entry', async () => {
    const machine = await startMachine([...libraries, ...bumped])
    machine.proxy.fail({ kind: 'zip', module: 'example.com/lib0', status: 404, times: 1 })
    const failed = await run(machine, app(libraries))
    expect(failed.main.exitCode, failed.main.log).toBe(1)
    expect(keys(machine)).toEqual([expect.stringMatching(/^godeps\.modules\.v1\.part-/)])
    const whole = await run(machine, app(libraries))
    expect([whole.main.outputs['modules-cache'], whole.downloads]).toEqual(['partial', 1])
    expect(whole.main.summary).toContain('the job that saved it failed')
    expect(keys(machine)).toHaveLength(2)
    expect((await run(machine, app(libraries))).main.outputs['modules-cache']).toBe('exact')
  })
})

test('services with the same dependencies share one entry, whatever their paths', async () => {
  const machine = await startMachine(libraries)
  const service = (name: string) =>
    Object.entries(smallRepository(name, libraries)).map(([file, text]) => [`${name}/${file}`, text] as const)
  const files = Object.fromEntries(['api', 'web', 'deep/worker'].flatMap(service))
  const first = await run(machine, files, { with: { ...onlyModules, 'working-directory': 'api' } })
  expect(first.post.stdout).toContain('Module cache: saved')
  for (const given of [{ 'working-directory': 'web' }, { modules: 'deep/worker' }, { modules: 'web, api' }]) {
    const next = await run(machine, files, { with: { ...onlyModules, ...given } })
    expect([next.main.outputs['modules-cache'], next.downloads]).toEqual(['exact', 0])
    expect(next.post.stdout).toContain('Module cache: up to date, nothing new to save')
  }
  expect(keys(machine)).toHaveLength(1)
})

test('modules that exceed cache-max-size are downloaded in each run, with one warning and one save', async () => {
  const text = Array.from({ length: 200_000 }, () => Math.random().toString(36).slice(2)).join('')
  const huge = madeModule('example.com/huge', 'v1.0.0', {
    'huge.go': `package huge\n\nconst text = "${text}"\n`,
  })
  const machine = await startMachine([...libraries, huge])
  const limited = { ...onlyModules, 'cache-max-size': '1 MB' }
  const files = app([...libraries, huge])
  const cold = await run(machine, files, { with: limited })
  expect(cold.post.stdout).toContain('Module cache: saved')
  expect(said(cold.post, 'warning')).toEqual([
    expect.stringMatching(/`cache-max-size` allows 1\.0 MB.*omits the 1 largest/),
  ])
  const warm = await run(machine, files, { with: limited })
  expect([warm.main.outputs['modules-cache'], warm.downloads]).toEqual(['exact', 1])
  expect(warm.post.stdout).toContain('nothing new to save (`cache-max-size` (1.0 MB) omits 1 module)')
  expect(said(warm.post, 'warning')).toEqual([])
  expect(keys(machine)).toHaveLength(1)
})
