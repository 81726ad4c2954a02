import { readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { git } from '../../testbed/git-repository.ts'
import { app, startBed } from '../harness/bed.ts'
import { runnerJob, said } from '../harness/runner-job.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const modules = { 'cache-build': 'false' }
const read = (name: string) => readFileSync(path.join(app, name), 'utf8')

test('nested modules are detected, one without go.sum and one that replaces another by a directory', async () => {
  const bed = await startBed()
  await bed.repository(undefined, {
    'services/api/go.mod': `${read('go.mod')}\nrequire example.com/lib v0.0.0\n\nreplace example.com/lib => ../../lib\n`,
    'services/api/go.sum': read('go.sum'),
    'services/api/main.go': read('main.go'),
    'services/api/greet/greet.go': read('greet/greet.go'),
    'services/api/lib.go': 'package main\n\nimport _ "example.com/lib"\n',
    'lib/go.mod': 'module example.com/lib\n\ngo 1.24\n',
    'lib/lib.go': 'package lib\n',
    'lib/testdata/go.mod': 'module example.com/not-ours\n',
  })
  const { main, shell } = await runnerJob(bed, {
    with: modules,
    run: 'git status --porcelain && cd services/api && GOPROXY=off go list -deps ./... > /dev/null',
  })
  expect(main.exitCode, main.stdout).toBe(0)
  expect(main.log).toMatch(/example\.com\/lib in lib; example\.com\/app in services\/api/)
  expect(main.stdout).toContain('Dependencies of services/api: 5 downloaded')
  expect(shell, shell?.stderr).toMatchObject({ exitCode: 0, stdout: '' })
  expect([...said(main, 'warning'), ...said(main, 'notice')]).toEqual([])
})

test('-modfile selects other requirements for the same module', async () => {
  const bed = await startBed()
  await bed.repository(undefined, {
    'go.mod': 'module example.com/app\n\ngo 1.24\n',
    'tools.mod': read('go.mod'),
    'tools.sum': read('go.sum'),
    'main.go': read('main.go'),
    'greet/greet.go': read('greet/greet.go'),
  })
  const job = () =>
    runnerJob(bed, {
      with: { ...modules, goflags: '-modfile=tools.mod' },
      run: 'git status --porcelain && GOPROXY=off go list -deps ./... > /dev/null',
    })
  const cold = await job()
  expect(cold.main.stdout).toContain('5 downloaded')
  expect(cold.shell, cold.shell?.stderr).toMatchObject({ exitCode: 0, stdout: '' })
  const before = bed.proxy.requests.length
  const warm = await job()
  expect(warm.main.outputs['modules-cache']).toBe('exact')
  expect(bed.proxy.requests.slice(before)).toEqual([])
})

test('the modules of a submodule are ignored unless they are named', async () => {
  const bed = await startBed()
  const other = temporaryFolder()
  writeFiles(other, { 'go.mod': 'module example.com/other\n\ngo 1.24\n', 'other.go': 'package other\n' })
  await git(other, 'init', '--quiet', '--initial-branch=main')
  await git(other, 'add', '--all')
  await git(other, 'commit', '--quiet', '--message=Start')
  await bed.repository(undefined, { 'own/go.mod': 'module example.com/own\n\ngo 1.24\n' })
  const job = (names: string) =>
    runnerJob(bed, {
      with: { ...modules, modules: names, 'dry-run': 'true' },
      prepare: ({ workspace }) =>
        writeFiles(path.join(workspace, 'third_party', 'other'), {
          '.git': `gitdir: ${path.join(other, '.git')}\n`,
          'go.mod': 'module example.com/other\n\ngo 1.24\n',
        }),
    })
  expect((await job('')).main.log).not.toContain('example.com/other')
  expect((await job('own\nthird_party/*')).main.log).toContain('example.com/other in third_party/other')
})

test('a module that the parent go.work does not use is rejected before anything else happens', async () => {
  const bed = await startBed()
  await bed.repository(undefined, {
    'go.work': 'go 1.24\n\nuse ./app\n',
    'app/go.mod': 'module example.com/app\n\ngo 1.24\n',
    'tools/go.mod': 'module example.com/tools\n\ngo 1.24\n',
  })
  const { main } = await runnerJob(bed, { with: { 'working-directory': 'tools', dependencies: 'vendor' } })
  expect(main.exitCode).toBe(1)
  expect(said(main, 'error')).toEqual([expect.stringMatching(/`tools` is not one of the main modules/)])
  expect(bed.service.requests).toEqual([])
  const { main: off } = await runnerJob(bed, {
    with: { 'working-directory': 'tools' },
    env: { GOWORK: 'off' },
  })
  expect(off.exitCode, off.stdout).toBe(0)
})
