import { existsSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { type MadeModule, madeModule, sumLines } from '../golden/modules.ts'
import { slice } from '../harness/extent.ts'
import { said } from '../harness/runner-job.ts'
import { endOf, type Machine, type MachineJob, startMachine } from './shared-machine.ts'

const quiet = { cache: 'false' }
const lib = madeModule('example.com/lib', 'v1.0.0', {
  'go.mod': 'module example.com/lib\n\ngo 1.21\n\nrequire example.com/deep v1.0.0\n',
  'lib.go': 'package lib\n\nimport _ "example.com/deep"\n',
})
const deep = madeModule('example.com/deep', 'v1.0.0')
const testing = madeModule('example.com/testing', 'v1.0.0')
const modules = [lib, deep, testing]

/** A module that imports lib, and testing in its tests. */
const app = {
  'go.mod': [
    'module example.com/app',
    '',
    'go 1.21',
    '',
    'require example.com/lib v1.0.0',
    '',
    'require example.com/testing v1.0.0',
    '',
    'require example.com/deep v1.0.0 // indirect',
    '',
  ].join('\n'),
  'go.sum': modules.map(sumLines).join(''),
  'app.go': 'package app\n\nimport _ "example.com/lib"\n',
  'app_test.go':
    'package app\n\nimport (\n\t"testing"\n\n\t_ "example.com/testing"\n)\n\nfunc TestIt(t *testing.T) {}\n',
}

/** A job on a fresh or a persistent machine. */
async function run(
  machine: Machine,
  options: {
    readonly with?: Readonly<Record<string, string>>
    readonly files?: Readonly<Record<string, string>>
    readonly env?: Readonly<Record<string, string>>
    readonly shell?: string
    readonly step?: Readonly<Record<string, string>>
    readonly prepare?: MachineJob['prepare']
  },
) {
  await machine.write('org/app', options.files ?? app)
  const { job, workspace, temp } = await machine.start({
    repository: 'org/app',
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.prepare === undefined ? {} : { prepare: options.prepare }),
  })
  const main = await job.action({
    with: { ...quiet, ...options.with },
    ...(options.step === undefined ? {} : { env: options.step }),
  })
  const before = machine.proxy.requests.length
  const shell = options.shell === undefined ? undefined : await job.shell(options.shell)
  const asked = machine.proxy.requests.slice(before)
  expect((await endOf(job)).exitCode).toBe(0)
  return { main, shell, asked, workspace, temp }
}

const errors = (main: { readonly stdout: string }) => main.stdout.match(/^::error.*$/gm) ?? []

