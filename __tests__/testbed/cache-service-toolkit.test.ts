import { createHash, randomFillSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cutTo, flipAt } from '../../testbed/cache-service/damages.ts'
import {
  type CacheService,
  type CacheServiceOptions,
  startCacheService,
} from '../../testbed/cache-service/service.ts'
import { type ForwardProxy, startForwardProxy } from '../../testbed/forward-proxy.ts'
import { runProcess } from '../../testbed/process.ts'
import type { ClientRequest } from './cache-service-client.ts'

const mebibyte = 1024 * 1024

let service: CacheService
let directory: string

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'toolkit-'))
  service = await startCacheService({ directory })
})

afterEach(async () => {
  await service.stop()
  rmSync(directory, { recursive: true, maxRetries: 5, force: true })
})

interface Outcome {
  /** What the toolkit's function returned: an entry's id, a matched key, or null for undefined. */
  readonly answer: unknown
  readonly output: string
}

/** Runs @actions/cache 6.3.0 in a workspace of its own. */
async function toolkit(
  workspace: string,
  request: ClientRequest,
  environment: Record<string, string> = service.environment(),
): Promise<Outcome> {
  const temp = join(directory, 'temp')
  mkdirSync(temp, { recursive: true })
  mkdirSync(join(directory, workspace), { recursive: true })
  const { exitCode, stdout, stderr } = await runProcess({
    command: process.execPath,
    args: [join(import.meta.dirname, 'cache-service-client.ts'), JSON.stringify(request)],
    cwd: join(directory, workspace),
    env: {
      ...inherited(),
      GITHUB_WORKSPACE: join(directory, workspace),
      RUNNER_TEMP: temp,
      ...environment,
    },
  })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' })
  const lines = stdout.trimEnd().split('\n')
  const said = lines.slice(0, -1).filter((line) => line !== '' && !line.startsWith('::debug::'))
  return { answer: JSON.parse(lines.at(-1) ?? ''), output: said.join('\n') }
}

/** What a process needs to find tar and zstd, and nothing of a surrounding job. */
function inherited(): Record<string, string> {
  const names = ['PATH', 'SystemRoot', 'ProgramFiles']
  return Object.fromEntries(
    names.map((name) => [name, process.env[name] ?? '']).filter(([, value]) => value !== ''),
  )
}

function write(workspace: string, content: string | Buffer): void {
  mkdirSync(join(directory, workspace, 'data'), { recursive: true })
  writeFileSync(join(directory, workspace, 'data', 'file'), content)
}

function read(workspace: string): Buffer {
  return readFileSync(join(directory, workspace, 'data', 'file'))
}

function random(size: number): Buffer {
  return randomFillSync(Buffer.allocUnsafe(size))
}

