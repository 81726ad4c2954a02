import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, cpSync, readdirSync, readFileSync, statSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { filesBelow } from '../../src/platform/files.ts'
import { downloadEnvironment } from '../../testbed/environment.ts'
import { checkOut, git } from '../../testbed/git-repository.ts'
import { app, startBed } from '../harness/bed.ts'
import { runnerJob, said } from '../harness/runner-job.ts'
import { isRoot, unprivileged } from '../harness/unprivileged.ts'
import { temporaryFolder } from '../temporary.ts'

const vendor = { dependencies: 'vendor', cache: 'false' }
/** Builds packages without a module cache and without a network. */
const offline = 'GOPROXY=off GOMODCACHE="$RUNNER_TEMP/none" go list -deps ./... > /dev/null'

/** The fixture module with its vendor directory committed. */
function vendored(): string {
  const folder = path.join(temporaryFolder(), 'app')
  cpSync(app, folder, { recursive: true })
  const env = { ...process.env, ...downloadEnvironment() }
  execFileSync('go', ['mod', 'vendor'], { cwd: folder, env, stdio: 'pipe' })
  return folder
}

describe('dependencies: vendor', () => {
  test('writes vendor, adds -mod=vendor to GOFLAGS, and a build needs nothing else', async () => {
    const bed = await startBed()
    await bed.repository(app)
    const { main, shell, places } = await runnerJob(bed, {
      with: vendor,
      env: { GOFLAGS: '-buildvcs=false -mod=mod' },
      run: `echo "GOFLAGS: $GOFLAGS" && git status --porcelain && ${offline}`,
    })
    expect(main.exitCode, main.stdout).toBe(0)
    expect(main.outputs['vendor-changed']).toBe('true')
    expect(shell?.stdout).toContain('GOFLAGS: -buildvcs=false -mod=vendor')
    expect(shell?.stdout, 'nothing but vendor is new').toMatch(/^\?\? vendor\/$/m)
    expect(shell?.stdout.match(/^(\?\?| M)/gm)).toHaveLength(1)
    expect(shell?.exitCode, shell?.stderr).toBe(0)
    expect(readdirSync(places.workspace).filter((name) => name.startsWith('.go-deps'))).toEqual([])
    expect(main.summary, 'where none is committed, none has to be committed').not.toContain(
      'differs from the checkout',
    )
    expect(said(main, 'notice')).toEqual([])
  })

  test('leaves an up-to-date vendor directory unchanged', async () => {
    const bed = await startBed()
    await bed.repository(vendored())
    const times: number[] = []
    const { main, places } = await runnerJob(bed, {
      with: vendor,
      prepare: ({ workspace }) => times.push(statSync(path.join(workspace, 'vendor', 'modules.txt')).mtimeMs),
    })
    expect(main.exitCode, main.stdout).toBe(0)
    expect(main.outputs['vendor-changed']).toBe('false')
    expect(statSync(path.join(places.workspace, 'vendor', 'modules.txt')).mtimeMs).toBe(times[0])
  })

  test('rewrites an outdated vendor directory, without extra files', async () => {
    const bed = await startBed()
    await bed.repository(vendored(), { 'vendor/stray.go': 'package stray\n' })
    const { main, places } = await runnerJob(bed, { with: vendor })
    expect(main.outputs['vendor-changed']).toBe('true')
    expect(readdirSync(path.join(places.workspace, 'vendor'))).not.toContain('stray.go')
  })

  test('stores a patch that produces the same directory in another checkout, ignored files included', async () => {
    const bed = await startBed()
    // Git ignores licence files here, so vendoring restores them.
    await bed.repository(vendored(), { 'vendor/stray.go': 'package stray\n', '.gitignore': 'LICENSE*\n' })
    const { main, shell, places } = await runnerJob(bed, {
      with: vendor,
      run: 'git status --porcelain && git count-objects',
    })
    const [clean, untouched] = ['clean', 'untouched'].map((name) => path.join(temporaryFolder(), name))
    if (clean === undefined || untouched === undefined) throw new Error('unreachable')
    for (const folder of [clean, untouched]) await checkOut(bed.checkedOut, folder)
    await git(clean, 'apply', main.outputs['vendor-patch'] ?? '')
    const contents = (folder: string) =>
      filesBelow(path.join(folder, 'vendor')).map((file) => [
        file,
        readFileSync(path.join(folder, 'vendor', file), 'utf8'),
      ])
    expect(contents(clean)).toEqual(contents(places.workspace))
    expect(
      contents(clean)
        .flat()
        .some((text) => text.includes('LICENSE')),
    ).toBe(true)
    // The repository of the job has no new objects, and nothing is staged.
    expect(shell?.stdout.trimEnd()).toBe(` D vendor/stray.go\n${await git(untouched, 'count-objects')}`)
  })

  test('vendors a workspace as one', async () => {
    const bed = await startBed()
    const files = ['go.mod', 'go.sum', 'main.go', 'greet/greet.go'].map((name) => [
      `app/${name}`,
      readFileSync(path.join(app, name), 'utf8'),
    ])
    await bed.repository(undefined, {
      ...Object.fromEntries(files),
      'go.work': 'go 1.24\n\nuse (\n\t./app\n\t./lib\n)\n',
      'lib/go.mod': 'module example.com/lib\n\ngo 1.24\n',
      'lib/lib.go': 'package lib\n',
    })
    const { main, shell, places } = await runnerJob(bed, {
      with: vendor,
      run: offline.replace('./...', './app/... ./lib/...'),
    })
    expect(main.exitCode, main.stdout).toBe(0)
    expect(shell?.exitCode, shell?.stderr).toBe(0)
    expect(readFileSync(path.join(places.workspace, 'vendor', 'modules.txt'), 'utf8')).toMatch(
      /^## workspace/,
    )
  })

  test('keeps the old vendor directory if a module cannot be downloaded', async () => {
    const bed = await startBed()
    await bed.repository(vendored(), { 'vendor/stray.go': 'package stray\n' })
    bed.proxy.fail({ kind: 'zip', module: 'github.com/google/uuid', status: 404 })
    const { main, shell } = await runnerJob(bed, { with: vendor, run: 'git status --porcelain' })
    expect(main.exitCode).toBe(1)
    expect(said(main, 'error').join()).toContain('github.com/google/uuid')
    expect(shell?.stdout).toBe('')
  })

  test('writes no vendor directory for a module without dependencies, which still builds', async () => {
    const bed = await startBed()
    await bed.repository(undefined, {
      'go.mod': 'module example.com/small\n\ngo 1.24\n',
      'main.go': 'package main\n\nfunc main() {}\n',
    })
    const { main, shell } = await runnerJob(bed, { with: vendor, run: offline })
    expect(main.exitCode, main.stdout).toBe(0)
    expect(main.outputs['vendor-changed'] ?? '').toBe('')
    expect(shell?.exitCode, shell?.stderr).toBe(0)
  })

  test.runIf(isRoot)(
    'reports a checkout that the user may not write to, before anything else happens',
    async () => {
      const bed = await startBed()
      await bed.repository(app)
      const { main } = await runnerJob(bed, {
        ...unprivileged(
          bed,
          () => {},
          ({ workspace }) => {
            chownSync(workspace, 0, 0)
            chmodSync(workspace, 0o755)
          },
        ),
        with: vendor,
      })
      expect(main.exitCode).toBe(1)
      expect(said(main, 'error')).toEqual([expect.stringMatching(/`dependencies: vendor`.*may not write to/)])
      expect(bed.proxy.requests).toEqual([])
    },
  )
})