describe('offline: true', () => {
  test('downloads missing modules, proves the build, and disables the network for every later step', async () => {
    const machine = await startMachine(modules)
    const script = [
      'go build ./... && go list -deps -test ./... > /dev/null',
      'go env GOPROXY GONOPROXY GONOSUMDB GOTOOLCHAIN GOVCS GOFLAGS',
      'go list -m example.com/lib@latest 2>&1 || true',
      'go mod download example.com/other@v1.0.0 2>&1 || true',
    ].join('\n')
    const { main, shell, asked } = await run(machine, { with: { offline: 'true' }, shell: script })
    expect(main.exitCode, main.stdout).toBe(0)
    expect(main.stdout).toContain('3 downloaded')
    expect(main.summary).toContain('**Offline**: all modules for builds and tests are present')
    expect(shell?.exitCode, shell?.stderr).toBe(0)
    expect(shell?.stdout).toContain('off\nnone\n*\nlocal\n*:off\n-buildvcs=false\n')
    expect(shell?.stdout.match(/module lookup disabled by GOPROXY=off/g)).toHaveLength(2)
    expect(asked).toEqual([])
    const file = readFileSync(main.outputs['offline-env-file'] ?? '', 'utf8')
    expect(file).toBe('GOPROXY=off\nGONOPROXY=none\nGONOSUMDB=*\nGOVCS=*:off\nGOTOOLCHAIN=local\n')
  })

  test('fails if go.sum is incomplete, and then lets no step download or use what go.sum does not name', async () => {
    const machine = await startMachine(modules)
    const files = { ...app, 'go.sum': [lib, deep].map(sumLines).join('') }
    const shell = 'go env GOPROXY GONOPROXY GONOSUMDB'
    const { main, shell: ran } = await run(machine, { with: { offline: 'true' }, files, shell })
    expect(main.exitCode).toBe(1)
    expect(said(main, 'error').join()).toMatch(/go\.sum is incomplete.*example\.com\/testing.*go mod tidy/s)
    expect(main.outputs['offline-env-file']).toBeUndefined()
    expect(ran?.stdout).toBe('off\nnone\ngithub.com,golang.org,gopkg.in,go.yaml.in,example.com\n')
  })

  test('works for a vendored repository, a workspace and a module without dependencies as well', async () => {
    const machine = await startMachine(modules)
    const vendored = await run(machine, {
      with: { dependencies: 'vendor' },
      shell: 'cp -r vendor "$RUNNER_TEMP"',
    })
    expect(vendored.main.exitCode, vendored.main.stdout).toBe(0)
    const shell = 'go env GOPROXY && go build ./... && go list -deps -test ./... > /dev/null'
    const kept = { 'vendor/modules.txt': '' }
    for (const name of [
      'modules.txt',
      'example.com/lib/lib.go',
      'example.com/deep/deep.go',
      'example.com/testing/testing.go',
    ]) {
      Object.assign(kept, {
        [`vendor/${name}`]: readFileSync(path.join(vendored.temp, 'vendor', name), 'utf8'),
      })
    }
    await machine.renew()
    const before = machine.proxy.requests.length
    const strict = await run(machine, { with: { offline: 'strict' }, files: { ...app, ...kept }, shell })
    expect(strict.main.exitCode, strict.main.stdout).toBe(0)
    expect(strict.shell?.stdout, strict.shell?.stderr).toContain('off\n')
    expect(machine.proxy.requests.length).toBe(before)

    const workspace = {
      'go.work': 'go 1.21\n\nuse (\n\t./one\n\t./two\n)\n',
      ...Object.fromEntries(Object.entries(app).map(([name, text]) => [`one/${name}`, text])),
      'two/go.mod': 'module example.com/two\n\ngo 1.21\n\nrequire example.com/testing v1.0.0\n',
      'two/go.sum': sumLines(testing),
      'two/two.go': 'package two\n\nimport _ "example.com/testing"\n',
    }
    const inWorkspace = await run(machine, {
      with: { offline: 'true' },
      files: workspace,
      shell: 'go build ./one/... ./two/...',
    })
    expect(inWorkspace.main.exitCode, inWorkspace.main.stdout).toBe(0)
    expect(inWorkspace.shell?.exitCode, inWorkspace.shell?.stderr).toBe(0)

    const none = await run(machine, {
      with: { offline: 'true' },
      files: { 'go.mod': 'module example.com/app\n\ngo 1.21\n', 'app.go': 'package app\n' },
      shell: 'go env GOPROXY',
    })
    expect(none.shell?.stdout).toBe('off\n')
    const nothing = await run(machine, {
      with: { offline: 'true' },
      files: { 'README.md': '' },
      shell: 'go env GOPROXY',
    })
    expect(nothing.main.exitCode, nothing.main.stdout).toBe(0)
    expect(nothing.shell?.stdout).toBe('off\n')
    expect(existsSync(nothing.main.outputs['offline-env-file'] ?? '')).toBe(true)
  })
})

