import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { madeModule } from '../golden/modules.ts'
import { compiledPackages } from '../harness/go-output.ts'
import { filesOf, type Machine, startMachine } from './shared-machine.ts'
import { smallRepository, tracedBuild } from './whole-job.ts'

const [one, other] = [madeModule('example.com/one', 'v1.0.0'), madeModule('example.com/other', 'v1.0.0')]

/** One use of the action, or a build. */
type Step =
  | { readonly with: Readonly<Record<string, string>> }
  | { readonly build: string }
  | { readonly pause: number }

/** Runs a job of two services on a fresh machine. */
async function run(machine: Machine, steps: readonly Step[], edit = 'first') {
  await machine.renew()
  const services = { a: smallRepository('a', [one], edit), b: smallRepository('b', [other], edit) }
  const files = Object.entries(services).flatMap(([name, texts]) =>
    Object.entries(texts).map(([file, text]) => [`${name}/${file}`, text] as const),
  )
  await machine.write('org/app', Object.fromEntries(files))
  const { job } = await machine.start({ repository: 'org/app' })
  const found: (string | undefined)[] = []
  const compiled: number[] = []
  for (const step of steps) {
    if ('pause' in step) await sleep(step.pause)
    else if ('build' in step) {
      const { stderr } = await job.shell(`cd ${step.build} && ${tracedBuild}`)
      compiled.push(compiledPackages(stderr).length)
    } else {
      const main = await job.action({ with: step.with })
      expect(main.exitCode, main.log).toBe(0)
      found.push(main.outputs['build-cache'])
    }
  }
  const saved = (await job.end()).map(({ stdout }) => /(?<=Build cache: )[^\n]*/.exec(stdout)?.[0] ?? '')
  return { found, compiled, saved }
}

const keysOf = ({ bed }: Machine, kind: string) =>
  bed.service
    .entries()
    .map(({ key }) => key)
    .filter((key) => key.startsWith(`godeps.${kind}.`))
const useOf = (folder: string) => ({ with: { 'working-directory': folder } })
const upToDate = 'up to date, nothing new to save (another use of this action in the job has saved it)'

describe('two uses in one job, for two directories', () => {
  test.each([
    ['before both builds', [useOf('a'), useOf('b'), { build: 'a' }, { build: 'b' }]],
    ['each before its build', [useOf('a'), { build: 'a' }, useOf('b'), { build: 'b' }]],
    ['the second after both builds', [useOf('a'), { build: 'a' }, { build: 'b' }, useOf('b')]],
  ])('%s, save one build entry for both', async (_, steps) => {
    const machine = await startMachine([one, other])
    const cold = await run(machine, steps)
    expect(cold.compiled.every((count) => count > 0)).toBe(true)
    expect(cold.saved).toEqual([expect.stringMatching(/^saved/), upToDate])
    expect(keysOf(machine, 'build')).toHaveLength(1)
    const warm = await run(machine, steps)
    expect(warm).toMatchObject({ found: ['exact', 'exact'], compiled: [0, 0] })
  })

  test('save the modules of each directory once, and one build entry more after an edit', async () => {
    const machine = await startMachine([one, other])
    const steps = [useOf('a'), useOf('b'), { build: 'a' }, { build: 'b' }]
    await run(machine, steps)
    const edited = await run(machine, steps, 'second')
    expect(edited.found).toEqual(['partial', 'partial'])
    expect(keysOf(machine, 'build')).toHaveLength(2)
    const files = await Promise.all(
      keysOf(machine, 'modules').map(async (key) =>
        (await filesOf(machine, 'org/app', key)).filter((file) => /(\.go|v1\.0\.0\.mod)$/.test(file)),
      ),
    )
    const filesOfOne = (name: string) => [
      `cache/download/example.com/${name}/@v/v1.0.0.mod`,
      `example.com/${name}@v1.0.0/${name}.go`,
    ]
    expect(files.map((one) => [...one].sort()).sort()).toEqual([filesOfOne('one'), filesOfOne('other')])
  })
})

test('two uses in one job with different stores save the modules in both', async () => {
  const machine = await startMachine([one, other])
  const useWith = (backend: string) => ({ with: { 'working-directory': 'a', 'cache-backend': backend } })
  await run(machine, [useWith('github'), useWith('toolkit'), { build: 'a' }])
  expect(keysOf(machine, 'modules')).toHaveLength(2)
  await run(machine, [useWith('github'), useWith('github'), { build: 'a' }])
  expect(keysOf(machine, 'modules')).toHaveLength(2)
})

test('two uses in one job with their own keys save what each has used', async () => {
  const machine = await startMachine([one, other])
  const keyed = (folder: string) => ({ with: { 'working-directory': folder, 'cache-key': folder } })
  const [first, second] = [[keyed('a'), { build: 'a' }] as const, [keyed('b'), { build: 'b' }] as const]
  // Objects used at about the time when the second use begins belong to both.
  const steps = [...first, { pause: 2500 }, second[0], { pause: 2500 }, second[1]]
  const cold = await run(machine, steps)
  expect(cold.saved).toEqual([expect.stringMatching(/^saved/), expect.stringMatching(/^saved/)])
  const [ofB, ofA] = await Promise.all(
    keysOf(machine, 'build').map(async (key) => new Set(await filesOf(machine, 'org/app', key))),
  )
  expect([...(ofB ?? [])].filter((file) => file.endsWith('-a') && ofA?.has(file))).toEqual([])
  const warm = await run(machine, steps)
  expect(warm).toMatchObject({ found: ['exact', 'exact'], compiled: [0, 0] })
  expect(warm.saved).toEqual([expect.stringMatching(/^up to date/), expect.stringMatching(/^up to date/)])
})
