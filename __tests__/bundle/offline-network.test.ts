import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, onTestFinished, test } from 'vitest'
import { detectChecksumDatabase } from '../../src/gocmd/detect-go.ts'
import { goRoot, oldestGo } from '../../testbed/go-toolchains.ts'
import { runProcess } from '../../testbed/process.ts'
import { testEnv } from '../environment.ts'
import { startDatabaseOf } from '../golden/checksum-database.ts'
import { madeModule, publish, sumLines } from '../golden/modules.ts'
import { startBed } from '../harness/bed.ts'
import { mayLeave, mayLeaveNetwork } from '../harness/network.ts'
import { runnerJob, said } from '../harness/runner-job.ts'
import { isRoot, nobody, unprivileged } from '../harness/unprivileged.ts'
import { writeFiles } from '../temporary.ts'
import { publishSmallToolchain } from './served-toolchain.ts'
import { endOf, startMachine } from './shared-machine.ts'

const lib = madeModule('example.com/lib', 'v1.0.0')
const app = {
  'go.mod': 'module example.com/app\n\ngo 1.21\n\nrequire example.com/lib v1.0.0\n',
  'go.sum': sumLines(lib),
  'app.go': 'package app\n\nimport _ "example.com/lib"\n',
}

/** A server that knows nothing, and records its requests. */
async function startListener() {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(request.url ?? '')
    response.writeHead(404).end()
  })
  server.on('connect', (request, socket) => {
    asked.push(request.url ?? '')
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return { asked, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** The default checksum database of Go. */
const usual = (await detectChecksumDatabase(path.parse(process.cwd()).root, '', testEnv()))?.key ?? ''

describe('an offline job', () => {
  test('asks neither the origin of a private module nor the checksum database, unlike GOPROXY=off alone', async () => {
    const [machine, listener] = [await startMachine([lib]), await startListener()]
    await machine.write('org/app', app)
    const { job } = await machine.start({
      repository: 'org/app',
      env: {
        GOPRIVATE: 'github.com/acme',
        GONOSUMDB: '',
        GOSUMDB: `${usual} ${listener.url}`,
        GIT_CONFIG_COUNT: '1',
        GIT_CONFIG_KEY_0: `url.${listener.url}/git/.insteadOf`,
        GIT_CONFIG_VALUE_0: 'https://github.com/',
      },
    })
    // A cached module that no go.sum names, and a private one.
    const script = [
      'mkdir -p "$RUNNER_TEMP/other" && cd "$RUNNER_TEMP/other"',
      'printf "module example.com/other\\n\\ngo 1.21\\n" > go.mod',
      'go mod download github.com/acme/private@v1.0.0 2>&1 || true',
      'go mod download example.com/lib@v1.0.0 2>&1 || true',
    ].join('\n')
    expect((await job.action({ with: { cache: 'false' } })).exitCode).toBe(0)
    await job.shell(`export GOPROXY=off\n${script}`)
    expect(listener.asked.some((one) => one.startsWith('/git/acme/private'))).toBe(true)
    expect(listener.asked.some((one) => one.startsWith('/lookup/example.com/lib'))).toBe(true)
    listener.asked.splice(0)

    const main = await job.action({ with: { cache: 'false', offline: 'true' } })
    expect(main.exitCode, main.stdout).toBe(0)
    const result = await job.shell(script)
    expect(result.stdout).toContain('module lookup disabled by GOPROXY=off')
    expect(listener.asked).toEqual([])
    expect((await endOf(job)).exitCode).toBe(0)
  })

  test('asks no origin after a strict step, whatever the inputs say about private modules', async () => {
    const [machine, listener] = [await startMachine([lib]), await startListener()]
    await machine.write('org/app', {
      'go.mod': 'module example.com/app\n\ngo 1.21\n',
      'app.go': 'package app\n\nimport _ "github.com/acme/private"\n',
    })
    const env = {
      GIT_CONFIG_COUNT: '1',
      GIT_CONFIG_KEY_0: `url.${listener.url}/git/.insteadOf`,
      GIT_CONFIG_VALUE_0: 'https://github.com/',
    }
    const tidy = async (offline: string) => {
      const { job } = await machine.start({ repository: 'org/app', env })
      // Tidying looks for the module that provides the package.
      const given = { cache: 'false', 'check-tidy': 'true', gonoproxy: 'github.com/acme', govcs: '*:all' }
      const main = await job.action({ with: { ...given, offline } })
      expect((await endOf(job)).exitCode).toBe(0)
      expect(main.stdout).toContain('`go mod tidy` failed')
      return listener.asked.splice(0)
    }
    expect(await tidy('true')).not.toEqual([])
    expect(await tidy('strict')).toEqual([])
  })

  test('runs the toolchain that the go command has downloaded, from PATH, without a request', async () => {
    const [machine, listener] = [await startMachine([lib]), await startListener()]
    const fetched = path.resolve(await goRoot(oldestGo), '..', '..')
    for (const part of ['golang.org', 'cache/download/sumdb', 'cache/download/golang.org']) {
      cpSync(path.join(fetched, part), path.join(machine.gomodcache, part), {
        recursive: true,
        verbatimSymlinks: true,
      })
    }
    await machine.write('org/app', {
      'go.mod': 'module example.com/app\n\ngo 1.21\n',
      'app.go': 'package app\n',
    })
    const { job } = await machine.start({
      repository: 'org/app',
      env: {
        GOTOOLCHAIN: `go${oldestGo}+auto`,
        GOPROXY: listener.url,
        GONOSUMDB: '',
        GOROOT: await currentRoot(),
      },
    })
    const main = await job.action({ with: { cache: 'false', offline: 'strict' } })
    expect(main.exitCode, main.stdout).toBe(0)
    expect(main.outputs['go-version']).toBe(oldestGo)
    const shell = await job.shell(
      'go version && go env GOTOOLCHAIN GOPROXY && go list -deps ./... && command -v go',
    )
    expect(shell.stdout, shell.stderr).toMatch(
      new RegExp(
        `^go version go${oldestGo} .*\nlocal\noff\nexample.com/app\n.*golang.org/toolchain@v0\\.0\\.1-go${oldestGo}`,
        's',
      ),
    )
    expect(listener.asked).toEqual([])
    expect((await endOf(job)).exitCode).toBe(0)
  })

  test('asks the checksum database only through the folder that holds it, even if a record is missing there', async () => {
    const listener = await startListener()
    const { folder } = await startBed()
    const served = path.join(folder, 'served')
    publish(served, lib)
    const { key } = await startDatabaseOf(path.join(folder, 'database'), 'example.com/other@v1.0.0', '')
    writeFiles(path.join(folder, 'app'), { 'go.mod': 'module example.com/app\n\ngo 1.21\n' })
    const ask = () =>
      runProcess({
        command: 'go',
        args: ['mod', 'download', 'example.com/lib@v1.0.0'],
        cwd: path.join(folder, 'app'),
        env: {
          PATH: process.env.PATH ?? '',
          HOME: folder,
          GOPATH: path.join(folder, 'go'),
          GOCACHE: path.join(folder, 'build'),
          GOPROXY: pathToFileURL(served).href,
          GONOPROXY: 'none',
          GOSUMDB: key,
          GOTOOLCHAIN: 'local',
          GOFLAGS: '-modcacherw',
          HTTPS_PROXY: listener.url,
        },
      })
    // Without the marker that the folder serves it, the database itself is asked.
    expect((await ask()).exitCode).toBe(1)
    expect(listener.asked).toEqual(['sums.example.com:443'])
    listener.asked.splice(0)
    writeFiles(served, { 'sumdb/sums.example.com/supported': '' })
    const inside = await ask()
    expect(inside.stderr).toMatch(/reading file:.*lookup|no such file/)
    expect(listener.asked).toEqual([])
  })

  test('accepts another Go from a folder that serves it, without the checksum database, only if it is the only source', async () => {
    const listener = await startListener()
    const { folder } = await startBed()
    const served = path.join(folder, 'served')
    await publishSmallToolchain(served)
    const ask = (goproxy: string) =>
      runProcess({
        command: 'go',
        args: ['version'],
        cwd: folder,
        env: {
          PATH: process.env.PATH ?? '',
          HOME: folder,
          GOMODCACHE: path.join(folder, 'mod'),
          GOPROXY: goproxy,
          GONOSUMDB: '*',
          GOSUMDB: `${usual} ${listener.url}`,
          GOTOOLCHAIN: `go${oldestGo}`,
          GOFLAGS: '-modcacherw',
        },
      })
    const alone = await ask(pathToFileURL(served).href)
    expect(alone.stdout, alone.stderr).toContain(`go version go${oldestGo}`)
    expect(listener.asked).toEqual([])
    expect((await ask(`${pathToFileURL(served).href},off`)).exitCode).toBe(1)
    expect(listener.asked).not.toEqual([])
  })

  test('fails before any build if the Go that the modules need is missing', async () => {
    const [machine, listener] = [await startMachine([lib]), await startListener()]
    await machine.write('org/app', app)
    const { job } = await machine.start({
      repository: 'org/app',
      env: { GOTOOLCHAIN: 'go1.22.1+auto', GOPROXY: listener.url },
    })
    const main = await job.action({ with: { cache: 'false', offline: 'strict' } })
    expect(main.exitCode).toBe(1)
    expect(said(main, 'error').join()).toContain('go1.22.1')
    expect(listener.asked).toEqual([])
    expect((await endOf(job)).exitCode).toBe(0)
  })
})

/** GOROOT of the Go on PATH. */
async function currentRoot(): Promise<string> {
  return (await promisify(execFile)('go', ['env', 'GOROOT'], { cwd: '/' })).stdout.trim()
}

/** A wrapper that Go starts the compiler through: it records whether it could reach the listener. */
function probingCompiler(folder: string, url: string): { readonly flag: string; readonly log: string } {
  const [program, log] = [path.join(folder, 'through'), path.join(folder, 'log')]
  mkdirSync(folder, { recursive: true })
  const script = [
    '#!/bin/bash',
    `if (exec 3<>/dev/tcp/127.0.0.1/${new URL(url).port}) 2>/dev/null; then word=reached; else word=alone; fi`,
    `echo "$word $TOOLEXEC_IMPORTPATH" >> ${log}`,
    'exec "$@"',
  ]
  writeFileSync(program, `${script.join('\n')}\n`, { mode: 0o755 })
  return { flag: `-toolexec=${program}`, log }
}

test.runIf(isRoot && mayLeave(nobody))(
  'without any network and write access, complete modules suffice, and missing ones are named',
  async () => {
    const bed = await startBed()
    const served = path.join(bed.folder, 'served')
    publish(served, lib)
    const start = async (goproxy: string, keepHome: boolean) => {
      await bed.repository(undefined, app)
      const other = unprivileged(bed)
      const node = other.user?.node ?? ''
      const alone = `${node}-alone`
      writeFileSync(alone, `#!/bin/sh\nexec unshare -rn -- ${node} "$@"\n`, { mode: 0o755 })
      return runnerJob(bed, {
        ...other,
        user: { ...nobody, node: alone },
        with: { offline: 'strict', cache: 'false', ...(goproxy === '' ? {} : { goproxy }) },
        run: 'unshare -rn -- go build ./... && go env GOPROXY',
        keepHome,
      })
    }
    const incomplete = await start('', false)
    expect(incomplete.main.exitCode).toBe(1)
    expect(said(incomplete.main, 'error').join()).toContain(
      'example.com/lib@v1.0.0 (imported by example.com/app)',
    )
    const fromFolder = await start(pathToFileURL(served).href, false)
    expect(fromFolder.main.exitCode, fromFolder.main.stdout).toBe(0)
    expect(fromFolder.shell?.stdout, fromFolder.shell?.stderr).toBe(`${pathToFileURL(served).href}\n`)
    const kept = await start('', true)
    expect(kept.main.exitCode, kept.main.stdout).toBe(0)
    expect(kept.shell?.stdout, kept.shell?.stderr).toBe('off\n')
    expect(kept.post.exitCode).toBe(0)
    expect(bed.proxy.requests).toEqual([])
  },
)

describe('offline-check', () => {
  test.runIf(mayLeaveNetwork)(
    'builds without any network, writes nothing into the checkout, and leaves later steps their network',
    async () => {
      const [bed, listener] = [await startBed(), await startListener()]
      const served = path.join(bed.folder, 'served')
      publish(served, lib)
      await bed.repository(undefined, app)
      const { flag, log } = probingCompiler(path.join(bed.folder, 'tool'), listener.url)
      const { main, shell, places } = await runnerJob(bed, {
        with: { 'offline-check': 'true', cache: 'false' },
        env: {
          GOPROXY: pathToFileURL(served).href,
          GOFLAGS: `-buildvcs=false ${flag}`,
        },
        run: 'go env GOPROXY && git status --porcelain --ignored && go clean -cache && go build ./...',
      })
      expect(main.exitCode, main.stdout).toBe(0)
      expect(main.stdout).toContain(
        'Everything builds offline (input `offline-check`), in a network namespace',
      )
      const lines = readFileSync(log, 'utf8').split('\n')
      expect(lines).toContain('alone example.com/app')
      expect(lines.findLast((line) => line.endsWith(' example.com/app'))).toBe('reached example.com/app')
      expect(shell?.stdout).toBe(`${pathToFileURL(served).href}\n`)
      expect(readFileSync(main.outputs['offline-env-file'] ?? '', 'utf8')).toContain(
        `GOPROXY=${pathToFileURL(served).href}\n`,
      )
      expect(places.workspace).not.toBe('')
    },
  )

  test('names missing modules, and distinguishes compile errors from go vet findings', async () => {
    const machine = await startMachine([lib])
    const start = async (
      files: Readonly<Record<string, string>>,
      given: Readonly<Record<string, string>>,
    ) => {
      await machine.write('org/app', files)
      const { job } = await machine.start({ repository: 'org/app' })
      const main = await job.action({ with: { cache: 'false', ...given } })
      await endOf(job)
      return main
    }
    const missing = await start(app, { 'offline-check': 'true', dependencies: 'none' })
    expect(missing.exitCode).toBe(1)
    expect(said(missing, 'error').join()).toContain('example.com/lib@v1.0.0 (imported by example.com/app)')

    const disliked = 'package disliked\n\nfunc F(x int) {\n\tx = x\n}\n'
    const vetted = await start({ ...app, 'disliked/a.go': disliked }, { 'offline-check': './disliked' })
    expect(vetted.exitCode, vetted.stdout).toBe(0)

    const broken = { ...app, 'broken/a.go': 'package broken\n\nvar X = nothing\n' }
    expect((await start(broken, { 'offline-check': '.' })).exitCode).toBe(0)
    const failed = await start(broken, { 'offline-check': 'true' })
    expect(failed.exitCode).toBe(1)
    expect(said(failed, 'error').join()).toMatch(
      /`go build \.\/\.\.\.` fails without a network.*undefined: nothing/s,
    )
  })

  test('passes without a package to build, and rejects a pattern that matches none', async () => {
    const machine = await startMachine([lib])
    const goMod = (name: string) => `module example.com/${name}\n\ngo 1.21\n`
    const start = async (given: Readonly<Record<string, string>>) => {
      await machine.write('org/app', {
        'tools/go.mod': goMod('tools'),
        'tools/tools.go': '//go:build tools\n\npackage tools\n',
        'site/go.mod': goMod('site'),
        'site/content/a.md': '# A',
        'other/go.mod': goMod('other'),
        'other/cmd/a_plan9.go': 'package cmd\n',
        'built/go.mod': goMod('built'),
        'built/cmd/cmd.go': 'package cmd\n',
        'built/e2e/e2e_test.go': 'package e2e\n',
      })
      const { job } = await machine.start({ repository: 'org/app' })
      const main = await job.action({ with: { cache: 'false', ...given } })
      await endOf(job)
      return main
    }
    const all = await start({ 'offline-check': 'true' })
    expect(all.exitCode, all.stdout).toBe(0)
    for (const name of ['tools', 'site', 'other'])
      expect(all.log).toContain(`No package to build in ${name} on this system`)
    expect(all.log).not.toContain('No package to build in built')
    expect(all.log).toContain('Everything builds offline')

    const none = await start({ 'offline-check': 'true', modules: 'tools\nsite' })
    expect(none.exitCode, none.stdout).toBe(0)
    expect(none.summary).toContain('no package to build; later steps may use the network')
    expect(none.log).not.toContain('Everything builds offline')

    const named = await start({ 'offline-check': './cmd/...\n./e2e' })
    expect(named.exitCode, named.stdout).toBe(0)
    const lost = await start({ 'offline-check': './cmd/...', modules: 'other' })
    expect(said(lost, 'error')).toEqual([
      expect.stringMatching(/`offline-check` names "\.\/cmd\/\.\.\.", but no package matches it/),
    ])
  })

  test.runIf(isRoot)(
    'uses another kind of namespace for users other than root, or reports that there is none',
    async () => {
      const bed = await startBed()
      const served = path.join(bed.folder, 'served')
      publish(served, lib)
      await bed.repository(undefined, app)
      const { main } = await runnerJob(bed, {
        with: { 'offline-check': 'true', cache: 'false' },
        env: { GOPROXY: pathToFileURL(served).href },
        ...unprivileged(bed),
      })
      expect(main.exitCode, main.stdout).toBe(0)
      const inNamespace = main.stdout.includes('in a network namespace without a network')
      const notice = said(main, 'notice').some((text) => text.includes('without a network namespace'))
      expect(inNamespace).toBe(!notice)
    },
  )
})
