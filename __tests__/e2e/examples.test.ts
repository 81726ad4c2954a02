import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { parseDocument, YAMLSeq } from 'yaml'
import { toolCacheName } from '../../src/gosettings/download-base.ts'
import { filesBelow } from '../../src/platform/files.ts'
import { runWorkflow, type WorkflowResult } from '../../testbed/act.ts'
import { goRoot, oldestGo } from '../../testbed/go-toolchains.ts'
import { setBack } from '../cache/gocache/real-builds.ts'
import { annotations, step } from '../harness/act-job.ts'
import { type Bed, root, startBed } from '../harness/bed.ts'
import { smallModule } from '../harness/small-module.ts'

const examples = path.join(root, 'examples')
const goDeps = 'org/go-deps-action@v0'
const architecture = process.arch
/** The Go of this machine, such as `1.26.0`, and its GOROOT. */
let installed = { version: '', goroot: '' }
/**
 * A build cache that persists between runs, for all jobs that need not start without one: compiling the standard
 * library
 * takes long.
 */
const gocache = path.join(root, '.tools', 'go-build')

beforeAll(async () => {
  const { stdout } = await promisify(execFile)('go', ['env', 'GOVERSION', 'GOROOT'])
  const [name = '', goroot = ''] = stdout.trim().split('\n')
  installed = { version: name.replace(/^go/, ''), goroot }
})

