import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { toolCacheName } from '../../src/gosettings/download-base.ts'
import { type RequestedGo, readGoVersionSpec, toSemver } from '../../src/setup-go/release-spec.ts'
import type { SetupOptions } from '../../src/setup-go/search.ts'
import { setUpGo } from '../../src/setup-go/setup-go.ts'
import { downloadEnvironment } from '../../testbed/environment.ts'
import { archiveOf, type GoDownloadsOptions, startGoDownloads } from '../../testbed/go-downloads.ts'
import { oldestGo } from '../../testbed/go-toolchains.ts'
import { removeTree } from '../../testbed/remove-tree.ts'
import { testEnv } from '../environment.ts'
import { isUnix, otherFileSystem, temporaryFolder } from '../temporary.ts'

const exe = isUnix ? '' : '.exe'
/** An address where nothing listens. */
const nowhere = 'http://127.0.0.1:9'
/** Timeout for downloading and copying a whole Go on a busy machine. */
const slow = { timeout: 300_000 }
const releases = ['go1.25.1', 'go1.24.3', 'go1.24.2', 'go1.23.9', 'go1.26rc1']

/** A job with an empty tool cache, and a download server. */
async function startJob(options: Partial<GoDownloadsOptions> = {}) {
  const home = temporaryFolder()
  const folder = path.join(home, 'temp')
  const toolCache = path.join(home, 'tools')
  mkdirSync(folder)
  set({ RUNNER_TOOL_CACHE: toolCache, GOTOOLCHAIN: 'local', GOROOT: '' })
  const server = await startGoDownloads({ releases, ...options })
  onTestFinished(() => server.stop())
  const provide = (text: string, more: Partial<SetupOptions> = {}) =>
    setUpGo(request(text), {
      env: testEnv(),
      checkLatest: false,
      downloadBase: server.url,
      retries: 0,
      folder,
      ...more,
    })
  const tool = toolCacheName(server.url)
  return {
    ...server,
    folder,
    toolCache,
    /** The tool cache name of the served Go. */
    tool,
    /** The folder of a Go that only this job keeps. */
    kept: path.join(home, `go-deps-action-${tool}`),
    provide,
    kinds: () => server.requests.map(({ kind }) => kind),
    /** The content of `folder` and the tool cache; the latter as `tool/version/architecture`. */
    left: () => ({ folder: names(folder), tools: inside(toolCache, 3) }),
  }
}

/** Paths this many levels below a folder, with `/`. */
function inside(folder: string, levels: number): string[] {
  const below = (name: string) => inside(path.join(folder, name), levels - 1)
  return names(folder).flatMap((name) =>
    levels === 1 ? name : below(name).map((entry) => `${name}/${entry}`),
  )
}

/** Files after a job that put a Go into the tool cache. */
function added(tool: string, version: string) {
  const place = `${tool}/${version}/${process.arch}`
  return { folder: [], tools: [place, `${place}.complete`] }
}

/** Records the warnings from now on. */
function warnings(): readonly string[] {
  const logged: string[] = []
  const write = process.stdout.write.bind(process.stdout)
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((chunk, ...rest) => {
    const text = String(chunk)
    if (text.startsWith('::warning')) logged.push(text)
    return write(chunk, ...(rest as []))
  })
  onTestFinished(() => spy.mockRestore())
  return logged
}

function request(text: string): RequestedGo {
  const read = readGoVersionSpec(text)
  if ('fault' in read) throw new Error(read.fault)
  return { spec: read.spec, text, from: 'input `go-version`' }
}

function set(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
}

function names(folder: string): string[] {
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? readdirSync(folder).sort() : []
}

/** Puts a Go into the tool cache as other actions do: it only prints its version. */
function put(toolCache: string, tool: string, version: string): string {
  const root = path.join(toolCache, tool, version, process.arch)
  mkdirSync(path.join(root, 'bin'), { recursive: true })
  writeFileSync(path.join(root, 'bin', `go${exe}`), `#!/bin/sh\necho go version go${version}\n`, {
    mode: 0o755,
  })
  writeFileSync(`${root}.complete`, '')
  return root
}