describe('offline: strict', () => {
  test('sends no request, and names all missing modules at once, with the modules that need them', async () => {
    const machine = await startMachine(modules)
    const { main, shell, asked } = await run(machine, {
      with: { offline: 'strict' },
      shell: 'go env GOPROXY',
    })
    expect(main.exitCode).toBe(1)
    expect(machine.proxy.requests).toEqual([])
    expect(asked).toEqual([])
    const [error = ''] = said(main, 'error')
    expect(error).toContain('3 modules that builds or tests here need are not on this machine')
    expect(error).toContain('example.com/lib@v1.0.0 (imported by example.com/app)')
    expect(error).toContain('example.com/testing@v1.0.0')
    expect(error).toContain('example.com/deep@v1.0.0')
    expect(main.stdout).toMatch(/^::error file=go\.mod,line=5::/m)
    expect(shell?.stdout).toBe('off\n')
  })

  test('names modules that only a tool of go.mod needs', async () => {
    const tool = madeModule('example.com/tool', 'v1.0.0', { 'tool.go': 'package main\n\nfunc main() {}\n' })
    const machine = await startMachine([tool])
    const { main } = await run(machine, {
      with: { offline: 'strict' },
      files: {
        'go.mod':
          'module example.com/app\n\ngo 1.24\n\ntool example.com/tool\n\nrequire example.com/tool v1.0.0 // indirect\n',
        'go.sum': sumLines(tool),
        'app.go': 'package app\n',
      },
    })
    expect(main.exitCode).toBe(1)
    expect(said(main, 'error').join()).toContain(
      '1 module that builds or tests here need is not on this machine: example.com/tool@v1.0.0',
    )
  })

  test('prints the plan in a dry run, and does nothing', async () => {
    const machine = await startMachine(modules)
    const { main, shell } = await run(machine, {
      with: { offline: 'strict', 'offline-check': './...', 'dry-run': 'true' },
      shell: 'go env GONOPROXY',
    })
    expect(main.exitCode, main.stdout).toBe(0)
    expect(main.stdout).toContain('Offline: download nothing, verify that builds and tests have all modules')
    expect(main.stdout).toContain('Offline check: build ./... without a network')
    expect(shell?.stdout).toBe('\n')
  })

  test('uses the modules on the machine, where every request would fail', async () => {
    const machine = await startMachine(modules)
    expect((await run(machine, {})).main.exitCode).toBe(0)
    const before = machine.proxy.requests.length
    const { main, shell } = await run(machine, {
      with: { offline: 'strict' },
      env: {
        GOPROXY: 'http://127.0.0.1:1',
        GONOSUMDB: '',
        GOSUMDB: 'sum.example.com+1a2b3c4d+AbCd http://127.0.0.1:1',
      },
      shell: 'go build ./... && go list -deps -test ./... > /dev/null',
    })
    expect(main.exitCode, main.stdout).toBe(0)
    expect(main.stdout).toContain('nothing downloaded: `offline: strict`')
    expect(shell?.exitCode, shell?.stderr).toBe(0)
    expect(machine.proxy.requests.length).toBe(before)
  })

  test('takes modules from a folder that serves them, in this and later steps', async () => {
    const machine = await startMachine(modules)
    const url = pathToFileURL(machine.served).href
    const { main, shell } = await run(machine, {
      with: { offline: 'strict', goproxy: url },
      shell: 'go env GOPROXY && go clean -modcache && go list -deps -test ./... > /dev/null',
    })
    expect(main.exitCode, main.stdout).toBe(0)
    expect(shell?.stdout, shell?.stderr).toMatch(new RegExp(`^${url}\n`))
    expect(shell?.exitCode).toBe(0)
    expect(machine.proxy.requests).toEqual([])
  })

  test('reports a folder that does not have all of them', async () => {
    const machine = await startMachine([lib as MadeModule])
    const { main } = await run(machine, {
      with: { offline: 'strict', goproxy: pathToFileURL(machine.served).href },
    })
    expect(main.exitCode).toBe(1)
    expect(said(main, 'error').join()).toContain('example.com/deep')
  })
})

describe('conflicting inputs', () => {
  test.each(
    slice(
      [
        [
          { offline: 'true', goproxy: 'https://proxy.example.com,direct' },
          {},
          /Input `goproxy` is "https:\/\/proxy\.example\.com,direct".*`offline: true`.*env:/s,
        ],
        [{ offline: 'strict', goproxy: 'direct' }, {}, /Input `goproxy` is "direct".*`offline: strict`/s],
        [{ offline: 'true', goflags: '-mod=mod' }, {}, /GOFLAGS holds -mod=mod/],
        [{ 'offline-check': 'true' }, { GOFLAGS: '-mod=mod' }, /GOFLAGS holds -mod=mod.*`offline-check`/],
        [{ offline: 'yes' }, {}, /Input `offline` is "yes".*Allowed: `true`, `false` or `strict`/],
        [{ 'offline-check': 'example.com/lib@v1.0.0' }, {}, /`offline-check` is .* names a version/],
        [
          { 'offline-check': './nowhere/...' },
          {},
          /`offline-check` names "\.\/nowhere\/\.\.\.", but no module has that directory/,
        ],
      ],
      3,
    ),
  )('%j with %j set fails before anything else happens', async (given, env, message) => {
    const machine = await startMachine(modules)
    const { main, shell } = await run(machine, { with: given, env, shell: 'go env GONOPROXY' })
    expect(main.exitCode).toBe(1)
    expect(errors(main)).toHaveLength(1)
    expect(said(main, 'error').join()).toMatch(message)
    expect(machine.proxy.requests).toEqual([])
    // The job is offline nevertheless, for steps that run after a failure.
    const isAsked = ['true', 'strict'].includes((given as { offline?: string }).offline ?? '')
    expect(shell?.stdout).toBe(isAsked ? 'none\n' : '\n')
    expect(existsSync(machine.gomodcache)).toBe(false)
  })
})