describe('example workflows', () => {
  test('minimal: installs the Go of go.mod, and a warm run downloads nothing', async () => {
    const bed = await bedWith(smallModule('', installed.version))
    const cold = await runExample(bed, 'minimal.yml')
    expect(cold.exitCode, cold.output).toBe(0)
    expect(step(cold, goDeps).log).toContain(`Go ${installed.version}: the tool cache has it`)
    const before = bed.proxy.requests.length
    const warm = await runExample(bed, 'minimal.yml', path.join(bed.folder, 'empty-build-cache'))
    expect(warm.exitCode, warm.output).toBe(0)
    expect(step(warm, goDeps).outputs).toMatchObject({ 'modules-cache': 'exact', 'build-cache': 'exact' })
    expect(bed.proxy.requests.slice(before)).toEqual([])
    expect(annotations(warm, 'warning')).toEqual([])
  })

  test('matrix: each leg has its Go, and all share one module entry', async () => {
    const bed = await bedWith(smallModule('', '1.21'))
    const result = await runExample(bed, 'matrix.yml')
    expect(result.exitCode, result.output).toBe(0)
    const said = result.jobs.map(({ matrix, steps }) => [
      matrix.go,
      steps.find(({ name }) => name === 'what the cache did')?.log.match(/^Go (\S+),/m)?.[1],
    ])
    expect(Object.fromEntries(said)).toEqual({ stable: installed.version, oldstable: oldestGo })
    expect(bed.service.entries().map(({ key }) => key.split('-')[0])).toEqual(
      expect.arrayContaining(['godeps.modules.v1', 'godeps.build.v1', 'godeps.build.v1']),
    )
    expect(bed.service.entries().filter(({ key }) => key.startsWith('godeps.modules.v1'))).toHaveLength(1)
  })

  test('vendor: the vendor directory is written, and later steps build from it', async () => {
    const bed = await bedWith(smallModule('', installed.version))
    const result = await runExample(bed, 'vendor.yml')
    expect(result.exitCode, result.output).toBe(0)
    expect(step(result, goDeps).outputs['vendor-changed']).toBe('true')
    expect(step(result, goDeps).log).toContain('GOFLAGS=-trimpath -buildvcs=false -mod=vendor')
  })

  test('vendor-check: fails the job if the vendor directory differs from what Go writes, and passes otherwise', async () => {
    const files = smallModule('', installed.version)
    const vendored = await vendorOf(files)
    const bed = await bedWith({ ...files, ...vendored })
    const good = await runExample(bed, 'vendor-check.yml')
    expect(good.exitCode, good.output).toBe(0)
    const changed = 'vendor/github.com/inconshreveable/mousetrap/trap_others.go'
    await bed.repository(undefined, { ...files, ...vendored, [changed]: `${vendored[changed]}\n// edited\n` })
    const bad = await runExample(bed, 'vendor-check.yml')
    expect(bad.exitCode).not.toBe(0)
    expect(step(bad, goDeps).log).toContain(`changed: ${changed}`)
    expect(bad.output).toContain('vendor differs from the output of `go mod vendor`: 1 file changed')
  })

  test('workspace: the tests of every module run', async () => {
    const bed = await bedWith({
      'go.work': `go ${installed.version}\n\nuse (\n\t./one\n\t./two\n)\n`,
      ...smallModule('one/', installed.version),
      ...smallModule('two/', installed.version),
    })
    const result = await runExample(bed, 'workspace.yml')
    expect(result.exitCode, result.output).toBe(0)
    expect(result.output).toContain('a workspace of 2 modules')
    expect(step(result, 'xargs go test').log).toMatch(/ok .*example\.com\/one[\s\S]*ok .*example\.com\/two/)
  })

  test('monorepo: only the modules that match the globs are used', async () => {
    const bed = await bedWith({
      ...smallModule('services/api/', installed.version),
      ...smallModule('libraries/deep/log/', installed.version),
      'tools/go.mod': 'module example.com/tools\n\ngo 1.21\n\nrequire example.com/nowhere v1.0.0\n',
    })
    const result = await runExample(bed, 'monorepo.yml')
    expect(result.exitCode, result.output).toBe(0)
    expect(step(result, goDeps).log).toMatch(/services\/api; .*libraries\/deep\/log/)
    expect(step(result, 'test each module').log).toMatch(/ok .*example\.com\/services\/api/)
  })

  test('composite: the caches are saved when the job ends', async () => {
    const bed = await bedWith({
      ...smallModule('', installed.version),
      '.github/actions/go/action.yml': readFileSync(path.join(examples, 'composite', 'action.yml'), 'utf8'),
    })
    const result = await runExample(bed, 'composite.yml')
    expect(result.exitCode, result.output).toBe(0)
    expect(
      bed.service
        .entries()
        .map(({ key }) => key.split('-')[0])
        .sort(),
    ).toEqual(['godeps.build.v1', 'godeps.modules.v1'])
  })

  test('prepare: one job downloads and compiles, and the others find both caches', async () => {
    const bed = await bedWith(smallModule('', installed.version))
    const result = await runExample(bed, 'prepare.yml')
    expect(result.exitCode, result.output).toBe(0)
    expect(step(result, 'org/go-deps-action/save@v0').outputs).toMatchObject({
      'modules-saved': 'true',
      'build-saved': 'true',
    })
    const checks = result.jobs.filter(({ id }) => id === 'checks')
    const restores = checks.flatMap(({ steps }) =>
      steps.filter(({ name, stage }) => name.includes('/restore@') && stage === 'Main'),
    )
    expect(checks.map(({ result }) => result)).toEqual(['success', 'success'])
    expect(restores.map(({ outputs }) => [outputs['modules-cache'], outputs['build-cache']])).toEqual([
      ['exact', 'partial'],
      ['exact', 'partial'],
    ])
    expect(bed.proxy.requests.filter(({ kind }) => kind === 'zip')).toHaveLength(1)
    expect(bed.service.entries()).toHaveLength(2)
    expect(annotations(result, 'warning')).toEqual([])
  })

  test('save-before-deploy: a deployment that fails loses no cache', async () => {
    const bed = await bedWith({
      ...smallModule('', installed.version),
      'cmd/app/main.go': 'package main\n\nfunc main() {}\n',
      'deploy.sh': '#!/bin/sh\necho no answer\nexit 1\n',
    })
    const result = await runExample(bed, 'save-before-deploy.yml')
    expect(result.exitCode).not.toBe(0)
    expect(step(result, 'sh deploy.sh').log).toContain('no answer')
    expect(step(result, 'org/go-deps-action/save@v0').outputs).toMatchObject({
      'modules-saved': 'true',
      'build-saved': 'true',
    })
    expect(
      bed.service
        .entries()
        .map(({ key }) => key.split('-')[0])
        .sort(),
    ).toEqual(['godeps.build.v1', 'godeps.modules.v1'])
  })

  test('all run here, except those that need docker or artifacts', () => {
    const tested = readFileSync(import.meta.filename, 'utf8')
    const missing = readdirSync(path.join(examples, 'workflows')).filter(
      (name) => !tested.includes(`runExample(bed, '${name}'`),
    )
    // bundles.test.ts runs the first, with a replacement for the artifact actions.
    expect(missing).toEqual(['air-gapped.yml', 'container.yml'])
  })
})

