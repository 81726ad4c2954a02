import { appendFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { runProcess } from '../../testbed/process.ts'
import { madeModule, sumLines } from '../golden/modules.ts'
import { said } from '../harness/runner-job.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'
import { endOf, type Machine, startMachine } from './shared-machine.ts'

const [lib, other] = [
  madeModule('example.com/lib', 'v1.0.0', { 'more.go': 'package lib\n\nconst More = 1\n' }),
  madeModule('example.com/other', 'v1.0.0'),
]
const app = {
  'go.mod':
    'module example.com/app\n\ngo 1.21\n\nrequire example.com/lib v1.0.0\n\nrequire example.com/other v1.0.0\n',
  'go.sum': sumLines(lib) + sumLines(other),
  'app.go': 'package app\n\nimport (\n\t_ "example.com/lib"\n\t_ "example.com/other"\n)\n',
}

/** The module with its vendor directory as Go writes it, and then changed. */
async function vendored(
  machine: Machine,
  change: (vendor: string) => void = () => {},
  files: Readonly<Record<string, string>> = {},
): Promise<void> {
  const folder = temporaryFolder()
  writeFiles(folder, { ...app, ...files })
  const go = { command: 'go', args: ['mod', 'vendor'], cwd: folder, env: machine.environment }
  const made = await runProcess(go)
  expect(made.exitCode, made.stderr).toBe(0)
  change(path.join(folder, 'vendor'))
  await machine.renew()
  const all = readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true }).filter(
    (entry) => entry.isFile(),
  )
  const content = all.map((entry) => {
    const file = path.join(entry.parentPath, entry.name)
    return [path.relative(folder, file), readFileSync(file, 'utf8')] as const
  })
  await machine.write('org/app', Object.fromEntries(content))
}

async function run(machine: Machine, inputs: Readonly<Record<string, string>> = {}) {
  const { job, workspace } = await machine.start({ repository: 'org/app' })
  const main = await job.action({ with: { 'check-vendor': 'true', 'cache-build': 'false', ...inputs } })
  expect((await endOf(job)).exitCode).toBe(0)
  const git = { command: 'git', args: ['status', '--porcelain'], cwd: workspace, env: machine.environment }
  expect((await runProcess(git)).stdout, 'the checkout is as it was').toBe('')
  return main
}

test('an unchanged vendor directory passes, and its modules are cached for the check', async () => {
  const machine = await startMachine([lib, other])
  await vendored(machine)
  const first = await run(machine)
  expect(first.exitCode, first.stdout).toBe(0)
  expect(first.stdout).toContain('Vendored files match go.mod')
  await machine.renew()
  const asked = machine.proxy.requests.length
  const second = await run(machine)
  expect(second.exitCode, second.stdout).toBe(0)
  expect(second.outputs['modules-cache']).toBe('exact')
  expect(machine.proxy.requests.slice(asked)).toEqual([])
})

test('changed, missing and extra files are reported at once, with their lines', async () => {
  const machine = await startMachine([lib, other])
  await vendored(machine, (vendor) => {
    appendFileSync(path.join(vendor, 'example.com/lib/lib.go'), '\nconst Evil = true\n')
    rmSync(path.join(vendor, 'example.com/lib/more.go'))
    writeFileSync(path.join(vendor, 'example.com/other/stray.go'), 'package other\n')
  })
  const main = await run(machine)
  expect(main.exitCode).toBe(1)
  expect(said(main, 'error')).toEqual([
    'vendor differs from the output of `go mod vendor`: 1 file changed, 1 file missing, 1 file unexpected. Run `go mod vendor`, and commit the result.',
  ])
  expect(main.stdout).toMatch(/^::error file=vendor\/modules\.txt::/m)
  for (const line of [
    'changed: vendor/example.com/lib/lib.go',
    'missing: vendor/example.com/lib/more.go',
    'extra: vendor/example.com/other/stray.go',
    '  - const Evil = true  (line 3)',
  ])
    expect(main.stdout).toContain(line)
})

test('line-ending changes count as differences, and so do files that git ignores', async () => {
  const machine = await startMachine([lib, other])
  await vendored(machine, (vendor) =>
    writeFileSync(path.join(vendor, 'example.com/lib/lib.go'), 'package lib\r\n'),
  )
  const [ends = ''] = said(await run(machine), 'error')
  expect(ends).toContain('1 file with other line endings')
  expect(ends).toContain('add `vendor/** -text` to the .gitattributes at the top of the repository')
  await vendored(machine, () => {}, { '.gitignore': 'more.go\n' })
  const [ignored = ''] = said(await run(machine), 'error')
  expect(ignored).toContain('1 file missing')
  expect(ignored).toContain('Git ignores example.com/lib/more.go')
})

test('a change of only modules.txt may come from another Go', async () => {
  const machine = await startMachine([lib, other])
  await vendored(machine, (vendor) => appendFileSync(path.join(vendor, 'modules.txt'), '# a line more\n'))
  const [error = ''] = said(await run(machine), 'error')
  expect(error).toMatch(/Only modules\.txt differs, so a Go other than go1\.\d+\.\d+ may have written it/)
})

test('with check-tidy, both checks report at once', async () => {
  const machine = await startMachine([lib, other])
  await vendored(
    machine,
    (vendor) => appendFileSync(path.join(vendor, 'example.com/lib/lib.go'), '\n// changed\n'),
    { 'app.go': 'package app\n\nimport _ "example.com/lib"\n' },
  )
  const errors = said(await run(machine, { 'check-tidy': 'true' }), 'error')
  expect(errors.map((text) => text.split(/ is not | differs /)[0])).toEqual(['vendor', 'go.mod', 'go.sum'])
})

test('without a vendor directory there is nothing to check, and the log says so', async () => {
  const machine = await startMachine([lib, other])
  await machine.write('org/app', app)
  const main = await run(machine)
  expect(main.exitCode).toBe(1)
  expect(said(main, 'error').join()).toContain(
    'Input `check-vendor` is "true", but this checkout has no vendor directory',
  )
})