/** Removes the go command from PATH, but keeps the programs that unpack, which may be in the same folder. */
function hideGo(): void {
  const folders = (process.env.PATH ?? '').split(path.delimiter)
  if (!isUnix) {
    const kept = folders.filter((folder) => !existsSync(path.join(folder, 'go.exe')))
    set({ PATH: kept.join(path.delimiter) })
    return
  }
  const bin = temporaryFolder()
  for (const name of ['tar', 'gzip', 'sh']) {
    const folder = folders.find((one) => existsSync(path.join(one, name)))
    if (folder !== undefined) symlinkSync(path.join(folder, name), path.join(bin, name))
  }
  set({ PATH: bin })
}

function versionOf(bin: string): string {
  const environment = { ...process.env, GOTOOLCHAIN: 'local', GOROOT: '' }
  return execFileSync(path.join(bin, `go${exe}`), ['version'], { env: environment, encoding: 'utf8' })
}

async function failureOf(promise: Promise<unknown>): Promise<Error> {
  const result = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(result instanceof Error)) throw new Error('it did not fail')
  return result
}

const nothing = { folder: [], tools: [] }

describe('the tool cache', () => {
  test.each([
    ['1.24.3', '1.24.3'],
    ['1.24', '1.24.7'],
    ['^1.23.0', '1.25.0'],
    ['1.26rc1', '1.26rc1'],
  ])('provides %s as %s without a request', async (text, version) => {
    const job = await startJob()
    for (const one of ['1.23.1', '1.24.3', '1.24.7', '1.25.0', '1.26.0-rc.1'])
      put(job.toolCache, job.tool, one)
    const provided = await job.provide(text)
    const root = path.join(job.toolCache, job.tool, toSemver(version) ?? '', process.arch)
    expect(provided).toMatchObject({ version, source: 'tool cache', root, bin: path.join(root, 'bin') })
    expect(job.requests).toEqual([])
    expect(job.left().folder).toEqual([])
  })

  test.each([
    ['stable', '1.25.1'],
    ['oldstable', '1.24.3'],
  ])('provides %s once the release list tells its version', async (text, version) => {
    const job = await startJob()
    for (const one of ['1.24.3', '1.25.1', '1.99.0']) put(job.toolCache, job.tool, one)
    expect(await job.provide(text)).toMatchObject({ version, source: 'tool cache' })
    expect(job.kinds()).toEqual(['list'])
  })

  test('is skipped for a newer release if the newest is wanted', async () => {
    const job = await startJob()
    put(job.toolCache, job.tool, '1.24.2')
    expect(await job.provide('1.24')).toMatchObject({ version: '1.24.2', source: 'tool cache' })
    expect(await job.provide('1.24', { checkLatest: true })).toMatchObject({
      version: '1.24.3',
      source: 'download',
    })
  })

  test('does not serve a Go of other origin to a user who named an address', async () => {
    const job = await startJob()
    for (const tool of ['go', toolCacheName(nowhere)]) put(job.toolCache, tool, '1.24.3')
    const provided = await job.provide('1.24.3')
    expect(provided.source).toBe('download')
    expect(provided.root).toContain(path.join(job.toolCache, job.tool))
  })

  test.each(['', ' ', 'https://go.dev/dl', 'https://go.dev/dl//'])(
    'serves the official Go for the address %j without a request',
    async (downloadBase) => {
      const job = await startJob()
      const root = put(job.toolCache, 'go', '1.24.3')
      put(job.toolCache, job.tool, '1.24.3')
      expect(await job.provide('1.24', { downloadBase })).toMatchObject({ source: 'tool cache', root })
    },
  )

  test('provides an exact version without a request, even if the newest is wanted', async () => {
    const job = await startJob()
    put(job.toolCache, job.tool, '1.24.2')
    expect((await job.provide('1.24.2', { checkLatest: true })).source).toBe('tool cache')
    expect(job.requests).toEqual([])
  })

  test('provides its newest version if the newest is wanted and no list is available', async () => {
    const job = await startJob()
    hideGo()
    put(job.toolCache, toolCacheName(nowhere), '1.24.2')
    const provided = await job.provide('1.24', { checkLatest: true, downloadBase: nowhere })
    expect(provided).toMatchObject({
      version: '1.24.2',
      source: 'tool cache',
      why: expect.stringContaining('no list'),
    })
  })

  test.each(['without its marker file', 'without a go command'])('is ignored for a Go %s', async (fault) => {
    const job = await startJob()
    const root = put(job.toolCache, job.tool, '1.24.3')
    await removeTree(fault === 'without its marker file' ? `${root}.complete` : path.join(root, 'bin'))
    expect((await job.provide('1.24.3')).source).toBe('download')
  })
})

