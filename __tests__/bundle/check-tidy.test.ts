import { existsSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { goRoot, oldestGo } from '../../testbed/go-toolchains.ts'
import { runProcess } from '../../testbed/process.ts'
import { madeModule, sumLines } from '../golden/modules.ts'
import { startBed } from '../harness/bed.ts'
import { runnerJob, said } from '../harness/runner-job.ts'
import { endOf, startMachine } from './shared-machine.ts'

const check = { 'check-tidy': 'true', cache: 'false' }
const [lib, other] = [madeModule('example.com/lib', 'v1.0.0'), madeModule('example.com/other', 'v1.0.0')]

/** A module that imports lib only, with these requirements. */
function moduleOf(name: string, requires: string, sums: string): Record<string, string> {
  return {
    'go.mod': `module example.com/${name}\n\ngo 1.21\n\n${requires}`,
    'go.sum': sums,
    'a.go': `package ${name}\n\nimport _ "example.com/lib"\n`,
  }
}
const tidy = moduleOf('tidy', 'require example.com/lib v1.0.0\n', sumLines(lib))
const below = (folder: string, files: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(files).map(([file, text]) => [`${folder}/${file}`, text]))

async function run(files: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) {
  const machine = await startMachine([lib, other])
  await machine.write('org/app', files)
  const { job, workspace } = await machine.start({ repository: 'org/app' })
  const main = await job.action({ with: check, env })
  expect((await endOf(job)).exitCode).toBe(0)
  const status = await runProcess({
    command: 'git',
    args: ['status', '--porcelain', '--ignored'],
    cwd: workspace,
    env: { PATH: process.env.PATH ?? '' },
  })
  expect(status.stdout, 'the checkout is as it was').toBe('')
  return main
}

test('tidy modules pass, whatever their line endings', async () => {
  const main = await run({ ...tidy, 'go.mod': (tidy['go.mod'] ?? '').replaceAll('\n', '\r\n') })
  expect(main.exitCode, main.stdout).toBe(0)
  expect(main.stdout).toContain('go.mod and go.sum are tidy')
})

test('all untidy files are reported at once, with file and line, and nothing changes', async () => {
  const untidy = moduleOf(
    'untidy',
    'require example.com/lib v1.0.0\n\nrequire example.com/other v1.0.0\n',
    sumLines(lib) + sumLines(other),
  )
  const missing = moduleOf('lacking', 'require example.com/lib v1.0.0 // indirect\n', sumLines(lib))
  const main = await run({ ...below('one', tidy), ...below('two', untidy), ...below('three', missing) })
  expect(main.exitCode).toBe(1)
  expect(main.commands.filter(({ level }) => level === 'error').map(({ message }) => message)).toEqual([
    'three/go.mod is not tidy: `go mod tidy` would remove 1 line and add 1 line. Run `go mod tidy` in three, and commit go.mod and go.sum.',
    'two/go.mod is not tidy: `go mod tidy` would remove 1 line. Run `go mod tidy` in two, and commit go.mod and go.sum.',
    'two/go.sum is not tidy: `go mod tidy` would remove 2 lines. Run `go mod tidy` in two, and commit go.mod and go.sum.',
  ])
  expect(main.stdout).toMatch(/^::error file=three\/go\.mod,line=5::/m)
  expect(main.stdout).toMatch(/^::error file=two\/go\.mod,line=7::/m)
  expect(main.stdout).toContain('- require example.com/other v1.0.0  (line 7)')
  expect(main.summary).toContain('two/go.sum is not tidy')
})

test('the oldest supported Go gives the same result', async () => {
  const untidy = moduleOf(
    'untidy',
    'require (\n\texample.com/lib v1.0.0\n\texample.com/other v1.0.0\n)\n',
    sumLines(lib) + sumLines(other),
  )
  const bin = path.join(await goRoot(oldestGo), 'bin')
  const main = await run(untidy, { PATH: `${bin}${path.delimiter}${process.env.PATH ?? ''}` })
  expect(main.stdout).toContain('Go 1.21')
  expect(main.exitCode).toBe(1)
  expect(said(main, 'error').join('\n')).toContain('go.mod is not tidy')
})

test('a module that cannot be tidied fails with the message of Go', async () => {
  const main = await run({ ...tidy, 'b.go': 'package tidy\n\nimport _ "example.com/nowhere"\n' })
  expect(main.exitCode).toBe(1)
  expect(main.stdout).toContain('`go mod tidy` failed')
})

test('without a go.mod there is nothing to check, and the log says so', async () => {
  const bed = await startBed()
  await bed.repository(undefined, { 'README.md': 'nothing' })
  const { main, places } = await runnerJob(bed, { with: check })
  expect(main.exitCode).toBe(1)
  expect(said(main, 'error').join()).toContain(
    'Input `check-tidy` is "true", but this checkout has no go.mod',
  )
  expect(existsSync(path.join(places.workspace, 'go.mod'))).toBe(false)
  expect(readFileSync(path.join(places.workspace, 'README.md'), 'utf8')).toBe('nothing')
})
