import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, realpathSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { beforeAll, describe, expect, test } from 'vitest'
import { goRoot, oldestGo } from '../../testbed/go-toolchains.ts'
import { runProcess } from '../../testbed/process.ts'
import { removeTree } from '../../testbed/remove-tree.ts'
import { type MadeModule, madeModule, publish } from '../golden/modules.ts'
import { root } from '../harness/bed.ts'
import { isFull } from '../harness/extent.ts'
import { writeFiles } from '../temporary.ts'
import { endOf, type Machine, startMachine } from './shared-machine.ts'

/**
 * lib imports deep, its tests import extra, and a package of lib that app does not import needs other. So go.sum of app
 * has the hash of extra, which tidying reads, and the go.mod hash of other. Nothing requires tool.
 */
const lib = madeModule('example.com/lib', 'v1.0.0', {
  'go.mod':
    'module example.com/lib\n\ngo 1.21\n\nrequire (\n\texample.com/deep v1.0.0\n\texample.com/extra v1.0.0\n\texample.com/other v1.0.0\n)\n',
  'lib.go': 'package lib\n\nimport _ "example.com/deep"\n',
  'lib_test.go': 'package lib\n\nimport _ "example.com/extra"\n',
  'sub/sub.go': 'package sub\n\nimport _ "example.com/other"\n',
})
const [deep, extra, other, testing, tool] = ['deep', 'extra', 'other', 'testing', 'tool'].map((name) =>
  madeModule(
    `example.com/${name}`,
    'v1.0.0',
    name === 'tool' ? { 'tool.go': 'package main\n\nfunc main() {}\n' } : {},
  ),
) as [MadeModule, MadeModule, MadeModule, MadeModule, MadeModule]
const needed = [lib, deep, extra, other, testing]
const source = {
  'go.mod':
    'module example.com/app\n\ngo 1.21\n\nrequire (\n\texample.com/lib v1.0.0\n\texample.com/testing v1.0.0\n)\n',
  'app.go': 'package app\n\nimport _ "example.com/lib"\n',
  'app_test.go':
    'package app\n\nimport (\n\t"testing"\n\n\t_ "example.com/testing"\n)\n\nfunc TestIt(t *testing.T) {}\n',
}

/** The columns of the table, in order. */
const columns = ['module cache', 'bundle, `build`', 'bundle, `all`', 'vendored'] as const
type Column = (typeof columns)[number]
const page = readFileSync(path.join(root, 'docs/offline.md'), 'utf8')

interface Row {
  readonly command: string
  readonly works: Readonly<Record<string, string>>
}

/** The table under "What works offline". */
function rows(): readonly Row[] {
  const section = page.split(/^## /m).find((part) => part.startsWith('What works offline')) ?? ''
  const lines = section.split('\n').filter((line) => line.startsWith('|'))
  const cells = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim())
  expect(cells(lines[0] ?? '').slice(1)).toEqual(columns)
  return lines.slice(2).map((line) => {
    const [command = '', ...works] = cells(line)
    return {
      command: command.replaceAll('`', '').replace(/ \(.*$/, ''),
      works: Object.fromEntries(columns.map((column, index) => [column, works[index] ?? ''])),
    }
  })
}

/** The command that tests a row. */
function real(command: string): string {
  const prepared = command.startsWith('go work') ? `go work init . && ${command}` : command
  return prepared
    .replaceAll('tool@', 'example.com/tool@')
    .replaceAll(/\bmodule\b/g, 'example.com/lib')
    .replaceAll('@version', '@v1.0.0')
}

/** Runs every command on its own copy, and prints how each ended, with its output, to help update the table. */
function script(commands: readonly string[]): string {
  return [
    'here=$PWD; n=0',
    'try() {',
    '  n=$((n+1)); copy="$RUNNER_TEMP/copy$n"; cp -r "$here" "$copy"; cd "$copy"',
    '  if bash -c "$1" > "$copy.txt" 2>&1; then echo "yes $1"; else echo "no $1"; sed "s/^/    /" "$copy.txt" | head -n 4; fi',
    '}',
    ...commands.map((command) => `try '${command}'`),
  ].join('\n')
}

let files: Readonly<Record<string, string>> = source
let vendored: Readonly<Record<string, string>> = source

/** Has Go write go.sum and a vendor directory for the source. */
async function prepareFiles(): Promise<void> {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'go-deps-offline-'))
  const served = path.join(folder, 'served')
  for (const module of needed) publish(served, module)
  const app = path.join(folder, 'app')
  writeFiles(app, source)
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: folder,
    GOPROXY: pathToFileURL(served).href,
    GONOSUMDB: '*',
    GOFLAGS: '-modcacherw',
    GOTOOLCHAIN: 'local',
    GOMODCACHE: path.join(folder, 'mod'),
    GOCACHE: path.join(folder, 'build'),
  }
  for (const args of [
    ['mod', 'tidy'],
    ['mod', 'vendor'],
  ]) {
    const ran = await runProcess({ command: 'go', args, cwd: app, env })
    if (ran.exitCode !== 0) throw new Error(ran.stderr)
  }
  const text = (name: string) => [name, readFileSync(path.join(app, name), 'utf8')] as const
  files = { ...source, ...Object.fromEntries(['go.mod', 'go.sum'].map(text)) }
  const names = ['lib/lib.go', 'deep/deep.go', 'testing/testing.go'].map((name) => `example.com/${name}`)
  vendored = {
    ...files,
    ...Object.fromEntries(['modules.txt', ...names].map((name) => text(`vendor/${name}`))),
  }
  await removeTree(folder)
}

