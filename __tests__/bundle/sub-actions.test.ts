import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { push } from '../../testbed/runner/github-context.ts'
import { startJob } from '../../testbed/runner/job.ts'
import type { StepResult } from '../../testbed/runner/step.ts'
import { madeModule } from '../golden/modules.ts'
import { root } from '../harness/bed.ts'
import { said } from '../harness/runner-job.ts'
import { type Machine, type MachineJob, startMachine } from './shared-machine.ts'
import { build, smallRepository } from './whole-job.ts'

const [one, other] = [madeModule('example.com/one', 'v1.0.0'), madeModule('example.com/other', 'v1.0.0')]
const repository = 'org/app'
const noEarlierStep = 'Nothing is saved: no step of this job has planned a save.'
const savedBefore = 'up to date, nothing new to save (a step with `save` has saved it)'

/** A fresh machine with a checkout of one module. */
async function machineFor(text = 'first'): Promise<Machine> {
  const machine = await startMachine([one, other])
  await machine.write(repository, smallRepository('app', [one], text))
  return machine
}

/** Starts a job on a machine with empty caches. */
async function start(machine: Machine, options: Partial<MachineJob> = {}) {
  await machine.renew()
  const { job, temp, workspace } = await machine.start({ repository, ...options })
  const run = async (script: string) => expect((await job.shell(script)).exitCode).toBe(0)
  return { job, temp, workspace, run }
}

const restore = { folder: 'restore' } as const
const save = { folder: 'save' } as const

/** The kinds of the stored entries, oldest first. */
const kinds = ({ bed }: Machine) =>
  bed.service.entries().map(({ key }) => key.replace(/^godeps\.(\w+).*/, '$1'))

/** The folders of this action in a RUNNER_TEMP. */
const ownFolders = (temp: string) => readdirSync(temp).filter((name) => name.startsWith('go-deps-'))

const succeeded = (step: StepResult | undefined) => expect(step?.exitCode, step?.log).toBe(0)

describe('restore', () => {
  test('does what the action does, saves nothing when the job ends, and leaves nothing behind', async () => {
    const machine = await machineFor()
    const { job, temp, run } = await start(machine)
    const main = await job.action(restore)
    succeeded(main)
    expect(main.outputs).toMatchObject({
      'cache-hit': 'false',
      'modules-cache': 'miss',
      'build-cache': 'miss',
      gomodcache: machine.gomodcache,
    })
    expect(main.summary).toContain('If a later step has `org/go-deps-action/save`')
    expect(existsSync(path.join(machine.gomodcache, 'example.com', 'one@v1.0.0'))).toBe(true)
    await run(build)
    const before = machine.bed.service.requests.length
    const [post] = await job.end()
    succeeded(post)
    expect(post?.stdout).toContain('Module cache: not saved, this step only restores')
    expect(post?.stdout).toContain('Build cache: not saved, this step only restores')
    expect(post?.summary).toBe('')
    expect(machine.bed.service.requests).toHaveLength(before)
    expect(kinds(machine)).toEqual([])
    expect(ownFolders(temp)).toEqual([])
  })

  test('removes credentials when the job ends', async () => {
    const machine = await machineFor()
    const { job, temp } = await start(machine)
    const given = { credentials: 'git.example.com secret-token-123', 'export-credentials': 'true' }
    succeeded(await job.action({ ...restore, with: given }))
    expect(ownFolders(temp).map((name) => name.split('-')[2])).toContain('credentials')
    succeeded((await job.end())[0])
    expect(ownFolders(temp)).toEqual([])
  })

  test('plans the save for a later step, as a dry run shows', async () => {
    const machine = await machineFor()
    const { job } = await start(machine)
    const { stdout } = await job.action({ ...restore, with: { 'dry-run': 'true', 'lookup-only': 'true' } })
    expect(stdout).toContain('Cache: restore, save in a step with `save` (push on the default branch main)')
    expect(stdout).toContain('Input `lookup-only` is true')
    await job.end()
  })

  test('does not keep a use of the action after it from saving the same modules', async () => {
    const machine = await machineFor()
    const { job, run } = await start(machine)
    succeeded(await job.action(restore))
    succeeded(await job.action())
    await run(build)
    for (const post of await job.end()) succeeded(post)
    expect(kinds(machine).sort()).toEqual(['build', 'modules'])
  })
})

