import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { githubStore } from '../../../src/cache/store/github.ts'
import type { Store } from '../../../src/cache/store/store.ts'
import { cutTo, flipAt } from '../../../testbed/cache-service/damages.ts'
import type { FaultRule } from '../../../testbed/cache-service/faults.ts'
import { startCacheService } from '../../../testbed/cache-service/service.ts'
import { startForwardProxy } from '../../../testbed/forward-proxy.ts'
import { contentOf, randomEntry } from '../../harness/random-entries.ts'

/** This store uses no folder. */
const unused = '/dev/null/unused'

/** A store connected to its own service. */
async function storeFor(options: { readonly seconds?: number; readonly blobHost?: string } = {}) {
  const { seconds = 60, blobHost } = options
  const service = await startCacheService(blobHost === undefined ? {} : { blobHost })
  onTestFinished(() => service.stop())
  const store = githubStore(service.environment(), { restore: seconds, save: seconds })
  return { service, store }
}

/** What a store restores for a key, with the content of the entry. */
async function restoreWhole(store: Store, key: string, prefixes: readonly string[] = []) {
  const result = await store.restore(key, prefixes, unused)
  if (result.kind !== 'restored') return result
  const unpacked = await contentOf(result.entry).then(
    (content) => ({ content }),
    (error: Error) => ({ error }),
  )
  const failure = await result.entry.done.then(
    () => undefined,
    (error: Error) => error,
  )
  if (failure !== undefined) return { kind: 'failed', why: failure.message } as const
  if ('error' in unpacked) throw unpacked.error
  return { kind: 'restored', key: result.key, content: unpacked.content } as const
}

/** Expects that a store restores this content under this key. */
async function expectRestored(
  store: Store,
  [key, ...prefixes]: readonly [string, ...string[]],
  expected: { readonly key: string; readonly content: Buffer },
): Promise<void> {
  const restored = await restoreWhole(store, key, prefixes)
  expect({ ...restored, content: undefined }).toEqual({ kind: 'restored', key: expected.key })
  expect('content' in restored && restored.content.equals(expected.content)).toBe(true)
}

