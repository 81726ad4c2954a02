import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type ProcessResult, runProcess } from '../../testbed/process.ts'
import { removeTree } from '../../testbed/remove-tree.ts'
import { codeBlocks } from '../docs/pages.ts'
import { madeModule, publish, sumLines } from '../golden/modules.ts'
import { root } from '../harness/bed.ts'
import { mayLeaveNetwork, withoutNetwork } from '../harness/network.ts'
import { isRoot } from '../harness/unprivileged.ts'
import { endOf, type Machine, startMachine } from './shared-machine.ts'

const page = { name: 'docs/offline.md', text: readFileSync(path.join(root, 'docs/offline.md'), 'utf8') }
const dockerfiles = codeBlocks(page, 'dockerfile')
const shell = codeBlocks(page, 'sh')

const lib = madeModule('example.com/lib', 'v1.0.0')
const app = {
  'go.mod': 'module example.com/app\n\ngo 1.21\n\nrequire example.com/lib v1.0.0\n',
  'go.sum': sumLines(lib),
  'app.go': 'package main\n\nimport _ "example.com/lib"\n\nfunc main() {}\n',
}
const vendor = {
  'vendor/modules.txt': '# example.com/lib v1.0.0\n## explicit; go 1.21\nexample.com/lib\n',
  'vendor/example.com/lib/lib.go': 'package lib\n',
}
const [unshare = '', ...unshared] = withoutNetwork

/** The shell command of the RUN line, and its mounts. */
function runOf(dockerfile: string): {
  readonly command: string
  readonly mounts: ReadonlyMap<string, string>
} {
  const [, text = ''] = /^RUN ((?:[^\n]*\\\n)*[^\n]*)/m.exec(dockerfile) ?? []
  const line = text.replaceAll(/\s*\\\n\s*/g, ' ')
  const flags = [...line.matchAll(/--mount=type=bind,from=([\w-]+),target=(\S+)/g)]
  return {
    command: line.replaceAll(/--mount=\S+ /g, ''),
    mounts: new Map(flags.map(([, from = '', target = '']) => [from, target])),
  }
}

/** Runs the command of a Dockerfile with its directories mapped elsewhere, without a network. */
async function build(
  machine: Machine,
  source: string,
  dockerfile: string,
  contexts: Readonly<Record<string, string>>,
): Promise<ProcessResult & { readonly built: readonly string[] }> {
  const { command, mounts } = runOf(dockerfile)
  const folder = path.join(machine.bed.folder, 'container')
  const [copy, out] = [path.join(folder, 'src'), path.join(folder, 'out')]
  await removeTree(folder)
  cpSync(source, copy, { recursive: true })
  mkdirSync(out, { recursive: true })
  let script = command.replaceAll('/out/', `${out}/`)
  const before: string[] = []
  for (const [name, target] of mounts) {
    const from = contexts[name] ?? ''
    expect(from, name).not.toBe('')
    script = script.replaceAll(target, from)
    // As docker mounts it.
    if (isRoot) before.push(`mount --bind '${from}' '${from}' && mount -o remount,ro,bind '${from}'`)
  }
  const ran = await runProcess({
    command: unshare,
    args: [...unshared, 'sh', '-c', [...before, script].join(' && ')],
    cwd: copy,
    // The Go of an image, with empty caches.
    env: { PATH: process.env.PATH ?? '', HOME: folder, GOCACHE: path.join(root, '.tools', 'go-build') },
  })
  return { ...ran, built: readdirSync(out) }
}

async function offlineJob(
  machine: Machine,
  files: Readonly<Record<string, string>>,
  given: Readonly<Record<string, string>>,
) {
  await machine.write('org/app', files)
  const { job, workspace } = await machine.start({ repository: 'org/app' })
  const main = await job.action({ with: { cache: 'false', offline: 'true', ...given } })
  expect(main.exitCode, main.stdout).toBe(0)
  return { job, workspace, main, file: main.outputs['offline-env-file'] ?? '' }
}

/** Parses an env file as docker does: everything after the first `=` is the value. */
function variables(file: string): Readonly<Record<string, string>> {
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  return Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]))
}

describe.runIf(mayLeaveNetwork)('the recipes of the page', () => {
  test('number three, and each builds without a network from its mounts', () => {
    expect(dockerfiles.map((one) => [...runOf(one).mounts.keys()])).toEqual([['modcache'], ['modules'], []])
    const commands = shell.flatMap((block) =>
      block.split('\n').filter((line) => line.startsWith('docker build')),
    )
    expect(commands).toHaveLength(3)
    for (const [index, command] of commands.entries()) {
      expect(command).toContain('--network none')
      const contexts = [...command.matchAll(/--build-context "([\w-]+)=/g)].map(([, name]) => name)
      expect(contexts).toEqual([...runOf(dockerfiles[index] ?? '').mounts.keys()])
    }
  })

  test('a read-only module cache of a job suffices', async () => {
    const machine = await startMachine([lib])
    const { job, workspace, main } = await offlineJob(machine, app, {})
    const gomodcache = main.outputs.gomodcache ?? ''
    const ran = await build(machine, workspace, dockerfiles[0] ?? '', { modcache: gomodcache })
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(ran.built).toEqual(['app'])
    await endOf(job)
  })

  test('a read-only folder that serves modules suffices', async () => {
    const machine = await startMachine([lib])
    const served = path.join(machine.bed.folder, 'bundle')
    publish(served, lib)
    const { job, workspace, file } = await offlineJob(machine, app, { goproxy: `file://${served}` })
    const modules = fileURLToPath(variables(file).GOPROXY ?? '')
    expect(modules).toBe(served)
    const ran = await build(machine, workspace, dockerfiles[1] ?? '', { modules })
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(ran.built).toEqual(['app'])
    await endOf(job)
  })

  test('a vendor directory suffices, and without it nothing builds there', async () => {
    const machine = await startMachine([lib])
    const { job, workspace } = await offlineJob(machine, { ...app, ...vendor }, {})
    const ran = await build(machine, workspace, dockerfiles[2] ?? '', {})
    expect(ran.exitCode, ran.stderr).toBe(0)
    expect(ran.built).toEqual(['app'])
    await endOf(job)
    const { job: other, workspace: bare } = await offlineJob(machine, app, {})
    const without = await build(machine, bare, (dockerfiles[2] ?? '').replace('-mod=vendor ', ''), {})
    expect(without.exitCode).not.toBe(0)
    await endOf(other)
  })

  test('the env file means the same to a shell and to docker', async () => {
    const machine = await startMachine([lib])
    const { job, workspace, main, file } = await offlineJob(machine, app, {})
    const env = {
      PATH: process.env.PATH ?? '',
      HOME: machine.bed.folder,
      GOMODCACHE: main.outputs.gomodcache ?? '',
      GOCACHE: path.join(root, '.tools', 'go-build'),
    }
    const run = (script: string, more: Readonly<Record<string, string>>) =>
      runProcess({
        command: unshare,
        args: [...unshared, 'sh', '-ec', script],
        cwd: workspace,
        env: { ...env, ...more },
      })
    const names = 'go env GOPROXY GONOPROXY GONOSUMDB GOTOOLCHAIN GOVCS'
    const inShell = await run(`${shell[0] ?? ''}\n${names}`, { OFFLINE_ENV_FILE: file })
    expect(inShell.exitCode, inShell.stderr).toBe(0)
    expect(inShell.stdout).toBe('off\nnone\n*\nlocal\n*:off\n')
    const inDocker = await run(names, variables(file))
    expect(inDocker.stdout).toBe(inShell.stdout)
    await endOf(job)
  })
})
