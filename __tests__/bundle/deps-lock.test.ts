import { mkdirSync, readFileSync, symlinkSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { madeModule, sumLines } from '../golden/modules.ts'
import { slice } from '../harness/extent.ts'
import { said } from '../harness/runner-job.ts'
import { isUnix } from '../temporary.ts'
import { endOf, type Machine, type MachineJob, startMachine } from './shared-machine.ts'

const [lib, other] = [madeModule('example.com/lib', 'v1.0.0'), madeModule('example.com/other', 'v1.0.0')]
const app = {
  'go.mod': 'module example.com/app\n\ngo 1.21\n\nrequire example.com/lib v1.0.0\n',
  'go.sum': sumLines(lib),
  'app.go': 'package app\n\nimport _ "example.com/lib"\n',
}
const [libHash = ''] = /h1:\S+/.exec(sumLines(lib)) ?? []
const list = [
  '# go-deps-action deps-lock v1',
  '# module, version, hash, direct or indirect, and what replaces it',
  '',
  '[.]',
  `example.com/lib v1.0.0 ${libHash} direct`,
  '',
].join('\n')

async function run(
  machine: Machine,
  files: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
  options: Pick<MachineJob, 'env' | 'prepare'> = {},
) {
  await machine.write('org/app', files)
  const { job, workspace } = await machine.start({ repository: 'org/app', ...options })
  const main = await job.action({ with: { cache: 'false', 'deps-lock': 'deps.txt', ...given } })
  const status = await job.shell('git status --porcelain --ignored')
  expect((await endOf(job)).exitCode).toBe(0)
  return { main, workspace, changed: status.stdout }
}

test('the list is written once and matches from then on, with other line endings and offline too', async () => {
  const machine = await startMachine([lib, other])
  const written = await run(machine, app, { 'deps-lock-mode': 'write' })
  expect(written.main.exitCode, written.main.stdout).toBe(0)
  expect(readFileSync(path.join(written.workspace, 'deps.txt'), 'utf8')).toBe(list)
  expect(written.changed).toBe('?? deps.txt\n')

  const withList = { ...app, 'deps.txt': list.replaceAll('\n', '\r\n') }
  const same = await run(machine, withList, {})
  expect(same.main.exitCode, same.main.stdout).toBe(0)
  expect(same.main.stdout).toContain('deps.txt lists exactly the modules of this checkout')
  const untouched = await run(machine, withList, { 'deps-lock-mode': 'write' })
  expect(untouched.changed).toBe('')

  const vendored = {
    ...withList,
    'vendor/modules.txt': '# example.com/lib v1.0.0\n## explicit; go 1.21\nexample.com/lib\n',
    'vendor/example.com/lib/lib.go': 'package lib\n',
  }
  await machine.renew()
  const before = machine.proxy.requests.length
  const offline = await run(machine, vendored, { offline: 'strict' })
  expect(offline.main.exitCode, offline.main.stdout).toBe(0)
  expect(machine.proxy.requests.length).toBe(before)
})

test('a difference fails the job before anything is downloaded, with every change at its line', async () => {
  const machine = await startMachine([lib, other])
  const wrong = `${list.replace(libHash, libHash.replace(/h1:./, 'h1:_'))}example.com/old v1.0.0 - direct\n`
  const files = {
    ...app,
    'go.mod': `${app['go.mod']}\nrequire example.com/other v1.0.0\n`,
    'go.sum': sumLines(lib) + sumLines(other),
    'deps.txt': wrong,
  }
  const { main, changed } = await run(machine, files, {})
  expect(main.exitCode).toBe(1)
  expect(said(main, 'error')).toEqual(
    [
      'deps.txt differs from the module files: 1 added, 1 removed, 1 changed. Check each difference. If all are intended, write a new list with `deps-lock-mode: write`, and commit it.',
      expect.stringMatching(
        /^changed: example\.com\/lib: v1\.0\.0 has the hash h1:_.* in the list, and h1:.* now\./,
      ),
      'removed: example.com/old v1.0.0. That line of the list is outdated.',
      'added: example.com/other v1.0.0. The list does not contain it.',
    ].toSorted((a, b) => order(a) - order(b)),
  )
  expect(main.stdout).toMatch(/^::error file=deps\.txt,line=5::changed/m)
  expect(main.stdout).toMatch(/^::error file=deps\.txt,line=6::removed/m)
  expect(main.stdout).toContain('- example.com/old v1.0.0 - direct')
  expect(machine.proxy.requests).toEqual([])
  expect(changed).toBe('')
})

/** Sorted by module: lib, old, other. */
function order(expected: unknown): number {
  return ['lib', 'old', 'other'].findIndex((name) => String(expected).includes(`/${name}`))
}

test('a failing step writes nothing', async () => {
  const machine = await startMachine([other])
  const { main, changed } = await run(machine, app, { 'deps-lock-mode': 'write' })
  expect(main.exitCode).toBe(1)
  expect(changed).toBe('')
})

describe('bad input fails:', () => {
  test.each(
    slice(
      [
        [
          'a file that is not a list',
          { 'deps.txt': 'example.com/lib v1.0.0\n' },
          {},
          /deps\.txt is not a valid list for `deps-lock`: its first line/,
        ],
        [
          'a file that would be overwritten',
          { 'deps.txt': 'mine\n' },
          { 'deps-lock-mode': 'write' },
          /The action does not overwrite it/,
        ],
        ['a newer format', { 'deps.txt': list.replace('v1', 'v9') }, {}, /it has format v9/],
        [
          'a merge conflict',
          { 'deps.txt': list.replace('[.]', '<<<<<<< ours') },
          {},
          /it contains a merge conflict/,
        ],
        ['a missing file', {}, {}, /that file does not exist\. Write it with `deps-lock-mode: write`/],
        ['a directory', { 'deps.txt/a': '' }, {}, /it is not a file/],
        ['a path outside the checkout', {}, { 'deps-lock': '../deps.txt' }, /it is not in the checkout/],
        ['an absolute path', {}, { 'deps-lock': '/tmp/deps.txt' }, /it is not in the checkout/],
        ['a mode without a file', {}, { 'deps-lock': '', 'deps-lock-mode': 'write' }, /`deps-lock` is empty/],
        ['an unknown mode', { 'deps.txt': list }, { 'deps-lock-mode': 'update' }, /one of `check`, `write`/],
      ],
      3,
    ),
  )('%s', async (_, files, given, message) => {
    const machine = await startMachine([lib])
    const { main, changed } = await run(
      machine,
      { ...app, ...files } as Record<string, string>,
      given as Record<string, string>,
    )
    expect(main.exitCode).toBe(1)
    expect(said(main, 'error')).toHaveLength(1)
    expect(said(main, 'error').join()).toMatch(message)
    expect(machine.proxy.requests).toEqual([])
    expect(changed).toBe('')
  })

  test.runIf(isUnix)('a link in place of the file or of its directory', async () => {
    const machine = await startMachine([lib])
    const prepare = ({ workspace, temp }: { workspace: string; temp: string }) => {
      symlinkSync(path.join(temp, 'elsewhere.txt'), path.join(workspace, 'deps.txt'))
      mkdirSync(path.join(temp, 'outside'))
      symlinkSync(path.join(temp, 'outside'), path.join(workspace, 'folder'))
    }
    const write = { 'deps-lock-mode': 'write' }
    const file = await run(machine, app, write, { prepare })
    expect(said(file.main, 'error').join()).toContain('it is a symbolic link')
    const folder = await run(machine, app, { ...write, 'deps-lock': 'folder/deps.txt' }, { prepare })
    expect(said(folder.main, 'error').join()).toContain(
      'a symbolic link in its path leads outside of the checkout',
    )
  })

  test('no module to list', async () => {
    const machine = await startMachine([lib])
    const { main } = await run(machine, { 'README.md': '' }, {})
    expect(said(main, 'error').join()).toContain('this checkout has no go.mod')
  })
})
