import { execFileSync } from 'node:child_process'
import { readdirSync, symlinkSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { Store } from '../../../src/cache/store/store.ts'
import { toolkitStore } from '../../../src/cache/store/toolkit.ts'
import { startCacheService } from '../../../testbed/cache-service/service.ts'
import { startForwardProxy } from '../../../testbed/forward-proxy.ts'
import { processesBelow } from '../../harness/processes.ts'
import { contentOf, randomEntry } from '../../harness/random-entries.ts'
import { isGnuTar } from '../../harness/system.ts'
import { isUnix, temporaryFolder } from '../../temporary.ts'

const deadlines = { restore: 60, save: 60 }

/** A store connected to its own service, in its own scratch folder. */
async function storeFor(
  options: { blobHost?: string; deadlines?: typeof deadlines; environment?: Record<string, string> } = {},
) {
  const { blobHost, environment = {} } = options
  const service = await startCacheService(blobHost === undefined ? {} : { blobHost })
  onTestFinished(() => service.stop())
  for (const [name, value] of Object.entries({ ...service.environment(), ...environment }))
    vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
  const scratch = temporaryFolder()
  return { service, scratch, store: toolkitStore(process.env, scratch, options.deadlines ?? deadlines) }
}

/** What a store restores for a key, with the content of the entry. */
async function restoreWhole(store: Store, key: string, prefixes: readonly string[], folder: string) {
  const result = await store.restore(key, prefixes, folder)
  if (result.kind !== 'restored') return result
  return { kind: 'restored', key: result.key, content: await contentOf(result.entry) } as const
}

/** A folder with links to only these programs, for use as PATH. */
function pathOf(tools: readonly string[]): string {
  const folder = temporaryFolder()
  for (const tool of tools)
    symlinkSync(execFileSync('which', [tool], { encoding: 'utf8' }).trim(), path.join(folder, tool))
  return folder
}

describe('toolkitStore', () => {
  test('find() names the entry that a restore would download, and downloads nothing', async () => {
    const { store, scratch, service } = await storeFor()
    await store.save('a-b-1', randomEntry(10).source, path.join(scratch, 'packed'))
    expect(await store.find('a-b-3', ['a-b-', 'a-'])).toEqual({ kind: 'found', key: 'a-b-1' })
    expect(await store.find('x', ['y'])).toEqual({ kind: 'nothing', message: '' })
    expect(service.requests.filter(({ method }) => method === 'GET')).toEqual([])
  })

  test('restores what was saved, under another path, by key and by prefix, the newest first', async () => {
    const { store, scratch, service } = await storeFor()
    const [old, young] = [randomEntry(1000), randomEntry(2000)]
    expect(await store.save('a-b-1', old.source, path.join(scratch, 'packed'))).toMatchObject({
      kind: 'saved',
    })
    expect(await store.save('a-b-2', young.source, path.join(scratch, 'packed'))).toMatchObject({
      kind: 'saved',
    })
    const exact = path.join(scratch, 'exact')
    expect(await restoreWhole(store, 'a-b-1', [], exact)).toEqual({
      ...{ kind: 'restored', key: 'a-b-1' },
      content: old.content,
    })
    const newest = path.join(scratch, 'newest')
    expect(await restoreWhole(store, 'a-b-3', ['a-b-', 'a-'], newest)).toEqual({
      ...{ kind: 'restored', key: 'a-b-2' },
      content: young.content,
    })
    expect(service.entries()).toHaveLength(2)
    expect(readdirSync(scratch).sort()).toEqual(['exact', 'newest'])
  })

  test('logs nothing on a miss, and holds() matches the exact key only', async () => {
    const { store, scratch } = await storeFor()
    expect(await store.restore('x', ['y'], path.join(scratch, 'none'))).toEqual({
      kind: 'nothing',
      message: '',
    })
    expect(await store.save('key-1', randomEntry(10).source, path.join(scratch, 'packed'))).toEqual({
      kind: 'saved',
    })
    expect(await store.holds('key-1')).toEqual({ kind: 'exists' })
    expect((await store.holds('key-')).kind).toBe('nothing')
    expect((await store.holds('key-12')).kind).toBe('nothing')
  })

  test('never replaces an entry', async () => {
    const { store, scratch } = await storeFor()
    const first = randomEntry(10)
    await store.save('key', first.source, path.join(scratch, 'packed'))
    expect((await store.save('key', randomEntry(20).source, path.join(scratch, 'packed'))).kind).toBe(
      'outrun',
    )
    const back = path.join(scratch, 'back')
    expect(await restoreWhole(store, 'key', [], back)).toMatchObject({ content: first.content })
  })

  test('uploads 140 MB in blocks and downloads them in ranges, through a forward proxy', async () => {
    const blobHost = 'account.blob.core.windows.net'
    const { store, scratch, service } = await storeFor({ blobHost })
    const proxy = await startForwardProxy({ [blobHost]: service.url })
    onTestFinished(() => proxy.stop())
    for (const [name, value] of Object.entries(proxy.environment())) vi.stubEnv(name, value)
    const { source, content } = randomEntry(140_000_000)
    expect(await store.save('large', source, path.join(scratch, 'packed'))).toMatchObject({ kind: 'saved' })
    const back = path.join(scratch, 'back')
    const restored = await restoreWhole(store, 'large', [], back)
    expect('content' in restored && restored.content.equals(content)).toBe(true)
    const paths = service.requests.map((request) => request.path)
    expect(paths.filter((one) => one.includes('comp=block')).length).toBeGreaterThan(2)
    expect(paths.filter((one) => one.includes('comp=blocklist'))).toHaveLength(1)
    expect(service.requests.filter(({ status }) => status === 206).length).toBeGreaterThan(10)
  })

  test.each([
    [
      '429',
      { status: 429, headers: { 'retry-after': '1' }, body: { code: 'resource_exhausted', msg: 'slow' } },
    ],
    ['401', { status: 401, body: { code: 'unauthenticated', msg: 'who' } }],
    ['403', { status: 403, body: { code: 'permission_denied', msg: 'cache read denied: no' } }],
  ] as const)(
    'neither restores nor saves when the service answers %s, whatever the reason',
    async (_, answer) => {
      const { store, scratch, service } = await storeFor()
      service.fault({ on: 'GetCacheEntryDownloadURL', effect: { kind: 'answer', answer } })
      service.fault({ on: 'CreateCacheEntry', effect: { kind: 'answer', answer } })
      const restored = await store.restore('k', [], path.join(scratch, 'back'))
      expect(restored).toMatchObject({ kind: 'nothing', message: expect.stringMatching(/./) })
      expect((await store.save('k', randomEntry(10).source, path.join(scratch, 'packed'))).kind).toBe(
        'not-saved',
      )
    },
  )

  test('distinguishes a read-only run from a failure, for both forms of the answer', async () => {
    const words = 'cache write denied: token has no writable scopes'
    const answers = [
      { status: 200, body: { ok: false, message: words } },
      { status: 403, body: { code: 'permission_denied', msg: words } },
    ]
    for (const answer of answers) {
      const { store, scratch, service } = await storeFor()
      service.fault({ on: 'CreateCacheEntry', effect: { kind: 'answer', answer } })
      let isAccepted = false
      const saved = await store.save('k', randomEntry(10).source, path.join(scratch, 'packed'), () => {
        isAccepted = true
      })
      expect([saved, isAccepted]).toEqual([{ kind: 'denied', message: words }, false])
    }
  })

  test('knows before the upload that an entry exists', async () => {
    const { store, scratch, service } = await storeFor()
    const seen: string[] = []
    await store.save('k', randomEntry(10).source, path.join(scratch, 'packed'), () => {
      seen.push(...service.requests.map(({ method }) => method))
    })
    expect(seen).toContain('POST')
    expect(service.entries()).toHaveLength(1)
  })

  // On Windows @actions/cache takes tar from the folders of Git and of the system.
  test.runIf(isUnix).each<[string, readonly string[], RegExp]>([
    [
      'zstd without zstdmt',
      ['tar', 'zstd', 'gzip'],
      isGnuTar
        ? /zstdmt: (?:command )?not found.*tar: /
        : /tar: (?:Error opening archive: )?Can't launch external program: zstdmt/,
    ],
    ['no tar', ['zstd', 'zstdmt', 'gzip'], /Unable to locate executable file: tar/],
    // The tar of BSD holds gzip itself.
    ...(isGnuTar
      ? [
          ['neither zstd nor gzip', ['tar'], /gzip: (?:command )?not found.*tar: /] as [
            string,
            readonly string[],
            RegExp,
          ],
        ]
      : []),
  ])(
    'with %s on PATH, passes on the output of tar and does not blame the service',
    async (_, tools, words) => {
      const { store, scratch, service } = await storeFor({ environment: { PATH: pathOf(tools) } })
      const saved = await store.save('k', randomEntry(10).source, path.join(scratch, 'packed'))
      expect(saved).toEqual({ kind: 'not-wrapped', message: expect.stringMatching(words) })
      expect(service.requests.filter(({ path: asked }) => asked.includes('CreateCacheEntry'))).toEqual([])
    },
  )

  test('leaves a hanging service at the deadline, and leaves no process running', async () => {
    const { store, scratch, service } = await storeFor({ deadlines: { restore: 1, save: 1 } })
    service.fault({ on: 'GetCacheEntryDownloadURL', effect: { kind: 'hang' } })
    service.fault({ on: 'upload', effect: { kind: 'hang' } })
    const late = { kind: 'failed', why: 'no answer within 1 s' }
    expect(await store.restore('k', [], path.join(scratch, 'back'))).toEqual(late)
    expect(await store.save('k', randomEntry(10).source, path.join(scratch, 'packed'))).toEqual(late)
    expect(processesBelow(scratch)).toEqual([])
  })

  // On Windows taskkill kills it.
  test.runIf(isUnix)('keeps the deadline even if the client cannot be killed', async () => {
    const { store, scratch, service } = await storeFor({ deadlines: { restore: 1, save: 1 } })
    service.fault({ on: 'GetCacheEntryDownloadURL', effect: { kind: 'hang' } })
    // The system refuses to kill the process here, as it does for another user's process.
    const kill = vi.spyOn(process, 'kill').mockImplementation(() => {
      throw new Error('EPERM')
    })
    const began = performance.now()
    const answer = await store.restore('k', [], path.join(scratch, 'back'))
    const [[group = 0] = []] = kill.mock.calls
    kill.mockRestore()
    process.kill(group, 'SIGKILL')
    expect(answer).toEqual({ kind: 'failed', why: 'no answer within 1 s' })
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test('fails with a message without a token', async () => {
    const { store, scratch } = await storeFor({ environment: { ACTIONS_RUNTIME_TOKEN: '' } })
    const answer = await store.save('k', randomEntry(10).source, path.join(scratch, 'packed'))
    expect(answer).toMatchObject({ kind: 'failed', why: expect.stringContaining('ACTIONS_RUNTIME_TOKEN') })
  })

  test.each([
    [{}, true],
    [{ ACTIONS_RESULTS_URL: '' }, true],
    [{ ACTIONS_RESULTS_URL: 'http://127.0.0.1:1/', ACTIONS_CACHE_SERVICE_V2: 'True' }, false],
    [{ ACTIONS_CACHE_URL: 'http://127.0.0.1:1/' }, false],
    // Runners of Gitea and Forgejo whose cache is off.
    [{ ACTIONS_RESULTS_URL: 'http://127.0.0.1:1/', GITHUB_SERVER_URL: 'https://git.example.com' }, true],
  ])('with %j it is unavailable: %s', (environment, isUnavailable) => {
    expect(toolkitStore(environment, '/nowhere', deadlines).unavailable !== undefined).toBe(isUnavailable)
  })
})
