import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { packEntry } from '../../../src/cache/archive/pack.ts'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { githubStore } from '../../../src/cache/store/github.ts'
import type { Store, StoreRestoreResult } from '../../../src/cache/store/store.ts'
import { cutTo, flipAt } from '../../../testbed/cache-service/damages.ts'
import type { FaultRule } from '../../../testbed/cache-service/faults.ts'
import { startCacheService } from '../../../testbed/cache-service/service.ts'
import { startForwardProxy } from '../../../testbed/forward-proxy.ts'
import { temporaryFolder } from '../../temporary.ts'

/** A store connected to its own service. */
async function storeFor(options: { readonly seconds?: number; readonly blobHost?: string } = {}) {
  const { seconds = 60, blobHost } = options
  const service = await startCacheService(blobHost === undefined ? {} : { blobHost })
  onTestFinished(() => service.stop())
  const scratch = temporaryFolder()
  const store = githubStore(service.environment(), { restore: seconds, save: seconds })
  return { service, scratch, store }
}

/** An entry of one module whose file has this many random bytes. */
async function entryOf(bytes: number): Promise<{ readonly folder: string; readonly content: Buffer }> {
  const [base, folder] = [temporaryFolder(), path.join(temporaryFolder(), 'entry')]
  const content = randomBytes(bytes)
  mkdirSync(path.join(base, 'm'))
  writeFileSync(path.join(base, 'm', 'file'), content)
  const units = [{ name: 'm', roots: ['m'] }]
  await packEntry({ kind: 'modules', metadata: {}, base, units, directory: folder })
  return { folder, content }
}

/** The content that a restored entry unpacks to. */
async function contentOf(directory: string): Promise<Buffer> {
  const stage = path.join(temporaryFolder(), 'stage')
  await unpackEntry({ directory, stage, readOnly: false })
  return readFileSync(path.join(stage, 'm', 'file'))
}

/** Restores an entry and waits until all of it has arrived. */
async function restoreWhole(
  store: Store,
  key: string,
  prefixes: readonly string[],
  folder: string,
): Promise<StoreRestoreResult> {
  const result = await store.restore(key, prefixes, folder)
  if (result.kind !== 'restored') return result
  const { arrival, ...rest } = result
  const failure = await arrival?.done.then(
    () => undefined,
    (error: Error) => error,
  )
  return failure === undefined ? rest : { kind: 'failed', why: failure.message }
}