/** Fixtures with a repository of these files. */
async function bedWith(files: Readonly<Record<string, string>>): Promise<Bed> {
  const bed = await startBed()
  await bed.repository(undefined, files)
  return bed
}

/** Runs `go mod vendor` for a module. */
async function vendorOf(files: Readonly<Record<string, string>>): Promise<Record<string, string>> {
  const bed = await bedWith(files)
  const folder = path.join(bed.folder, 'origin')
  const environment = { ...process.env, ...bed.goEnvironment, GOMODCACHE: path.join(bed.folder, 'modules') }
  const flags = { GOFLAGS: '-modcacherw' }
  await promisify(execFile)('go', ['mod', 'vendor'], { cwd: folder, env: { ...environment, ...flags } })
  const names = readdirSync(path.join(folder, 'vendor'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
  return Object.fromEntries(names.map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]))
}

/**
 * Runs an example unchanged, except for what this machine provides: a tool cache with two versions of Go, and
 * a list of releases that names them. The module cache is empty. Of a matrix of systems only Linux is left: act uses
 * its `runs-on` for all legs.
 */
async function runExample(bed: Bed, name: string, buildCache = gocache): Promise<WorkflowResult> {
  const document = parseDocument(readFileSync(path.join(examples, 'workflows', name), 'utf8'))
  const releases = await releaseList()
  const toolCache = await makeToolCache(bed, releases)
  const jobs = Object.keys((document.toJS() as { jobs: object }).jobs)
  for (const job of jobs) {
    const steps = document.getIn(['jobs', job, 'steps'])
    if (!(steps instanceof YAMLSeq)) throw new Error(`${name}: job ${job} has no steps`)
    const inject = document.createNode({ run: `echo "RUNNER_TOOL_CACHE=${toolCache}" >> "$GITHUB_ENV"` })
    steps.items.unshift(inject)
    const systems = ['jobs', job, 'strategy', 'matrix', 'os']
    if (document.hasIn(systems)) document.setIn(systems, ['ubuntu-latest'])
  }
  if (buildCache === gocache) forgetJobs()
  const home = path.join(bed.folder, 'home', String(bed.service.requests.length))
  mkdirSync(home, { recursive: true })
  return runWorkflow({
    repository: bed.checkedOut,
    workflow: String(document),
    home,
    // -trimpath, because every act job has a checkout at another path.
    env: {
      ...bed.goEnvironment,
      GOFLAGS: '-trimpath -buildvcs=false',
      GOCACHE: buildCache,
      GO_DOWNLOAD_BASE_URL: releases,
    },
    cacheEnvironment: bed.service.environment(),
    timeoutMs: 120_000,
  })
}

/** Removes the markers of earlier jobs from the persistent build cache, and dates its objects back. */
function forgetJobs(): void {
  mkdirSync(gocache, { recursive: true })
  for (const mark of filesBelow(gocache).filter((file) => /^00\/go-deps-action-/.test(file)))
    rmSync(path.join(gocache, mark))
  setBack(gocache)
}

/** A tool cache as on runner images: `go/VERSION/ARCHITECTURE`, with a marker file next to it. */
async function makeToolCache(bed: Bed, base: string): Promise<string> {
  const folder = path.join(bed.folder, 'tool-cache')
  const versions = { [installed.version]: installed.goroot, [oldestGo]: await goRoot(oldestGo) }
  for (const [version, goroot] of Object.entries(versions)) {
    const place = path.join(folder, toolCacheName(base), version)
    if (mkdirSync(place, { recursive: true }) === undefined) continue
    symlinkSync(goroot, path.join(place, architecture))
    writeFileSync(path.join(place, `${architecture}.complete`), '')
  }
  return folder
}

/** Serves a list of releases as go.dev/dl does, but no release. */
async function releaseList(): Promise<string> {
  const goarch = architecture === 'x64' ? 'amd64' : architecture
  const releases = [installed.version, oldestGo].map((version) => ({
    version: `go${version}`,
    stable: true,
    files: [
      {
        filename: `go${version}.linux-${goarch}.tar.gz`,
        os: 'linux',
        arch: goarch,
        sha256: '',
        kind: 'archive',
      },
    ],
  }))
  const server = createServer((_, response) => response.end(JSON.stringify(releases)))
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  onTestFinished(() => {
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
