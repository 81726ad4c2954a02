import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FaultRule } from '../../testbed/cache-service/faults.ts'
import {
  type CacheService,
  type CacheServiceOptions,
  startCacheService,
} from '../../testbed/cache-service/service.ts'

let service: CacheService

beforeEach(async () => {
  service = await startCacheService()
})

afterEach(() => service.stop())

async function call(rpc: string, message: object): Promise<Response> {
  return fetch(`${service.url}twirp/github.actions.results.api.v1.CacheService/${rpc}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${service.token}` },
    body: JSON.stringify(message),
  })
}

const entry = { key: 'go-1', version: 'v1' }

async function field(rpc: string, name: string): Promise<string> {
  return String(((await (await call(rpc, entry)).json()) as Record<string, unknown>)[name])
}

/** @returns address of the download */
async function save(size: number): Promise<string> {
  await fetch(await field('CreateCacheEntry', 'signed_upload_url'), {
    method: 'PUT',
    headers: { 'x-ms-blob-type': 'BlockBlob' },
    body: new Uint8Array(size),
  })
  await call('FinalizeCacheEntryUpload', { ...entry, size_bytes: String(size) })
  return field('GetCacheEntryDownloadURL', 'signed_download_url')
}

async function statusOf(rpc: string): Promise<number> {
  return (await call(rpc, entry)).status
}

const lookup = 'GetCacheEntryDownloadURL'
const unavailable: FaultRule = { on: lookup, effect: { kind: 'answer', answer: { status: 503 } } }

describe('rules', () => {
  test('hold for their operation until they are removed', async () => {
    const remove = service.fault(unavailable)
    expect([await statusOf(lookup), await statusOf(lookup), await statusOf('CreateCacheEntry')]).toEqual([
      503, 503, 200,
    ])
    remove()
    expect(await statusOf(lookup)).toBe(200)
  })

  test('hold for as many requests as they say, and then the next one holds', async () => {
    service.fault({ ...unavailable, times: 2 })
    service.fault({ on: lookup, times: 1, effect: { kind: 'answer', answer: { status: 500 } } })
    const statuses = []
    for (let request = 0; request < 4; request += 1) statuses.push(await statusOf(lookup))
    expect(statuses).toEqual([503, 503, 500, 200])
  })

  test('tell uploads, downloads and HEAD apart', async () => {
    const url = await save(10)
    const answer = (status: number) => ({ kind: 'answer', answer: { status } }) as const
    service.fault({ on: 'head', effect: answer(500) })
    expect([(await fetch(url, { method: 'HEAD' })).status, (await fetch(url)).status]).toEqual([500, 200])
    service.fault({ on: 'download', effect: answer(503) })
    service.fault({ on: 'upload', effect: answer(502) })
    expect([(await fetch(url)).status, (await fetch(url, { method: 'PUT' })).status]).toEqual([503, 502])
  })
})

describe('effects', () => {
  test('an answer with headers and a JSON body', async () => {
    const body = { code: 'resource_exhausted', msg: 'too many requests' }
    const answer = { status: 429, headers: { 'retry-after': '7' }, body }
    service.fault({ on: 'CreateCacheEntry', effect: { kind: 'answer', answer } })
    const response = await call('CreateCacheEntry', entry)
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '7'])
    expect(await response.json()).toEqual(body)
  })

  test('an answer with a page of HTML', async () => {
    const page = '<html><body>Bad Gateway</body></html>'
    const answer = { status: 502, headers: { 'content-type': 'text/html' }, body: page }
    service.fault({ on: lookup, effect: { kind: 'answer', answer } })
    const response = await call(lookup, entry)
    expect([response.headers.get('content-type'), await response.text()]).toEqual(['text/html', page])
  })

  test('a delay, with the service’s own answer after it', async () => {
    service.fault({ on: lookup, delayMs: 150 })
    const start = performance.now()
    expect(await statusOf(lookup)).toBe(200)
    expect(performance.now() - start).toBeGreaterThanOrEqual(149)
  })

  test('a connection that is reset', async () => {
    service.fault({ on: lookup, effect: { kind: 'reset' } })
    await expect(call(lookup, entry)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
    expect(service.requests).toMatchObject([{ rpc: lookup, status: 0 }])
  })

  test('silence, which stopping the service ends', async () => {
    service.fault({ on: lookup, effect: { kind: 'hang' } })
    const asked = call(lookup, entry).then(
      () => 'answered',
      () => 'ended',
    )
    const soon = new Promise((resolve) => setTimeout(resolve, 100, 'silent'))
    expect(await Promise.race([asked, soon])).toBe('silent')
    await service.stop()
    expect(await asked).toBe('ended')
  })

  test('a download that is reset half way', async () => {
    const url = await save(1000)
    service.fault({ on: 'download', times: 1, effect: { kind: 'cut', afterBytes: 400, by: 'reset' } })
    const { received, end } = await readAll(url)
    expect({ received, end }).toEqual({ received: 400, end: 'broken' })
    expect(service.requests.at(-1)).toMatchObject({ status: 200, bytes: 400 })
    expect(await readAll(url)).toEqual({ received: 1000, end: 'complete' })
  })

  test('a download that stalls half way until the client gives up', async () => {
    const url = await save(1000)
    service.fault({ on: 'download', effect: { kind: 'cut', afterBytes: 400, by: 'stall' } })
    const { received, end } = await readAll(url, AbortSignal.timeout(200))
    expect({ received, end }).toEqual({ received: 400, end: 'broken' })
  })
})

async function readAll(url: string, signal?: AbortSignal): Promise<{ received: number; end: string }> {
  let received = 0
  const response = await fetch(url, signal === undefined ? {} : { signal })
  try {
    for await (const chunk of response.body ?? []) received += chunk.length
    return { received, end: 'complete' }
  } catch {
    return { received, end: 'broken' }
  }
}

describe('shaping', () => {
  async function restart(options: CacheServiceOptions): Promise<void> {
    await service.stop()
    service = await startCacheService(options)
  }

  async function seconds(work: () => Promise<unknown>): Promise<number> {
    const start = performance.now()
    await work()
    return (performance.now() - start) / 1000
  }

  test('bandwidth is what all connections of one direction share', async () => {
    await restart({ bandwidthBytesPerSecond: 4_000_000 })
    expect(await seconds(() => save(1_000_000))).toBeGreaterThan(0.2)
    const url = await field(lookup, 'signed_download_url')
    const read = async () => (await fetch(url)).arrayBuffer()
    const alone = await seconds(read)
    const together = await seconds(() => Promise.all([read(), read()]))
    expect(alone).toBeGreaterThan(0.2)
    expect(together).toBeGreaterThan(0.45)
    expect(together).toBeLessThan(2)
  })

  test('latency is what every request takes on top', async () => {
    await restart({ latencyMs: 80 })
    expect(await seconds(() => statusOf(lookup))).toBeGreaterThanOrEqual(0.079)
  })
})
