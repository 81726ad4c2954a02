import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAzurite } from './azurite.ts'
import type { BlobServer } from './blob-server.ts'
import { startOwnBlobs } from './own-blobs.ts'

// One suite for the fixtures and for Azurite: the fixtures may only promise what holds for both.
describe.each([
  { name: 'the fixtures', start: startOwnBlobs },
  { name: 'Azurite', start: startAzurite },
])('blobs of $name', ({ start }) => {
  let server: BlobServer
  beforeAll(async () => {
    server = await start()
  })
  afterAll(() => server.stop())

  const blockBlob = { 'x-ms-blob-type': 'BlockBlob' }

  async function put(blob: string, body: string | Uint8Array<ArrayBuffer>): Promise<Response> {
    return fetch(server.url(blob, 'cw'), { method: 'PUT', headers: blockBlob, body })
  }

  async function putBlock(blob: string, id: string, body: string): Promise<Response> {
    return fetch(withQuery(server.url(blob, 'cw'), { comp: 'block', blockid: id }), { method: 'PUT', body })
  }

  async function commit(blob: string, ids: readonly string[]): Promise<Response> {
    const list = ids.map((id) => `<Latest>${id}</Latest>`).join('')
    const body = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><BlockList>${list}</BlockList>`
    const headers = { 'content-type': 'application/xml; charset=UTF-8' }
    return fetch(withQuery(server.url(blob, 'cw'), { comp: 'blocklist' }), { method: 'PUT', headers, body })
  }

  async function get(blob: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(server.url(blob, 'r'), { headers })
  }

  async function head(blob: string): Promise<Response> {
    return fetch(server.url(blob, 'r'), { method: 'HEAD' })
  }

  test('Put Blob answers 201 with the validators that Get Blob repeats', async () => {
    const blob = randomUUID()
    const stored = await put(blob, 'content')
    expect(stored.status).toBe(201)
    expect(stored.headers.get('etag')).toMatch(/^"0x[0-9A-F]+"$/)
    expect(Date.parse(stored.headers.get('last-modified') ?? '')).toBeGreaterThan(Date.now() - 60_000)
    expect(stored.headers.get('x-ms-request-id')).toBeTruthy()

    const read = await get(blob)
    expect(read.status).toBe(200)
    expect(await read.text()).toBe('content')
    expect(read.headers.get('content-length')).toBe('7')
    expect(read.headers.get('etag')).toBe(stored.headers.get('etag'))
    expect(read.headers.get('last-modified')).toBe(stored.headers.get('last-modified'))
    expect(read.headers.get('accept-ranges')).toBe('bytes')
    expect(read.headers.get('x-ms-blob-type')).toBe('BlockBlob')
    expect(read.headers.get('x-ms-request-id')).toBeTruthy()
  })

  test('HEAD returns the headers of GET, without a body', async () => {
    const blob = randomUUID()
    const stored = await put(blob, 'content')
    const properties = await head(blob)
    expect(properties.status).toBe(200)
    expect(properties.headers.get('content-length')).toBe('7')
    expect(properties.headers.get('etag')).toBe(stored.headers.get('etag'))
    expect(properties.headers.get('x-ms-blob-type')).toBe('BlockBlob')
    expect(await properties.text()).toBe('')
  })

  test('Put Blob replaces a blob, and the ETag changes', async () => {
    const blob = randomUUID()
    const first = await put(blob, 'first')
    const second = await put(blob, 'second')
    expect(second.status).toBe(201)
    expect(second.headers.get('etag')).not.toBe(first.headers.get('etag'))
    expect(await (await get(blob)).text()).toBe('second')
  })

  test('Put Blob without a blob type is rejected', async () => {
    const answer = await fetch(server.url(randomUUID(), 'cw'), { method: 'PUT', body: 'content' })
    expect(answer.status).toBe(400)
  })

  test('binary content comes back unchanged', async () => {
    const blob = randomUUID()
    const content = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7919) >> 3)
    await put(blob, content)
    expect(Buffer.from(await (await get(blob)).arrayBuffer()).equals(content)).toBe(true)
  })

  test('an empty blob can be stored and read', async () => {
    const blob = randomUUID()
    expect((await put(blob, '')).status).toBe(201)
    const read = await get(blob)
    expect([read.status, read.headers.get('content-length'), await read.text()]).toEqual([200, '0', ''])
  })

  test.each([
    { headers: { 'x-ms-range': 'bytes=2-4' }, content: 'cde', range: 'bytes 2-4/10' },
    { headers: { range: 'bytes=2-4' }, content: 'cde', range: 'bytes 2-4/10' },
    { headers: { 'x-ms-range': 'bytes=7-' }, content: 'hij', range: 'bytes 7-9/10' },
    { headers: { 'x-ms-range': 'bytes=8-100' }, content: 'ij', range: 'bytes 8-9/10' },
    { headers: { 'x-ms-range': 'bytes=0-0' }, content: 'a', range: 'bytes 0-0/10' },
    { headers: { 'x-ms-range': 'bytes=0-9' }, content: 'abcdefghij', range: 'bytes 0-9/10' },
    { headers: { 'x-ms-range': 'bytes=1-1', range: 'bytes=5-6' }, content: 'b', range: 'bytes 1-1/10' },
  ])('a read of $headers answers 206 with $range', async ({ headers, content, range }) => {
    const blob = randomUUID()
    const stored = await put(blob, 'abcdefghij')
    const read = await get(blob, headers)
    expect(read.status).toBe(206)
    expect(read.headers.get('content-range')).toBe(range)
    expect(read.headers.get('content-length')).toBe(String(content.length))
    expect(read.headers.get('etag')).toBe(stored.headers.get('etag'))
    expect(await read.text()).toBe(content)
  })

  test('a range after the end answers 416', async () => {
    const blob = randomUUID()
    await put(blob, 'abcdefghij')
    const read = await get(blob, { 'x-ms-range': 'bytes=11-12' })
    expect([read.status, read.headers.get('x-ms-error-code')]).toEqual([416, 'InvalidRange'])
  })

  test('If-Match reads only the content with that ETag', async () => {
    const blob = randomUUID()
    const stored = await put(blob, 'content')
    const etag = stored.headers.get('etag') ?? ''
    expect((await get(blob, { 'if-match': etag })).status).toBe(200)
    await put(blob, 'another')
    const read = await get(blob, { 'if-match': etag })
    expect([read.status, read.headers.get('x-ms-error-code')]).toEqual([412, 'ConditionNotMet'])
  })

  test('a block list determines the order, whatever order the blocks came in', async () => {
    const blob = randomUUID()
    const [one, two, three] = ['1', '2', '3'].map(blockId) as [string, string, string]
    expect((await putBlock(blob, two, 'second ')).status).toBe(201)
    expect((await putBlock(blob, three, 'third')).status).toBe(201)
    expect((await putBlock(blob, one, 'first ')).status).toBe(201)
    expect((await get(blob)).status).toBe(404)

    const committed = await commit(blob, [three, one, two])
    expect(committed.status).toBe(201)
    expect(committed.headers.get('etag')).toBeTruthy()
    expect(committed.headers.get('last-modified')).toBeTruthy()
    const read = await get(blob)
    expect(await read.text()).toBe('thirdfirst second ')
    expect(read.headers.get('content-length')).toBe('18')
  })

  test('a range may cross blocks', async () => {
    const blob = randomUUID()
    const ids = ['1', '2', '3'].map(blockId)
    for (const [index, id] of ids.entries()) await putBlock(blob, id, ['abc', 'def', 'ghi'][index] ?? '')
    await commit(blob, ids)
    expect(await (await get(blob, { 'x-ms-range': 'bytes=2-6' })).text()).toBe('cdefg')
  })

  test('a repeated block replaces the earlier one, and an unlisted block is dropped', async () => {
    const blob = randomUUID()
    await putBlock(blob, blockId('1'), 'torn')
    await putBlock(blob, blockId('1'), 'whole')
    await putBlock(blob, blockId('2'), 'left out')
    await commit(blob, [blockId('1')])
    expect(await (await get(blob)).text()).toBe('whole')
    expect((await commit(blob, [blockId('1'), blockId('2')])).status).toBe(400)
  })

  test('committed blocks can be listed again next to new ones', async () => {
    const blob = randomUUID()
    await putBlock(blob, blockId('1'), 'old ')
    await commit(blob, [blockId('1')])
    await putBlock(blob, blockId('2'), 'new')
    expect((await commit(blob, [blockId('1'), blockId('2')])).status).toBe(201)
    expect(await (await get(blob)).text()).toBe('old new')
  })

  test('an unknown block in the list answers 400 InvalidBlockList and changes nothing', async () => {
    const blob = randomUUID()
    await put(blob, 'before')
    await putBlock(blob, blockId('1'), 'block')
    const answer = await commit(blob, [blockId('1'), blockId('2')])
    expect(answer.status).toBe(400)
    expect(answer.headers.get('x-ms-error-code')).toBe('InvalidBlockList')
    expect(await answer.text()).toContain('<Code>InvalidBlockList</Code>')
    expect(await (await get(blob)).text()).toBe('before')
  })

  test('a block list that is not XML is rejected', async () => {
    const answer = await fetch(withQuery(server.url(randomUUID(), 'cw'), { comp: 'blocklist' }), {
      method: 'PUT',
      body: 'not a list',
    })
    expect(answer.status).toBe(400)
  })

  test('a missing blob answers 404 with an XML error', async () => {
    const answer = await get(randomUUID())
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toMatch(/^application\/xml/)
    expect(answer.headers.get('x-ms-error-code')).toBe('BlobNotFound')
    expect(answer.headers.get('x-ms-request-id')).toBeTruthy()
    expect(await answer.text()).toMatch(/<Error>\s*<Code>BlobNotFound<\/Code>\s*<Message>/)
  })

  test('HEAD of a missing blob answers 404 without a body', async () => {
    const answer = await head(randomUUID())
    expect([answer.status, await answer.text()]).toEqual([404, ''])
    expect(answer.headers.get('x-ms-error-code')).toBe('BlobNotFound')
  })

  test.each([
    { what: 'a changed signature', spoil: (url: URL) => url.searchParams.set('sig', signatureOf('else')) },
    { what: 'a changed expiry', spoil: (url: URL) => url.searchParams.set('se', '2999-01-01T00:00:00Z') },
    { what: 'a changed permission', spoil: (url: URL) => url.searchParams.set('sp', 'rcwd') },
  ])('$what is rejected', async ({ spoil }) => {
    const blob = randomUUID()
    await put(blob, 'content')
    const url = server.url(blob, 'r')
    spoil(url)
    const answer = await fetch(url)
    expect(answer.status).toBe(403)
    expect(await answer.text()).toMatch(unauthenticated)
  })

  test('an expired address is rejected', async () => {
    const blob = randomUUID()
    await put(blob, 'content')
    const answer = await fetch(server.url(blob, 'r', new Date(Date.now() - 60_000)))
    expect(answer.status).toBe(403)
    expect(await answer.text()).toMatch(unauthenticated)
  })

  test('a read address cannot write, and a write address cannot read', async () => {
    const blob = randomUUID()
    await put(blob, 'content')
    const write = await fetch(server.url(blob, 'r'), { method: 'PUT', headers: blockBlob, body: 'other' })
    const read = await fetch(server.url(blob, 'cw'))
    expect([write.status, read.status]).toEqual([403, 403])
    expect(write.headers.get('x-ms-error-code')).toBe('AuthorizationPermissionMismatch')
    expect(await (await get(blob)).text()).toBe('content')
  })
})

// Azure and the fixtures answer AuthenticationFailed; Azurite uses its own code.
const unauthenticated = /<Code>(AuthenticationFailed|AuthorizationFailure)<\/Code>/

function blockId(text: string): string {
  return Buffer.from(text.padStart(16, '0')).toString('base64')
}

function signatureOf(text: string): string {
  return Buffer.from(text.padEnd(32, '.')).toString('base64')
}

function withQuery(url: URL, more: Record<string, string>): URL {
  for (const [name, value] of Object.entries(more)) url.searchParams.set(name, value)
  return url
}