function digest(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

async function restart(options: CacheServiceOptions): Promise<void> {
  await service.stop()
  service = await startCacheService({ directory, ...options })
}

const steps = () =>
  service.requests.map(({ method, rpc, path }) => rpc ?? `${method} ${path.split('?')[1] ?? ''}`.trim())

describe('a save and a restore', () => {
  test('bring back the content in another workspace', async () => {
    write('one', 'content')
    expect((await toolkit('one', { save: 'go-1' })).answer).toBe(1)
    expect((await toolkit('two', { restore: 'go-1' })).answer).toBe('go-1')
    expect(read('two').toString()).toBe('content')
    expect(steps()).toEqual([
      'CreateCacheEntry',
      'PUT',
      'FinalizeCacheEntryUpload',
      'GetCacheEntryDownloadURL',
      'GET',
    ])
    expect(service.requests.map(({ key }) => key)).toEqual(Array(5).fill('go-1'))
  })

  test('by prefix, by restore key, or not at all', async () => {
    write('one', 'content')
    await toolkit('one', { save: 'go-1' })
    expect((await toolkit('two', { restore: 'go-' })).answer).toBe('go-1')
    expect((await toolkit('three', { restore: 'go-2', restoreKeys: ['x-', 'go-'] })).answer).toBe('go-1')
    expect(read('three').toString()).toBe('content')
    expect(await toolkit('four', { restore: 'go-2', restoreKeys: ['x-'] })).toEqual({
      answer: null,
      output: '',
    })
  })

  test('of a looked-up key transfer nothing', async () => {
    write('one', 'content')
    await toolkit('one', { save: 'go-1' })
    expect((await toolkit('two', { restore: 'go-1', lookupOnly: true })).answer).toBe('go-1')
    expect(steps().slice(3)).toEqual(['GetCacheEntryDownloadURL'])
  })

  test('of the same key twice keep the first content', async () => {
    write('one', 'first')
    write('two', 'second')
    await toolkit('one', { save: 'go-1' })
    const again = await toolkit('two', { save: 'go-1' })
    expect(again.answer).toBe(-1)
    expect(again.output).toContain('Unable to reserve cache with key go-1')
    await toolkit('three', { restore: 'go-1' })
    expect(read('three').toString()).toBe('first')
  })

  test('of 140 MiB go up in blocks', async () => {
    const content = random(140 * mebibyte)
    write('one', content)
    expect((await toolkit('one', { save: 'go-1' })).answer).toBe(1)
    const blocks = service.requests.filter(({ path }) => path.endsWith('?comp=block'))
    expect(blocks.map(({ bytes }) => bytes).sort((a, b) => b - a)).toEqual([
      64 * mebibyte,
      64 * mebibyte,
      (service.entries()[0]?.size ?? 0) - 128 * mebibyte,
    ])
    expect(steps().slice(-2)).toEqual(['PUT comp=blocklist', 'FinalizeCacheEntryUpload'])
    await toolkit('two', { restore: 'go-1' })
    expect(digest(read('two'))).toBe(digest(content))
  })
})

describe('through the Azure SDK', () => {
  const blobHost = 'testbed.blob.core.windows.net'
  let proxy: ForwardProxy

  beforeEach(async () => {
    await restart({ blobHost })
    proxy = await startForwardProxy({ [blobHost]: service.url })
  })

  afterEach(() => proxy.stop())

  test('a download is made of parallel ranges', async () => {
    const environment = { ...service.environment(), ...proxy.environment() }
    const content = random(10 * mebibyte)
    write('one', content)
    expect((await toolkit('one', { save: 'go-1' }, environment)).answer).toBe(1)
    expect((await toolkit('two', { restore: 'go-1' }, environment)).answer).toBe('go-1')
    expect(digest(read('two'))).toBe(digest(content))

    const [head, ...parts] = service.requests.slice(4)
    expect(head).toMatchObject({ method: 'HEAD', status: 200 })
    expect(parts.map(({ method, status }) => `${method} ${status}`)).toEqual([
      'GET 206',
      'GET 206',
      'GET 206',
    ])
    expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(service.entries()[0]?.size)
    expect(new Set(proxy.requests.map(({ address }) => new URL(address).hostname))).toEqual(
      new Set([blobHost]),
    )
  })
})

describe('what the service refuses', () => {
  test('429 is not tried again', async () => {
    const answer = {
      status: 429,
      headers: { 'retry-after': '7' },
      body: { code: 'resource_exhausted', msg: 'slow down' },
    }
    service.fault({ on: 'GetCacheEntryDownloadURL', effect: { kind: 'answer', answer } })
    const { answer: restored, output } = await toolkit('one', { restore: 'go-1' })
    expect(restored).toBe(null)
    expect(output).toContain('your rate limit will reset in 7 seconds')
    expect(output).toContain('slow down')
    expect(steps()).toEqual(['GetCacheEntryDownloadURL'])
  })

  test('an unknown token restores and saves nothing', async () => {
    const environment = { ...service.environment(), ACTIONS_RUNTIME_TOKEN: 'unknown' }
    write('one', 'content')
    const saved = await toolkit('one', { save: 'go-1' }, environment)
    expect(saved.answer).toBe(-1)
    const restored = await toolkit('two', { restore: 'go-1' }, environment)
    expect(restored.answer).toBe(null)
    expect(restored.output).toContain('the token is missing or unknown')
    expect(service.requests.map(({ status }) => status)).toEqual([401, 401])
  })

  test('a token that may only read saves nothing and is told why', async () => {
    write('one', 'content')
    const { answer, output } = await toolkit(
      'one',
      { save: 'go-1' },
      service.environment({ writeScope: null }),
    )
    expect(answer).toBe(-1)
    expect(output).toMatch(/::warning::.*cache write denied: /)
  })

  test('a token that may only write restores nothing and is told why', async () => {
    const { answer, output } = await toolkit(
      'one',
      { restore: 'go-1' },
      service.environment({ readScopes: [] }),
    )
    expect(answer).toBe(null)
    expect(output).toMatch(/::warning::.*cache read denied: /)
  })

  test('an upload that got lost is not committed', async () => {
    service.fault({ on: 'upload', effect: { kind: 'answer', answer: { status: 201 } } })
    write('one', 'content')
    const { answer, output } = await toolkit('one', { save: 'go-1' })
    expect(answer).toBe(-1)
    expect(output).toMatch(/::warning::uploaded nothing, announced \d+ bytes/)
    expect(service.entries()).toEqual([])
  })
})

describe('what breaks on the way', () => {
  test.each([
    ['cut off', cutTo(0.5)],
    ['changed', flipAt(0.5)],
  ] as const)('an entry that was %s is a miss with a warning', async (_, damage) => {
    write('one', random(mebibyte))
    await toolkit('one', { save: 'go-1' })
    service.damage('go-1', damage)
    const { answer, output } = await toolkit('two', { restore: 'go-1' })
    expect(answer).toBe(null)
    expect(output).toContain('::warning::Failed to restore: ')
  })

  test('a download that breaks off is a miss with a warning', async () => {
    write('one', random(mebibyte))
    await toolkit('one', { save: 'go-1' })
    service.fault({ on: 'download', effect: { kind: 'cut', afterBytes: 500_000, by: 'reset' } })
    const { answer, output } = await toolkit('two', { restore: 'go-1' })
    expect(answer).toBe(null)
    expect(output).toContain('::warning::Failed to restore: ')
  })
})