/** A folder as a bundle unpacks: the metadata of every module, and the zips in scope. */
function tree(machine: Machine, zips: readonly MadeModule[]): string {
  const folder = path.join(machine.bed.folder, `bundle-${zips.length}`)
  for (const module of needed) {
    publish(path.join(machine.bed.folder, 'all'), module)
    for (const kind of ['info', 'mod', ...(zips.includes(module) ? ['zip'] : [])]) {
      const name = path.join(module.path, '@v', `${module.version}.${kind}`)
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
      copyFileSync(path.join(machine.bed.folder, 'all', name), path.join(folder, name))
    }
  }
  return pathToFileURL(folder).href
}

async function offlineJob(
  machine: Machine,
  column: Column,
  commands: readonly string[],
  env: Readonly<Record<string, string>>,
) {
  const given: Readonly<Record<Column, Readonly<Record<string, string>>>> = {
    'module cache': { 'cache-build': 'false' },
    'bundle, `build`': { cache: 'false', goproxy: tree(machine, [lib, deep, extra, testing]) },
    'bundle, `all`': { cache: 'false', goproxy: tree(machine, needed) },
    vendored: { cache: 'false' },
  }
  await machine.write('org/app', column === 'vendored' ? vendored : files)
  if (column === 'module cache') {
    const { job } = await machine.start({ repository: 'org/app', env })
    expect((await job.action({ with: { 'cache-build': 'false' } })).exitCode).toBe(0)
    expect((await endOf(job)).stdout).toContain('Module cache: saved')
  }
  await machine.renew()
  const { job } = await machine.start({ repository: 'org/app', env })
  const main = await job.action({ with: { offline: 'strict', ...given[column] } })
  expect(main.exitCode, main.stdout).toBe(0)
  const shell = await job.shell(script(commands))
  await endOf(job)
  return shell.stdout
}

describe('the table of offline commands', () => {
  const all = rows().map(({ command }) => command)
  beforeAll(prepareFiles)

  test('covers the common commands', () => {
    expect(all.length).toBeGreaterThan(18)
    expect(all.every((command) => /^go [a-z]/.test(command))).toBe(true)
  })

  // One column shows that offline jobs behave like this; the others run the same go command.
  test.each(isFull ? columns : (['bundle, `build`'] as const))(
    'matches what Go does: %s',
    async (column) => {
      const machine = await startMachine([...needed, tool])
      const gocache = path.join(root, '.tools', 'go-build')
      const output = await offlineJob(machine, column, all.map(real), { GOCACHE: gocache })
      const found = all.map((command) => (output.includes(`yes ${real(command)}\n`) ? 'yes' : 'no'))
      // `yes, but …`: it succeeds with less output.
      const claimed = rows().map(({ works }) => works[column]?.split(',')[0])
      expect(Object.fromEntries(all.map((command, index) => [command, found[index]])), output).toEqual(
        Object.fromEntries(all.map((command, index) => [command, claimed[index]])),
      )
      expect(machine.proxy.requests.filter(({ module }) => module === tool.path)).toEqual([])
    },
    400_000,
  )

  test.runIf(isFull)('holds for the oldest supported Go', async () => {
    const machine = await startMachine([...needed, tool])
    const bin = path.join(await goRoot(oldestGo), 'bin')
    // Compiling takes long, and it does not know newer commands.
    const some = rows().filter(({ command }) => !/^go (?:vet|test|mod tidy -diff)/.test(command))
    const env = {
      PATH: `${bin}${path.delimiter}${process.env.PATH}`,
      GOCACHE: path.join(root, '.tools', 'go-build'),
    }
    const output = await offlineJob(
      machine,
      'module cache',
      some.map(({ command }) => real(command)),
      env,
    )
    for (const { command, works } of some) {
      expect(output).toContain(`${works['module cache']?.split(',')[0]} ${real(command)}\n`)
    }
  })
})