describe('githubStore', () => {
  test('restores what was saved, by key and by prefix, the newest first', async () => {
    const { store, service } = await storeFor()
    const [old, young] = [randomEntry(1000), randomEntry(2000)]
    expect(await store.save('a-b-1', old.source, unused)).toMatchObject({ kind: 'saved' })
    expect(await store.save('a-b-2', young.source, unused)).toMatchObject({ kind: 'saved' })
    await expectRestored(store, ['a-b-1'], { key: 'a-b-1', content: old.content })
    await expectRestored(store, ['a-b-3', 'a-b-', 'a-'], { key: 'a-b-2', content: young.content })
    expect(service.entries()).toHaveLength(2)
    expect(await restoreWhole(store, 'x', ['y'])).toEqual({ kind: 'nothing', message: '' })
  })

  test('find() names the entry that a restore would download, and downloads nothing', async () => {
    const { store, service } = await storeFor()
    const { source } = randomEntry(10)
    for (const key of ['a-b-1', 'a-b-2']) await store.save(key, source, unused)
    expect(await store.find('a-b-1', [])).toEqual({ kind: 'found', key: 'a-b-1' })
    expect(await store.find('a-b-3', ['a-b-', 'a-'])).toEqual({ kind: 'found', key: 'a-b-2' })
    expect(await store.find('x', ['y'])).toEqual({ kind: 'nothing', message: '' })
    expect(service.requests.filter(({ method }) => method === 'GET')).toEqual([])
    await service.stop()
    expect((await store.find('a-b-1', [])).kind).toBe('failed')
  })

  test('holds() matches the exact key only, and a save never replaces an entry', async () => {
    const { store } = await storeFor()
    const { source } = randomEntry(10)
    expect(await store.save('key-1', source, unused)).toMatchObject({ kind: 'saved' })
    expect(await store.holds('key-1')).toEqual({ kind: 'exists' })
    expect((await store.holds('key-')).kind).toBe('nothing')
    expect((await store.save('key-1', source, unused)).kind).toBe('outrun')
  })

  test('uploads a large entry in blocks and downloads it in ranges, through a forward proxy', async () => {
    const blobHost = 'account.blob.core.windows.net'
    const { store, service } = await storeFor({ blobHost })
    const proxy = await startForwardProxy({ [blobHost]: service.url })
    onTestFinished(() => proxy.stop())
    for (const [name, value] of Object.entries(proxy.environment())) vi.stubEnv(name, value)
    onTestFinished(() => void vi.unstubAllEnvs())
    const { source, content } = randomEntry(40_000_000)
    expect(await store.save('large', source, unused)).toMatchObject({ kind: 'saved' })
    await expectRestored(store, ['large'], { key: 'large', content })
    const paths = service.requests.map((request) => request.path)
    expect(paths.filter((one) => /comp=block(?:&|$)/.test(one)).length).toBeGreaterThan(2)
    expect(paths.filter((one) => one.includes('comp=blocklist'))).toHaveLength(1)
    expect(service.requests.filter(({ status }) => status === 206).length).toBeGreaterThan(4)
  })

  const busy = { status: 503, headers: { 'retry-after': '1' }, body: 'slow' }
  const transient: readonly (readonly [string, FaultRule])[] = [
    ['a lookup that is reset', { on: 'GetCacheEntryDownloadURL', times: 1, effect: { kind: 'reset' } }],
    ['a busy lookup', { on: 'GetCacheEntryDownloadURL', times: 1, effect: { kind: 'answer', answer: busy } }],
    ['a busy download', { on: 'download', times: 1, effect: { kind: 'answer', answer: busy } }],
    [
      'a download that breaks off',
      { on: 'download', times: 2, effect: { kind: 'cut', afterBytes: 300_000, by: 'reset' } },
    ],
    ['a busy reservation', { on: 'CreateCacheEntry', times: 1, effect: { kind: 'answer', answer: busy } }],
    ['an upload that is reset', { on: 'upload', times: 1, effect: { kind: 'reset' } }],
    ['a busy commit', { on: 'FinalizeCacheEntryUpload', times: 1, effect: { kind: 'answer', answer: busy } }],
  ]

  test.each(transient)('survives %s', async (_, rule) => {
    const { store, service } = await storeFor()
    const { source, content } = randomEntry(3_000_000)
    const isSaving = ['CreateCacheEntry', 'upload', 'FinalizeCacheEntryUpload'].includes(rule.on)
    if (isSaving) service.fault(rule)
    expect(await store.save('k', source, unused)).toMatchObject({ kind: 'saved' })
    if (!isSaving) service.fault(rule)
    await expectRestored(store, ['k'], { key: 'k', content })
  })

  test.each([
    ['401', { status: 401, body: { code: 'unauthenticated', msg: 'who' } }],
    ['403', { status: 403, body: { code: 'permission_denied', msg: 'cache read denied: no' } }],
    ['text', { status: 200, body: '[]' }],
  ] as const)('neither restores nor saves when the service answers %s', async (_, answer) => {
    const { store, service } = await storeFor()
    for (const on of ['GetCacheEntryDownloadURL', 'CreateCacheEntry'] as const)
      service.fault({ on, effect: { kind: 'answer', answer } })
    expect((await restoreWhole(store, 'k')).kind).toMatch(/failed|nothing/)
    expect((await store.save('k', randomEntry(10).source, unused)).kind).toMatch(/failed|not-saved/)
  })

  test.each(['no address', 'ftp://127.0.0.1/entry'])(
    'neither restores nor saves at the address %s',
    async (address) => {
      const { store, service } = await storeFor()
      const body = { ok: true, signed_download_url: address, signed_upload_url: address, matched_key: 'k' }
      for (const on of ['GetCacheEntryDownloadURL', 'CreateCacheEntry'] as const)
        service.fault({ on, effect: { kind: 'answer', answer: { status: 200, body } } })
      const failure = { kind: 'failed', why: 'the cache service answers an address that is none' }
      expect(await store.restore('k', [], unused)).toEqual(failure)
      expect(await store.save('k', randomEntry(10).source, unused)).toEqual(failure)
    },
  )

  test('distinguishes a read-only run from a failure, for both forms of the answer', async () => {
    const words = 'cache write denied: token has no writable scopes'
    const { source } = randomEntry(10)
    for (const answer of [
      { status: 200, body: { ok: false, message: words } },
      { status: 403, body: { code: 'permission_denied', msg: words } },
    ]) {
      const { store, service } = await storeFor()
      service.fault({ on: 'CreateCacheEntry', effect: { kind: 'answer', answer } })
      let isAccepted = false
      const saved = await store.save('k', source, unused, () => {
        isAccepted = true
      })
      expect([saved, isAccepted]).toEqual([{ kind: 'denied', message: words }, false])
    }
  })

  test.each([
    'GetCacheEntryDownloadURL',
    'download',
    'CreateCacheEntry',
    'upload',
    'FinalizeCacheEntryUpload',
  ] as const)('gives up at the deadline when %s hangs', async (on) => {
    const { store, service } = await storeFor({ seconds: 1 })
    const { source } = randomEntry(10)
    const isSaving = on !== 'GetCacheEntryDownloadURL' && on !== 'download'
    if (!isSaving) await store.save('k', source, unused)
    service.fault({ on, effect: { kind: 'hang' } })
    const answer = isSaving ? await store.save('k', source, unused) : await restoreWhole(store, 'k')
    expect(answer).toEqual({ kind: 'failed', why: 'no answer within 1 s' })
  })

  test.each([
    ['cut short', cutTo(0.5)],
    ['cut within the manifest', cutTo(0.0001)],
    ['another magic number', flipAt(0)],
    ['a flipped bit in the manifest', flipAt(0.0002)],
  ])('rejects a stored object with %s', async (_, damage) => {
    const { store, service } = await storeFor()
    await store.save('k', randomEntry(3_000_000).source, unused)
    service.damage('k', damage)
    expect((await restoreWhole(store, 'k')).kind).toBe('corrupt')
  })

  test('leaves a flipped bit in a shard to unpacking, which compares the SHA-256', async () => {
    const { store, service } = await storeFor()
    await store.save('k', randomEntry(3_000_000).source, unused)
    service.damage('k', flipAt(0.7))
    expect((await store.restore('k', [], unused)).kind).toBe('restored')
    await expect(restoreWhole(store, 'k')).rejects.toThrow()
  })

  test.each([
    [{}, true],
    [{ ACTIONS_RESULTS_URL: '' }, true],
    [{ ACTIONS_RESULTS_URL: 'no address', ACTIONS_RUNTIME_TOKEN: 'token' }, true],
    [{ ACTIONS_RESULTS_URL: 'http://127.0.0.1:1/' }, true],
    [{ ACTIONS_RESULTS_URL: 'http://127.0.0.1:1/', ACTIONS_RUNTIME_TOKEN: 'token' }, false],
  ])('with %j it is unavailable: %s', (environment, isUnavailable) => {
    const store = githubStore(environment, { restore: 1, save: 1 })
    expect(store.unavailable !== undefined).toBe(isUnavailable)
  })
})