describe('githubStore', () => {
  test('restores what was saved, by key and by prefix, the newest first', async () => {
    const { store, scratch, service } = await storeFor()
    const [old, young] = [await entryOf(1000), await entryOf(2000)]
    expect(await store.save('a-b-1', old.folder)).toEqual({ kind: 'saved' })
    expect(await store.save('a-b-2', young.folder)).toEqual({ kind: 'saved' })
    const [exact, newest] = [path.join(scratch, 'exact'), path.join(scratch, 'newest')]
    expect(await restoreWhole(store, 'a-b-1', [], exact)).toEqual({ kind: 'restored', key: 'a-b-1' })
    expect((await contentOf(exact)).equals(old.content)).toBe(true)
    expect(await restoreWhole(store, 'a-b-3', ['a-b-', 'a-'], newest)).toEqual({
      kind: 'restored',
      key: 'a-b-2',
    })
    expect((await contentOf(newest)).equals(young.content)).toBe(true)
    expect(service.entries()).toHaveLength(2)
    expect(await restoreWhole(store, 'x', ['y'], path.join(scratch, 'none'))).toEqual({
      kind: 'nothing',
      message: '',
    })
  })

  test('find() names the entry that a restore would download, and downloads nothing', async () => {
    const { store, service } = await storeFor()
    const { folder } = await entryOf(10)
    for (const key of ['a-b-1', 'a-b-2']) await store.save(key, folder)
    expect(await store.find('a-b-1', [])).toEqual({ kind: 'found', key: 'a-b-1' })
    expect(await store.find('a-b-3', ['a-b-', 'a-'])).toEqual({ kind: 'found', key: 'a-b-2' })
    expect(await store.find('x', ['y'])).toEqual({ kind: 'nothing', message: '' })
    expect(service.requests.filter(({ method }) => method === 'GET')).toEqual([])
    await service.stop()
    expect((await store.find('a-b-1', [])).kind).toBe('failed')
  })

  test('holds() matches the exact key only, and a save never replaces an entry', async () => {
    const { store } = await storeFor()
    const { folder } = await entryOf(10)
    expect(await store.save('key-1', folder)).toEqual({ kind: 'saved' })
    expect(await store.holds('key-1')).toEqual({ kind: 'exists' })
    expect((await store.holds('key-')).kind).toBe('nothing')
    expect((await store.save('key-1', folder)).kind).toBe('outrun')
  })

  test('uploads a large entry in blocks and downloads it in ranges, through a forward proxy', async () => {
    const blobHost = 'account.blob.core.windows.net'
    const { store, scratch, service } = await storeFor({ blobHost })
    const proxy = await startForwardProxy({ [blobHost]: service.url })
    onTestFinished(() => proxy.stop())
    for (const [name, value] of Object.entries(proxy.environment())) vi.stubEnv(name, value)
    onTestFinished(() => void vi.unstubAllEnvs())
    const { folder, content } = await entryOf(40_000_000)
    expect(await store.save('large', folder)).toEqual({ kind: 'saved' })
    const back = path.join(scratch, 'back')
    expect(await restoreWhole(store, 'large', [], back)).toEqual({ kind: 'restored', key: 'large' })
    expect((await contentOf(back)).equals(content)).toBe(true)
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
    const { store, scratch, service } = await storeFor()
    const { folder, content } = await entryOf(3_000_000)
    const isSaving = ['CreateCacheEntry', 'upload', 'FinalizeCacheEntryUpload'].includes(rule.on)
    if (isSaving) service.fault(rule)
    expect(await store.save('k', folder)).toEqual({ kind: 'saved' })
    if (!isSaving) service.fault(rule)
    const back = path.join(scratch, 'back')
    expect(await restoreWhole(store, 'k', [], back)).toEqual({ kind: 'restored', key: 'k' })
    expect((await contentOf(back)).equals(content)).toBe(true)
  })

  test.each([
    ['401', { status: 401, body: { code: 'unauthenticated', msg: 'who' } }],
    ['403', { status: 403, body: { code: 'permission_denied', msg: 'cache read denied: no' } }],
    ['text', { status: 200, body: '[]' }],
  ] as const)('neither restores nor saves when the service answers %s', async (_, answer) => {
    const { store, scratch, service } = await storeFor()
    const { folder } = await entryOf(10)
    for (const on of ['GetCacheEntryDownloadURL', 'CreateCacheEntry'] as const)
      service.fault({ on, effect: { kind: 'answer', answer } })
    expect((await restoreWhole(store, 'k', [], path.join(scratch, 'back'))).kind).toMatch(/failed|nothing/)
    expect((await store.save('k', folder)).kind).toMatch(/failed|not-saved/)
  })

  test.each(['no address', 'ftp://127.0.0.1/entry'])(
    'neither restores nor saves at the address %s',
    async (address) => {
      const { store, scratch, service } = await storeFor()
      const body = { ok: true, signed_download_url: address, signed_upload_url: address, matched_key: 'k' }
      for (const on of ['GetCacheEntryDownloadURL', 'CreateCacheEntry'] as const)
        service.fault({ on, effect: { kind: 'answer', answer: { status: 200, body } } })
      const failure = { kind: 'failed', why: 'the cache service answers an address that is none' }
      expect(await store.restore('k', [], path.join(scratch, 'back'))).toEqual(failure)
      expect(await store.save('k', (await entryOf(10)).folder)).toEqual(failure)
    },
  )

  test('distinguishes a read-only run from a failure, for both forms of the answer', async () => {
    const words = 'cache write denied: token has no writable scopes'
    const { folder } = await entryOf(10)
    for (const answer of [
      { status: 200, body: { ok: false, message: words } },
      { status: 403, body: { code: 'permission_denied', msg: words } },
    ]) {
      const { store, service } = await storeFor()
      service.fault({ on: 'CreateCacheEntry', effect: { kind: 'answer', answer } })
      let isAccepted = false
      const saved = await store.save('k', folder, () => {
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
    const { store, scratch, service } = await storeFor({ seconds: 1 })
    const { folder } = await entryOf(10)
    const isSaving = on !== 'GetCacheEntryDownloadURL' && on !== 'download'
    if (!isSaving) await store.save('k', folder)
    service.fault({ on, effect: { kind: 'hang' } })
    const answer = isSaving
      ? await store.save('k', folder)
      : await restoreWhole(store, 'k', [], path.join(scratch, 'back'))
    expect(answer).toEqual({ kind: 'failed', why: 'no answer within 1 s' })
  })

  test.each([
    ['cut short', cutTo(0.5)],
    ['cut within the manifest', cutTo(0.0001)],
    ['another magic number', flipAt(0)],
    ['a flipped bit in the manifest', flipAt(0.0002)],
  ])('rejects a stored object with %s', async (_, damage) => {
    const { store, scratch, service } = await storeFor()
    await store.save('k', (await entryOf(3_000_000)).folder)
    service.damage('k', damage)
    expect((await restoreWhole(store, 'k', [], path.join(scratch, 'back'))).kind).toBe('corrupt')
  })

  test('leaves a flipped bit in a shard to unpacking, which compares the SHA-256', async () => {
    const { store, scratch, service } = await storeFor()
    await store.save('k', (await entryOf(3_000_000)).folder)
    service.damage('k', flipAt(0.7))
    const back = path.join(scratch, 'back')
    expect((await restoreWhole(store, 'k', [], back)).kind).toBe('restored')
    await expect(contentOf(back)).rejects.toThrow()
  })

  test.each([
    [{}, true],
    [{ ACTIONS_RESULTS_URL: '' }, true],
    [{ ACTIONS_RESULTS_URL: 'no address' }, true],
    [{ ACTIONS_RESULTS_URL: 'http://127.0.0.1:1/' }, false],
  ])('with %j it is unavailable: %s', (environment, isUnavailable) => {
    const store = githubStore(environment, { restore: 1, save: 1 })
    expect(store.unavailable !== undefined).toBe(isUnavailable)
  })
})