describe('a committed vendor directory', () => {
  test('that does not match go.mod fails the step before any build, with file and line', async () => {
    const bed = await startBed()
    const goMod = readFileSync(path.join(app, 'go.mod'), 'utf8')
    await bed.repository(vendored(), { 'go.mod': goMod.replace(/uuid v\S+/, 'uuid v1.5.0') })
    const { main } = await runnerJob(bed, { with: { cache: 'false' } })
    expect(main.exitCode).toBe(1)
    const errors = main.commands.filter(({ level }) => level === 'error')
    expect(errors[0]?.message).toMatch(/github\.com\/google\/uuid.*go mod vendor/s)
    const line = goMod.split('\n').findIndex((one) => one.includes('google/uuid')) + 1
    expect(errors.map(({ file, line: at }) => [file, Number(at)])).toContainEqual(['go.mod', line])
    expect(main.stdout).toContain('inconsistent vendoring')
    expect(bed.proxy.requests).toEqual([])
  })

  test('is left to later steps with dependencies: none', async () => {
    const bed = await startBed()
    const goMod = readFileSync(path.join(app, 'go.mod'), 'utf8')
    await bed.repository(vendored(), { 'go.mod': goMod.replace(/uuid v\S+/, 'uuid v1.5.0') })
    const { main } = await runnerJob(bed, { with: { cache: 'false', dependencies: 'none' } })
    expect(main.exitCode, main.stdout).toBe(0)
  })
})
