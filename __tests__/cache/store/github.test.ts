import { randomBytes } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { githubStore } from '../../../src/cache/store/github.ts'
import { startCacheService } from '../../../testbed/cache-service/service.ts'
import { startForwardProxy } from '../../../testbed/forward-proxy.ts'
import { processesBelow } from '../../bed/processes.ts'
import { temporaryFolder } from '../../temporary.ts'

const deadlines = { restore: 60, save: 60 }

/** A store in front of a service of its own, in a scratch folder of its own. */
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
  return { service, scratch, store: githubStore(process.env, scratch, options.deadlines ?? deadlines) }
}

/** An entry's folder with one file of this many random bytes. */
function entryOf(scratch: string, bytes: number): { folder: string; content: Buffer } {
  const folder = path.join(scratch, `entry-${bytes}-${randomBytes(4).toString('hex')}`)
  const content = randomBytes(bytes)
  mkdirSync(folder)
  writeFileSync(path.join(folder, 'shard'), content)
  return { folder, content }
}

describe('githubStore', () => {
  test('brings back what was saved, under another path, by key and by prefix, the newest first', async () => {
    const { store, scratch, service } = await storeFor()
    const [old, young] = [entryOf(scratch, 1000), entryOf(scratch, 2000)]
    expect(await store.save('a-b-1', old.folder)).toEqual({ kind: 'saved' })
    expect(await store.save('a-b-2', young.folder)).toEqual({ kind: 'saved' })
    const exact = path.join(scratch, 'exact')
    expect(await store.restore('a-b-1', [], exact)).toEqual({ kind: 'restored', key: 'a-b-1' })
    expect(readFileSync(path.join(exact, 'shard')).equals(old.content)).toBe(true)
    const newest = path.join(scratch, 'newest')
    expect(await store.restore('a-b-3', ['a-b-', 'a-'], newest)).toEqual({ kind: 'restored', key: 'a-b-2' })
    expect(readFileSync(path.join(newest, 'shard')).equals(young.content)).toBe(true)
    expect(service.entries()).toHaveLength(2)
    expect(readdirSync(scratch).sort()).toEqual(['exact', 'newest'])
  })

  test('a miss says nothing, and holds() counts the very same key only', async () => {
    const { store, scratch } = await storeFor()
    expect(await store.restore('x', ['y'], path.join(scratch, 'none'))).toEqual({ kind: 'nothing', said: '' })
    expect(await store.save('key-1', entryOf(scratch, 10).folder)).toEqual({ kind: 'saved' })
    expect(await store.holds('key-1')).toEqual({ kind: 'held' })
    expect((await store.holds('key-')).kind).toBe('nothing')
    expect((await store.holds('key-12')).kind).toBe('nothing')
  })

  test('an entry is never replaced', async () => {
    const { store, scratch } = await storeFor()
    const first = entryOf(scratch, 10)
    await store.save('key', first.folder)
    expect((await store.save('key', entryOf(scratch, 20).folder)).kind).toBe('not-saved')
    const back = path.join(scratch, 'back')
    await store.restore('key', [], back)
    expect(readFileSync(path.join(back, 'shard')).equals(first.content)).toBe(true)
  })

  test('140 MB go up in blocks and come down in ranges, through a forward proxy', async () => {
    const blobHost = 'account.blob.core.windows.net'
    const { store, scratch, service } = await storeFor({ blobHost })
    const proxy = await startForwardProxy({ [blobHost]: service.url })
    onTestFinished(() => proxy.stop())
    for (const [name, value] of Object.entries(proxy.environment())) vi.stubEnv(name, value)
    const { folder, content } = entryOf(scratch, 140_000_000)
    expect(await store.save('large', folder)).toEqual({ kind: 'saved' })
    const back = path.join(scratch, 'back')
    expect(await store.restore('large', [], back)).toEqual({ kind: 'restored', key: 'large' })
    expect(readFileSync(path.join(back, 'shard')).equals(content)).toBe(true)
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
    'a service that answers %s brings no entry and keeps none, whatever the reason',
    async (_, answer) => {
      const { store, scratch, service } = await storeFor()
      service.fault({ on: 'GetCacheEntryDownloadURL', effect: { kind: 'answer', answer } })
      service.fault({ on: 'CreateCacheEntry', effect: { kind: 'answer', answer } })
      const restored = await store.restore('k', [], path.join(scratch, 'back'))
      expect(restored).toMatchObject({ kind: 'nothing', said: expect.stringMatching(/./) })
      expect((await store.save('k', entryOf(scratch, 10).folder)).kind).toBe('not-saved')
    },
  )

  test('a service that hangs is left at the deadline, and no process stays behind', async () => {
    const { store, scratch, service } = await storeFor({ deadlines: { restore: 1, save: 1 } })
    service.fault({ on: 'GetCacheEntryDownloadURL', effect: { kind: 'hang' } })
    service.fault({ on: 'upload', effect: { kind: 'hang' } })
    const late = { kind: 'failed', why: 'no answer within 1 s' }
    expect(await store.restore('k', [], path.join(scratch, 'back'))).toEqual(late)
    expect(await store.save('k', entryOf(scratch, 10).folder)).toEqual(late)
    expect(processesBelow(scratch)).toEqual([])
  })

  test('without a token it fails in words', async () => {
    const { store, scratch } = await storeFor({ environment: { ACTIONS_RUNTIME_TOKEN: '' } })
    const answer = await store.save('k', entryOf(scratch, 10).folder)
    expect(answer).toMatchObject({ kind: 'failed', why: expect.stringContaining('ACTIONS_RUNTIME_TOKEN') })
  })

  test.each([
    [{}, true],
    [{ ACTIONS_RESULTS_URL: '' }, true],
    [{ ACTIONS_RESULTS_URL: 'http://127.0.0.1:1/' }, false],
    [{ ACTIONS_CACHE_URL: 'http://127.0.0.1:1/' }, false],
  ])('with %j it is unavailable: %s', (environment, isUnavailable) => {
    expect(githubStore(environment, '/nowhere', deadlines).unavailable !== undefined).toBe(isUnavailable)
  })
})