describe('save', () => {
  test('saves at once what `restore` planned; a job that fails later loses nothing', async () => {
    const machine = await machineFor()
    const { job, temp, run } = await start(machine)
    succeeded(await job.action(restore))
    await run(build)
    const saved = await job.action(save)
    succeeded(saved)
    expect(kinds(machine).sort()).toEqual(['build', 'modules'])
    const keyOf = (kind: string) =>
      machine.bed.service.entries().find(({ key }) => key.startsWith(`godeps.${kind}.`))?.key
    expect(saved.outputs).toEqual({
      'modules-saved': 'true',
      'modules-saved-key': keyOf('modules'),
      'build-saved': 'true',
      'build-saved-key': keyOf('build'),
    })
    expect(saved.summary).toContain('saved for the next run: module cache')
    expect((await job.shell('exit 1')).exitCode).toBe(1)
    const [post] = await job.end()
    succeeded(post)
    expect(post?.stdout).toContain(`Module cache: ${savedBefore}`)
    expect(post?.summary).toBe('')
    expect(ownFolders(temp)).toEqual([])

    const warm = await start(machine)
    const main = await warm.job.action(restore)
    expect(main.outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'exact' })
    await warm.run(build)
    const again = await warm.job.action(save)
    succeeded(again)
    expect(again.outputs).toMatchObject({ 'modules-saved': 'false', 'build-saved': 'false' })
    expect(again.outputs['modules-saved-key']).toBe('')
    expect(again.stdout).toContain('Module cache: up to date, nothing new to save')
    await warm.job.end()
    expect(kinds(machine)).toHaveLength(2)
  })

  test('after the action itself: its post asks the cache service nothing and saves nothing again', async () => {
    const machine = await machineFor()
    const { job, run } = await start(machine)
    succeeded(await job.action())
    await run(build)
    succeeded(await job.action(save))
    expect(kinds(machine).sort()).toEqual(['build', 'modules'])
    await run('echo "package deep; const More = 1" > deep/more.go && go build ./...')
    const before = machine.bed.service.requests.length
    const second = await job.action(save)
    expect(second.outputs).toMatchObject({ 'modules-saved': 'false', 'build-saved': 'false' })
    const [post] = await job.end()
    for (const step of [second, post]) {
      succeeded(step)
      expect(step?.stdout).toContain(`Module cache: ${savedBefore}`)
      expect(step?.stdout).toContain(`Build cache: ${savedBefore}`)
    }
    expect(machine.bed.service.requests).toHaveLength(before)
    expect(kinds(machine)).toHaveLength(2)
  })

  test('saves for all earlier uses, and content that they share once', async () => {
    const machine = await startMachine([one, other])
    const services = { a: smallRepository('a', [one]), b: smallRepository('b', [other]) }
    const files = Object.entries(services).flatMap(([name, texts]) =>
      Object.entries(texts).map(([file, text]) => [`${name}/${file}`, text] as const),
    )
    await machine.write(repository, Object.fromEntries(files))
    const { job, run } = await start(machine)
    for (const folder of ['a', 'b', 'a'])
      succeeded(await job.action({ ...restore, with: { 'working-directory': folder } }))
    await run('(cd a && go build ./...) && (cd b && go build ./...)')
    const saved = await job.action(save)
    succeeded(saved)
    expect(kinds(machine).sort()).toEqual(['build', 'modules', 'modules'])
    expect(saved.outputs['modules-saved-key']?.split('\n')).toHaveLength(2)
    expect(saved.stdout).toContain('an earlier use of this action in the job saves the same modules')
    for (const post of await job.end()) succeeded(post)
    expect(kinds(machine)).toHaveLength(3)
  })

  test('lets the post of the action try again what the cache service refused', async () => {
    const machine = await machineFor()
    const { job, run } = await start(machine)
    succeeded(await job.action())
    await run(build)
    const repair = machine.bed.service.fault({
      on: 'CreateCacheEntry',
      effect: { kind: 'answer', answer: { status: 400, body: { code: 'invalid_argument', msg: 'broken' } } },
    })
    const saved = await job.action(save)
    succeeded(saved)
    expect(saved.outputs).toMatchObject({ 'modules-saved': 'false', 'build-saved': 'false' })
    expect(said(saved, 'warning').join()).toContain('The cache did not work')
    repair()
    for (const post of await job.end()) succeeded(post)
    expect(kinds(machine).sort()).toEqual(['build', 'modules'])
  })

  test('after a failed step saves what the end of the job would save', async () => {
    const machine = await machineFor()
    const { job, run } = await start(machine)
    succeeded(await job.action(restore))
    await run(build)
    await job.shell('exit 1')
    const saved = await job.action(save)
    succeeded(saved)
    expect(saved.outputs).toMatchObject({ 'modules-saved': 'true', 'build-saved': 'false' })
    expect(saved.stdout).toContain('Build cache: not saved, the job failed')
  })

  test('obeys the policy of the run', async () => {
    const machine = await machineFor()
    const cold = await start(machine)
    succeeded(await cold.job.action())
    await cold.run(build)
    await cold.job.end()
    const { job, run } = await start(machine)
    succeeded(await job.action({ ...restore, with: { 'cache-save-branches': 'release' } }))
    await run(build)
    const saved = await job.action(save)
    succeeded(saved)
    expect(saved.outputs).toMatchObject({ 'modules-saved': 'false', 'build-saved': 'false' })
    expect(saved.stdout).toContain('not saved, branch main is not in `cache-save-branches`')
    expect(said(saved, 'warning')).toEqual([])
  })

  test.each([
    ['there is no step before it', async () => undefined],
    [
      'a step cleared RUNNER_TEMP',
      async ({ job, temp }: Awaited<ReturnType<typeof start>>) => {
        succeeded(await job.action(restore))
        for (const name of ownFolders(temp)) rmSync(path.join(temp, name), { recursive: true, maxRetries: 5 })
      },
    ],
    [
      'the step before it failed',
      async ({ job }: Awaited<ReturnType<typeof start>>) => {
        expect((await job.action({ ...restore, with: { cache: 'maybe' } })).exitCode).toBe(1)
      },
    ],
  ])('warns if %s, and fails no job', async (_, before) => {
    const machine = await machineFor()
    const started = await start(machine)
    await before(started)
    const saved = await started.job.action(save)
    succeeded(saved)
    expect(said(saved, 'warning')).toEqual([expect.stringContaining(noEarlierStep)])
    expect(saved.outputs).toEqual({
      'modules-saved': 'false',
      'modules-saved-key': '',
      'build-saved': 'false',
      'build-saved-key': '',
    })
    for (const post of await started.job.end()) succeeded(post)
    expect(kinds(machine)).toEqual([])
  })

  test('does not take the plan of another job in the same RUNNER_TEMP', async () => {
    const machine = await machineFor()
    const { job, temp, workspace } = await start(machine)
    succeeded(await job.action(restore))
    const second = await startJob({
      ...{ actionDirectory: root, workspace, temp, home: path.join(machine.bed.folder, 'home') },
      env: machine.environment,
      event: push(),
      cacheEnvironment: machine.bed.service.environment(),
    })
    const saved = await second.action(save)
    succeeded(saved)
    expect(said(saved, 'warning')).toEqual([expect.stringContaining(noEarlierStep)])
    expect(kinds(machine)).toEqual([])
    await job.end()
  })

  test.each([
    ['was a dry run', smallRepository('app', [one]), { 'dry-run': 'true' }],
    ['only looked up entries', smallRepository('app', [one]), { 'lookup-only': 'true' }],
    ['found no Go module', { 'README.md': 'text' }, {}],
  ])('says that the step before it %s', async (what, files, given) => {
    const machine = await startMachine([one])
    await machine.write(repository, files)
    const { job, temp } = await start(machine)
    succeeded(await job.action({ ...restore, with: given }))
    const saved = await job.action(save)
    succeeded(saved)
    expect(said(saved, 'warning')).toEqual([])
    expect(saved.log).toContain(`There is nothing to save for an earlier step: it ${what}.`)
    for (const post of await job.end()) succeeded(post)
    expect(ownFolders(temp)).toEqual([])
  })

  test.each(['plan.json', 'modules-use.json', 'saved.json'])('survives a damaged %s', async (name) => {
    const machine = await machineFor()
    const { job, temp, run } = await start(machine)
    succeeded(await job.action(restore))
    await run(build)
    const [folder = ''] = ownFolders(temp).filter((one) => one.startsWith('go-deps-action-'))
    writeFileSync(path.join(temp, folder, name), '{"names": 7, "state": "{}", ')
    const saved = await job.action(save)
    succeeded(saved)
    expect(said(saved, 'warning')).toEqual(
      name === 'plan.json' ? [expect.stringContaining(noEarlierStep)] : [],
    )
    for (const post of await job.end()) succeeded(post)
    expect(kinds(machine)).toHaveLength(name === 'plan.json' ? 0 : 2)
  })

  test('refuses inputs before it saves anything', async () => {
    const machine = await machineFor()
    const { job, run } = await start(machine)
    succeeded(await job.action(restore))
    await run(build)
    const saved = await job.action({ ...save, with: { key: 'x', 'cache-mode': 'read' } })
    expect(saved.exitCode).toBe(1)
    expect(said(saved, 'error')).toEqual([
      expect.stringMatching(
        /^`org\/go-deps-action\/save` has no inputs, but `key`, `cache-mode` are set\. Remove/,
      ),
    ])
    expect(kinds(machine)).toEqual([])
    await job.end()
  })
})