describe('a download', () => {
  test('is verified, unpacked, and added to the tool cache', async () => {
    const job = await startJob()
    const provided = await job.provide('1.24')
    expect(provided).toMatchObject({
      version: '1.24.3',
      source: 'download',
      why: expect.stringContaining(job.url),
    })
    expect(provided.seconds).toBeGreaterThan(0)
    expect(versionOf(provided.bin)).toContain('go version go')
    expect(job.kinds()).toEqual(['list', 'archive'])
    expect(job.left()).toEqual(added(job.tool, '1.24.3'))
    expect((await job.provide('1.24')).source).toBe('tool cache')
  })

  test.each(['1.26rc1', 'go1.26rc1', '1.26.0-rc.1'])('of %s gets a pre-release', async (text) => {
    const job = await startJob()
    expect(await job.provide(text)).toMatchObject({ version: '1.26rc1' })
    expect(job.requests.at(-1)?.path).toContain(archiveOf('go1.26rc1'))
    expect(job.left()).toEqual(added(job.tool, '1.26.0-rc.1'))
  })

  test('accepts slashes after its base address', async () => {
    const job = await startJob()
    expect((await job.provide('stable', { downloadBase: `${job.url}//` })).version).toBe('1.25.1')
  })

  test.each(['in the list', 'next to it'])(
    'that does not match the SHA-256 %s is deleted, and the job fails',
    async (where) => {
      const job = await startJob({ sha256: 'wrong', list: where === 'in the list' })
      const base = job.url.replace('//', '//me:secret@')
      const error = await failureOf(job.provide('1.24.3', { downloadBase: base }))
      expect(error.name).toBe('GoDownloadMismatch')
      expect(error.message).toContain(archiveOf('go1.24.3'))
      expect(error.message).toContain('0'.repeat(64))
      expect(error.message).toMatch(/SHA-256: got [0-9a-f]{64}/)
      expect(error.message).not.toContain('secret')
      expect(job.left()).toEqual(nothing)
    },
  )

  test.each(['1.24.3', '1.24'])('of %s does not start without a SHA-256', async (text) => {
    const job = await startJob({ sha256: 'absent' })
    hideGo()
    const error = await failureOf(job.provide(text))
    expect(error.message).toContain(`no SHA-256 is published for ${archiveOf('go1.24.3')}`)
    expect(job.kinds()).toEqual(['list'])
    expect(job.left()).toEqual(nothing)
  })

  test('is kept for this job if there is no tool cache', async () => {
    const job = await startJob()
    set({ RUNNER_TOOL_CACHE: '' })
    const provided = await job.provide('1.24.3')
    // A new name in every job would change GOROOT, and with it the build cache key.
    expect(provided.root).toBe(path.join(job.kept, '1.24.3'))
    expect(provided.why).toMatch(/for this job only.*RUNNER_TOOL_CACHE is not set/)
    expect(versionOf(provided.bin)).toContain('go version go')
    expect(job.left()).toEqual(nothing)
    // A later step of the job.
    expect((await job.provide('1.24.3')).root).toBe(provided.root)
    expect((await job.provide('1.23')).root).toBe(path.join(job.kept, '1.23.9'))
    expect(job.left()).toEqual(nothing)
  })

  test.each([
    [
      'an incomplete Go',
      ({ kept }: { kept: string }) => mkdirSync(path.join(kept, '1.24.3', 'src'), { recursive: true }),
    ],
    ['a file', ({ kept }: { kept: string }) => writeFileSync(kept, '')],
    ...(isUnix
      ? [
          [
            'a folder that others may write',
            ({ kept }: { kept: string }) => {
              mkdirSync(path.join(kept, '1.24.3', 'bin'), { recursive: true })
              writeFileSync(path.join(kept, '1.24.3', 'bin', 'go'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
              chmodSync(kept, 0o777)
            },
          ] as const,
        ]
      : []),
  ] as const)('is kept in the private folder if there is %s in its place', async (_, prepare) => {
    const job = await startJob()
    set({ RUNNER_TOOL_CACHE: '' })
    prepare(job)
    const provided = await job.provide('1.24.3')
    expect(path.dirname(provided.root)).toBe(job.folder)
    expect(versionOf(provided.bin)).toContain('go version go')
    expect(job.left().folder).toEqual([path.basename(provided.root)])
  })

  test.runIf(otherFileSystem() !== undefined)(
    'is unpacked in the tool cache if that is on another file system, and kept for this job if another job is faster',
    async () => {
      const job = await startJob()
      const toolCache = mkdtempSync(path.join(otherFileSystem() ?? '', 'go-deps-test-'))
      onTestFinished(() => rmSync(toolCache, { recursive: true, maxRetries: 5, force: true }))
      set({ RUNNER_TOOL_CACHE: toolCache })
      const place = path.join(toolCache, job.tool, '1.24.3', process.arch)
      mkdirSync(place, { recursive: true })
      const kept = await job.provide('1.24.3')
      expect(kept.why).toContain('another job is adding the same Go')
      expect(kept.root).toBe(path.join(job.kept, '1.24.3'))
      expect(versionOf(kept.bin)).toContain('go version go')
      expect(readdirSync(path.dirname(place))).toEqual([process.arch])
      rmSync(place, { recursive: true, maxRetries: 5 })
      const provided = await job.provide('1.24.3')
      expect(provided.root).toBe(place)
      expect(versionOf(provided.bin)).toContain('go version go')
      expect(readdirSync(path.dirname(place))).toEqual([process.arch, `${process.arch}.complete`])
      expect(job.left()).toEqual(nothing)
    },
  )

  test('is kept for this job if the tool cache is not writable', async () => {
    const job = await startJob()
    // A file in place of its folder stops root as well.
    writeFileSync(job.toolCache, '')
    const provided = await job.provide('1.24.3')
    expect(provided.why).toContain('the tool cache cannot be written')
    expect(versionOf(provided.bin)).toContain('go version go')
    expect(path.dirname(provided.root)).toBe(job.kept)
    expect(job.left()).toEqual(nothing)
  })

  test('by many concurrent jobs gives one Go in the tool cache, and all of them have it', slow, async () => {
    const job = await startJob()
    const jobs = Array.from({ length: 4 }, () => job.provide('1.24.3'))
    const roots = new Set((await Promise.all(jobs)).map(({ root }) => root))
    expect([...roots]).toEqual([path.join(job.toolCache, job.tool, '1.24.3', process.arch)])
    expect(versionOf(path.join([...roots][0] ?? '', 'bin'))).toContain('go version go')
    expect(job.left()).toEqual(added(job.tool, '1.24.3'))
  })

  test.each([[429], [503]])('is retried after %i', async (status) => {
    const job = await startJob()
    job.fail({ kind: 'list', status, times: 1 })
    job.fail({ kind: 'archive', status, times: 1 })
    expect((await job.provide('1.24.3', { retries: 1 })).source).toBe('download')
    expect(job.kinds()).toEqual(['list', 'list', 'archive', 'archive'])
  })

  test('is not retried after 404, nor more often than allowed', async () => {
    const job = await startJob()
    hideGo()
    job.fail({ kind: 'archive', status: 404, times: 1 })
    job.fail({ kind: 'archive', status: 503 })
    await failureOf(job.provide('1.24.3', { retries: 1 }))
    expect(job.kinds()).toEqual(['list', 'archive'])
    const error = await failureOf(job.provide('1.24.3', { retries: 1 }))
    expect(error.message).toContain('503 Service Unavailable')
    expect(job.kinds()).toEqual(['list', 'archive', 'list', 'archive', 'archive'])
    expect(job.left()).toEqual(nothing)
  })
})

describe('a mirror without a list', () => {
  test('provides an exact version with the SHA-256 next to it', async () => {
    const job = await startJob({ list: false })
    expect(await job.provide('1.24.3')).toMatchObject({ version: '1.24.3', source: 'download' })
    expect(job.kinds()).toEqual(['list', 'sha256', 'archive'])
  })

  test('may answer the list request with an HTML page', async () => {
    const job = await startJob()
    job.fail({ kind: 'list', status: 200, body: '<html>' })
    expect((await job.provide('1.24.3')).source).toBe('download')
  })

  test('provides no version without a SHA-256, and rejects an HTML page as one', async () => {
    const job = await startJob({ list: false })
    hideGo()
    job.fail({ kind: 'sha256', status: 200, body: '<html>' })
    const error = await failureOf(job.provide('1.24.3'))
    expect(error.message).toContain('no SHA-256 is published')
    expect(job.kinds()).toEqual(['list', 'sha256'])
  })
})

describe('the toolchain module', () => {
  test(
    'is downloaded by the Go on PATH if nothing else is available, and added to the tool cache',
    slow,
    async () => {
      const job = await startJob()
      set(downloadEnvironment())
      const logged = warnings()
      const provided = await job.provide(oldestGo, { downloadBase: nowhere.replace('//', '//me:secret@') })
      expect(logged.join()).not.toContain('secret')
      expect(provided).toMatchObject({ version: oldestGo, source: 'toolchain module' })
      expect(versionOf(provided.bin)).toContain(`go version go${oldestGo} `)
      expect(provided.root).toBe(path.join(job.toolCache, 'go', oldestGo, process.arch))
      expect(statSync(path.join(provided.root, 'src')).mode & 0o200).toBe(0o200)
      // It is the official Go, not one that the named address serves.
      expect(job.left()).toEqual(added('go', oldestGo))
      expect(logged).toEqual([
        expect.stringMatching(
          /127\.0\.0\.1:9 cannot be reached, so the action uses Go's own release of Go 1\.21\.13/,
        ),
      ])
    },
  )

  test('is downloaded by a Go of the tool cache if PATH has none, and gives the list of releases', async () => {
    const job = await startJob()
    set(downloadEnvironment())
    const root = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim()
    const place = path.join(job.toolCache, 'go', '1.25.99', process.arch)
    mkdirSync(path.dirname(place), { recursive: true })
    symlinkSync(root, place, 'junction')
    writeFileSync(`${place}.complete`, '')
    hideGo()
    // Variables for builds do not apply to it.
    set({ GOFLAGS: '-mod=vendor -modfile=tools.mod' })
    const provided = await job.provide('~1.21.5', { downloadBase: nowhere, dryRun: true })
    expect(provided).toMatchObject({ version: oldestGo, source: 'toolchain module', root: '' })
    expect(job.left().folder).toEqual([])
  })

  test('accepts a Go that is already there as it is', async () => {
    const job = await startJob()
    const [, , version = ''] = execFileSync('go', ['version'], { encoding: 'utf8' }).split(' ')
    const provided = await job.provide(version, { downloadBase: nowhere })
    const root = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim()
    expect(provided).toMatchObject({
      root,
      source: 'toolchain module',
      why: expect.stringContaining('on this machine'),
    })
    expect(job.left()).toEqual(nothing)
  })

  test.each([407, 500])('is used if the download host answers %i', async (status) => {
    const job = await startJob()
    set({ GOPROXY: 'off' })
    const logged = warnings()
    job.fail({ status })
    const error = await failureOf(job.provide('1.24.3'))
    expect(error.message).toContain(`the answer is ${status}`)
    expect(error.message).toMatch(/The toolchain module: go: download go1\.24\.3 .*not available/)
    expect(job.left()).toEqual(nothing)
    expect(logged).toEqual([])
  })

  test.each([
    ['1.24.3', 403],
    ['1.24.3', 404],
    ['1.24.3', 429],
    ['1.24', 403],
    ['stable', 404],
  ])('is not used for %s if the download host was named and answers %i', async (text, status) => {
    const job = await startJob()
    set(downloadEnvironment())
    job.fail({ status })
    put(job.toolCache, 'go', '1.24.3')
    const error = await failureOf(job.provide(text))
    expect(error).toMatchObject({ code: 'user' })
    expect(error.message).toContain(`the answer is ${status}`)
    expect(error.message).toContain(`names ${job.url}`)
    expect(error.message).not.toContain('toolchain module')
    expect(error.message.includes('serves only exact versions')).toBe(text !== '1.24.3')
  })

  test.each([404, 503])(
    'is not used if a named host has the list and answers %i for the archive',
    async (status) => {
      const job = await startJob()
      set(downloadEnvironment())
      job.fail({ kind: 'archive', status })
      const error = await failureOf(job.provide('1.24.3'))
      expect(error.message).toContain(`the answer is ${status}`)
      expect(error.message).not.toContain('toolchain module')
      expect(job.left()).toEqual(nothing)
    },
  )

  test.each([false, true])(
    'is not downloaded if a named host is unreachable and the tool cache has the official Go; a dry run: %j',
    async (dryRun) => {
      const job = await startJob()
      hideGo()
      const logged = warnings()
      const root = put(job.toolCache, 'go', '1.24.3')
      const provided = await job.provide('1.24.3', { downloadBase: nowhere, dryRun })
      expect(provided).toMatchObject({ root, source: 'tool cache' })
      expect(logged).toHaveLength(1)
    },
  )

  test('is not used for a version that the list does not have', async () => {
    const job = await startJob()
    set(downloadEnvironment())
    const error = await failureOf(job.provide(oldestGo))
    expect(error.message).toContain('no such release')
    expect(error.message).not.toContain('toolchain module')
  })
})

describe('failures', () => {
  test.each([
    [
      '1.24.99',
      [
        'requests Go 1.24.99',
        'no such release',
        'the newest is 1.25.1',
        'closest of the same minor version is 1.24.3',
      ],
    ],
    ['1.19.1', ['requests Go 1.19.1', 'no such release', 'the newest is 1.25.1']],
    ['^2', ['requests Go ^2', 'no release that matches', 'the newest is 1.25.1', 'Widen the range']],
  ])('report that %s does not exist', async (text, words) => {
    const job = await startJob()
    const error = await failureOf(job.provide(text))
    expect(error).toMatchObject({ code: 'user' })
    for (const word of ['Input `go-version`', job.url, ...words]) expect(error.message).toContain(word)
    expect(job.left()).toEqual(nothing)
  })

  test('report a release that exists only for other machines', async () => {
    const job = await startJob({ releases: [] })
    const files = [
      { filename: 'go1.24.3.plan9-386.tar.gz', os: 'plan9', arch: '386', sha256: '', kind: 'archive' },
    ]
    job.fail({
      kind: 'list',
      status: 200,
      body: JSON.stringify([{ version: 'go1.24.3', stable: true, files }]),
    })
    expect((await failureOf(job.provide('1.24.3'))).message).toContain('no such release')
  })

  test.each(['1.24.3', '1.24', 'stable'])(
    'for %s name every source that was tried, and how to fix the failure',
    async (text) => {
      const job = await startJob()
      hideGo()
      const base = nowhere.replace('//', '//me:secret@')
      const error = await failureOf(job.provide(text, { downloadBase: base }))
      expect(error).toMatchObject({ code: 'user' })
      const words = [
        '127.0.0.1:9',
        'ECONNREFUSED',
        'no Go 1.21 or newer',
        '`go-download-base-url`',
        '`goproxy`',
      ]
      for (const word of words) expect(error.message).toContain(word)
      expect(error.message.includes('The tool cache does not hold it')).toBe(text !== 'stable')
      expect(error.message).not.toContain('secret')
      expect(job.left()).toEqual(nothing)
    },
  )

  test('name the file that requests the Go', async () => {
    const job = await startJob()
    const asked = { ...request('1.24.99'), from: 'sub/go.mod', file: 'sub/go.mod' }
    const options = {
      env: testEnv(),
      checkLatest: false,
      downloadBase: job.url,
      retries: 0,
      folder: job.folder,
    }
    const error = await failureOf(setUpGo(asked, options))
    expect(error).toMatchObject({
      problems: [{ what: expect.stringMatching(/^sub\/go\.mod requests/), file: 'sub/go.mod' }],
    })
  })
})

describe('a dry run', () => {
  test.each([
    ['1.24', { version: '1.24.3', source: 'download' }],
    ['stable', { version: '1.25.1', source: 'download' }],
  ])('prints the plan for %s, and requests only the list', async (text, expected) => {
    const job = await startJob()
    expect(await job.provide(text, { dryRun: true })).toMatchObject({ ...expected, root: '', bin: '' })
    expect(job.kinds()).toEqual(['list'])
    expect(job.left()).toEqual(nothing)
  })

  test('prints the plan for a mirror without a list', async () => {
    const job = await startJob({ list: false })
    expect(await job.provide('1.24.3', { dryRun: true })).toMatchObject({ source: 'download', root: '' })
    expect(job.kinds()).toEqual(['list'])
  })

  test('finds the versions of the tool cache', async () => {
    const job = await startJob()
    const root = put(job.toolCache, job.tool, '1.24.3')
    expect(await job.provide('1.24', { dryRun: true })).toMatchObject({ source: 'tool cache', root })
  })

  test('fails if the real run would', async () => {
    const job = await startJob()
    await expect(job.provide('1.24.99', { dryRun: true })).rejects.toThrow('no such release')
  })
})

describe.runIf(isUnix)('an archive with a valid SHA-256', () => {
  test.each([
    ['without a go command', undefined, 'holds no go command'],
    ['with a broken go command', '#!/bin/sh\necho broken >&2\nexit 2\n', 'does not work: broken'],
  ])('%s never enters the tool cache', async (_, script, reason) => {
    const job = await startJob()
    const bin = path.join(temporaryFolder(), 'go', 'bin')
    mkdirSync(bin, { recursive: true })
    if (script !== undefined) writeFileSync(path.join(bin, 'go'), script, { mode: 0o755 })
    const archive = execFileSync('tar', ['-czf', '-', '-C', path.resolve(bin, '../..'), 'go'])
    const sha256 = createHash('sha256').update(archive).digest('hex')
    const server = createServer(({ url }, response) => {
      if (url?.includes('mode=json')) response.writeHead(404).end()
      else response.end(url?.endsWith('.sha256') ? sha256 : archive)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    hideGo()
    const downloadBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    expect((await failureOf(job.provide('1.24.3', { downloadBase }))).message).toContain(reason)
    expect(job.left()).toEqual(nothing)
  })
})
