import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { cutTo, flipAt } from '../../testbed/cache-service/damages.ts'
import type { Rpc } from '../../testbed/cache-service/faults.ts'
import {
  type CacheService,
  type CacheServiceOptions,
  startCacheService,
} from '../../testbed/cache-service/service.ts'

let service: CacheService
let directory: string

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'cache-service-test-'))
  service = await startCacheService({ directory })
})

afterEach(async () => {
  await service.stop()
  rmSync(directory, { recursive: true, maxRetries: 5, force: true })
})

async function restart(options: CacheServiceOptions): Promise<void> {
  await service.stop()
  service = await startCacheService({ directory, ...options })
}

interface Reply {
  readonly status: number
  readonly body: Record<string, unknown>
}

async function call(rpc: Rpc | 'Other', message: unknown, token = service.token): Promise<Reply> {
  const response = await fetch(`${service.url}twirp/github.actions.results.api.v1.CacheService/${rpc}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: typeof message === 'string' ? message : JSON.stringify(message),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

const entry = { key: 'go-1', version: 'v1' }

async function reserve(wanted = entry, token = service.token): Promise<string> {
  return String((await call('CreateCacheEntry', wanted, token)).body.signed_upload_url)
}

async function upload(url: string, content: string): Promise<Response> {
  return fetch(url, { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body: content })
}

async function save(wanted = entry, content = 'content', token = service.token): Promise<void> {
  await upload(await reserve(wanted, token), content)
  const size = { size_bytes: String(content.length) }
  const { body } = await call('FinalizeCacheEntryUpload', { ...wanted, ...size }, token)
  expect(body).toMatchObject({ ok: true })
}

async function lookup(wanted = entry, token = service.token): Promise<Record<string, unknown>> {
  return (await call('GetCacheEntryDownloadURL', wanted, token)).body
}

async function downloadUrl(wanted = entry): Promise<string> {
  return String((await lookup(wanted)).signed_download_url)
}

describe('the methods', () => {
  test('an entry is reserved, uploaded, finalized and found', async () => {
    const created = await call('CreateCacheEntry', entry)
    expect(created).toMatchObject({ status: 200, body: { ok: true } })
    expect((await upload(String(created.body.signed_upload_url), 'content')).status).toBe(201)
    const finalized = await call('FinalizeCacheEntryUpload', { ...entry, size_bytes: '7' })
    expect(finalized).toMatchObject({ status: 200, body: { ok: true, entry_id: '1' } })
    const found = await call('GetCacheEntryDownloadURL', { ...entry, restore_keys: ['go-'] })
    expect(found).toMatchObject({ status: 200, body: { ok: true, matched_key: 'go-1' } })
    expect(await (await fetch(String(found.body.signed_download_url))).text()).toBe('content')
    expect(service.entries()).toMatchObject([{ ...entry, size: 7, created: expect.any(Date) }])
  })

  test('names may be written in lowerCamelCase, as proto3 JSON allows', async () => {
    await upload(await reserve(), 'content')
    expect((await call('FinalizeCacheEntryUpload', { ...entry, sizeBytes: 7 })).body).toMatchObject({
      ok: true,
    })
    const asked = { key: 'other', version: 'v1', restoreKeys: ['go-'] }
    expect((await call('GetCacheEntryDownloadURL', asked)).body).toMatchObject({ matched_key: 'go-1' })
  })

  test('a miss is an answer, not an error', async () => {
    const miss = await call('GetCacheEntryDownloadURL', entry)
    expect(miss).toEqual({ status: 200, body: { ok: false, signed_download_url: '', matched_key: '' } })
  })

  test('an entry is invisible until it is finalized', async () => {
    await upload(await reserve(), 'content')
    expect(await lookup()).toMatchObject({ ok: false })
    expect(service.entries()).toEqual([])
  })

  test.each([
    { state: 'reserved', make: () => reserve() },
    { state: 'committed', make: () => save() },
  ])('a $state entry cannot be created again', async ({ make }) => {
    await make()
    const again = await call('CreateCacheEntry', entry)
    expect(again).toMatchObject({ status: 409, body: { code: 'already_exists' } })
    expect((await call('CreateCacheEntry', { ...entry, version: 'v2' })).status).toBe(200)
  })

  test.each([
    { what: 'another size', content: 'short', message: 'uploaded 5, announced 7 bytes' },
    { what: 'nothing', content: undefined, message: 'uploaded nothing, announced 7 bytes' },
  ])('finalizing after an upload of $what commits nothing', async ({ content, message }) => {
    const url = await reserve()
    if (content !== undefined) await upload(url, content)
    const { status, body } = await call('FinalizeCacheEntryUpload', { ...entry, size_bytes: '7' })
    expect({ status, body }).toEqual({ status: 200, body: { ok: false, message } })
    expect(await lookup()).toMatchObject({ ok: false })
  })

  test('finalizing what was never reserved is an error', async () => {
    const answer = await call('FinalizeCacheEntryUpload', { ...entry, size_bytes: '7' })
    expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } })
  })

  test.each([
    { what: 'no JSON', message: 'key=go', status: 400, code: 'malformed' },
    { what: 'null', message: 'null', status: 400, code: 'invalid_argument' },
    { what: 'no key', message: { version: 'v1' }, status: 400, code: 'invalid_argument' },
    { what: 'no version', message: { key: 'go' }, status: 400, code: 'invalid_argument' },
    {
      what: 'a key of 513 characters',
      message: { key: 'k'.repeat(513), version: 'v1' },
      status: 400,
      code: 'invalid_argument',
    },
  ])('$what is refused', async ({ message, status, code }) => {
    expect(await call('CreateCacheEntry', message)).toMatchObject({ status, body: { code } })
  })

  test('unknown methods and tokens are refused', async () => {
    expect(await call('Other', entry)).toMatchObject({ status: 404, body: { code: 'bad_route' } })
    const refused = { status: 401, body: { code: 'unauthenticated' } }
    expect(await call('CreateCacheEntry', entry, 'unknown')).toMatchObject(refused)
    expect(service.requests.at(-1)).toMatchObject({ rpc: 'CreateCacheEntry', key: 'go-1', status: 401 })
  })
})

describe('scopes', () => {
  const tokenFor = (access: Parameters<CacheService['environment']>[0]) =>
    String(service.environment(access).ACTIONS_RUNTIME_TOKEN)

  test('a pull request reads its base, and its entries stay its own', async () => {
    const pull = 'refs/pull/1/merge'
    const token = tokenFor({ readScopes: [pull, 'refs/heads/main'], writeScope: pull })
    await save()
    expect(await lookup(entry, token)).toMatchObject({ ok: true })
    await save(entry, 'other content', token)
    expect(service.entries().map(({ scope }) => scope)).toEqual(['refs/heads/main', pull])
    const own = await lookup(entry, token)
    expect(await (await fetch(String(own.signed_download_url))).text()).toBe('other content')
    expect(await (await fetch(await downloadUrl())).text()).toBe('content')
  })

  test('a token that may only read is told so when it saves', async () => {
    const answer = await call('CreateCacheEntry', entry, tokenFor({ writeScope: null }))
    expect(answer.body).toMatchObject({ ok: false, message: expect.stringMatching(/^cache write denied: /) })
  })

  test('a token that may only write is told so when it restores', async () => {
    const answer = await call('GetCacheEntryDownloadURL', entry, tokenFor({ readScopes: [] }))
    expect(answer).toMatchObject({ status: 403, body: { code: 'permission_denied' } })
    expect(answer.body.msg).toMatch(/^cache read denied: /)
  })
})

describe('addresses of blobs', () => {
  test('they are signed, each for one entry and one purpose', async () => {
    await save()
    await save({ key: 'go-2', version: 'v1' }, 'second')
    const url = await downloadUrl()
    expect((await upload(url, 'spoilt')).status).toBe(403)
    expect((await fetch(url.replace('/actions-cache/1?', '/actions-cache/2?'))).status).toBe(403)
    expect((await fetch(url)).status).toBe(200)
  })

  test('they name another host if wanted', async () => {
    await restart({ blobHost: 'account.blob.core.windows.net' })
    const url = new URL(await reserve())
    expect(url.origin).toBe('http://account.blob.core.windows.net')
    expect(url.pathname).toBe('/actions-cache/1')
  })
})

test('an upload that breaks off leaves nothing', async () => {
  const url = await reserve()
  const headers = { 'x-ms-blob-type': 'BlockBlob', 'content-length': '1000' }
  const sent = request(url, { method: 'PUT', headers })
  const ended = new Promise((resolve) => sent.on('error', resolve))
  sent.write('x'.repeat(400))
  await expect.poll(() => service.requests.at(-1)?.bytes).toBe(400)
  sent.destroy(new Error('client went away'))
  await ended
  await expect.poll(() => readdirSync(join(directory, ...readdirSync(directory)))).toEqual([])
  const { body } = await call('FinalizeCacheEntryUpload', { ...entry, size_bytes: '400' })
  expect(body).toMatchObject({ ok: false })
})

describe('what a test does to the service', () => {
  test('it deletes an entry with its blob, and the key is free again', async () => {
    await save()
    const url = await downloadUrl()
    await service.delete('go-1')
    expect(await lookup()).toMatchObject({ ok: false })
    expect((await fetch(url)).status).toBe(404)
    await save()
  })

  test('it clears everything, also what is only reserved', async () => {
    await save()
    await upload(await reserve({ key: 'go-2', version: 'v1' }), 'content')
    await service.clear()
    expect(service.entries()).toEqual([])
    expect(readdirSync(directory, { recursive: true })).toHaveLength(1)
    await save({ key: 'go-2', version: 'v1' })
  })

  test('it flips one byte of the newest entry', async () => {
    await save({ key: 'go-1', version: 'v0' })
    await save(entry, 'abcdef')
    service.damage('go-1', flipAt(0.5))
    const content = Buffer.from(await (await fetch(await downloadUrl())).arrayBuffer())
    expect([...content].map((byte, index) => byte === 'abcdef'.charCodeAt(index))).toEqual([
      true,
      true,
      true,
      false,
      true,
      true,
    ])
  })

  test('it cuts an entry in half, and the download is complete at that', async () => {
    await save(entry, 'abcdef')
    const fix = service.damage('go-1', cutTo(0.5))
    const response = await fetch(await downloadUrl())
    expect([response.headers.get('content-length'), await response.text()]).toEqual(['3', 'abc'])
    expect(service.entries()).toMatchObject([{ size: 6 }])
    fix()
    expect(await (await fetch(await downloadUrl())).text()).toBe('abcdef')
  })

  test('it cannot damage what is not there', () => {
    expect(() => service.damage('go-1', cutTo(0.5))).toThrow('no cache entry with key go-1')
  })

  test('stopping removes what is on disk', async () => {
    await save()
    expect(readdirSync(directory)).toHaveLength(1)
    await service.stop()
    expect(existsSync(directory) && readdirSync(directory)).toEqual([])
  })
})

test('requests are seen with method, path, key, status and archive bytes, without signatures', async () => {
  await save()
  await fetch(await downloadUrl(), { headers: { range: 'bytes=1-3' } })
  const rpc = (name: Rpc) => {
    const path = `/twirp/github.actions.results.api.v1.CacheService/${name}`
    return { method: 'POST', path, rpc: name, key: 'go-1', status: 200, bytes: 0 }
  }
  const blob = { path: '/testbed/actions-cache/1', key: 'go-1' }
  expect(service.requests.map((seen) => ({ ...seen }))).toEqual([
    rpc('CreateCacheEntry'),
    { ...blob, method: 'PUT', status: 201, bytes: 7 },
    rpc('FinalizeCacheEntryUpload'),
    rpc('GetCacheEntryDownloadURL'),
    { ...blob, method: 'GET', status: 206, bytes: 3 },
  ])
})
