import { randomBytes } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ObjectUpload } from '../../../src/cache/store/object-service.ts'
import { s3Service } from '../../../src/cache/store/s3.ts'
import type { S3Target } from '../../../src/cache/store/s3-target.ts'
import { readRange } from '../../../src/platform/remote-object.ts'
import type { TransferOptions } from '../../../src/platform/transfer.ts'
import { type S3Fault, type S3Server, s3Keys, startS3Server } from '../../../testbed/s3-server.ts'
import { stubAws } from '../../harness/aws.ts'
import { isUnix } from '../../temporary.ts'

const [trusted, pull] = ['c/trusted/o/r/', 'c/untrusted/o/r/pull/7/']
const options: TransferOptions = { signal: new AbortController().signal, pause: async () => {} }
const mebibyte = 1024 * 1024

let server: S3Server
let count = 0

/** A run that is trusted, or one of a pull request, with a bucket of its own. */
function targets(): { readonly main: S3Target; readonly request: S3Target } {
  const base = {
    ...{ bucket: `bucket-${count}`, region: 'us-east-1', endpoint: server.url, pathStyle: true },
  }
  return {
    main: { ...base, isTrusted: true, save: trusted, read: [trusted] },
    request: { ...base, isTrusted: false, save: pull, read: [pull, trusted] },
  }
}

async function upload(target: S3Target, key: string): Promise<ObjectUpload> {
  const begun = await s3Service(target).create(key, options)
  if ('kind' in begun) throw new Error(`refused: ${begun.kind}`)
  return begun
}

/** Saves an object of one part, and returns how that ended. */
async function save(target: S3Target, key: string, bytes: Uint8Array = Buffer.from(key)) {
  return (await upload(target, key)).putWhole(bytes)
}

/** Finds an object, and returns its key and content. */
async function read(target: S3Target, key: string, prefixes: readonly string[] = []) {
  const found = await s3Service(target).find(key, prefixes, options)
  if (found === undefined) return undefined
  const chunks: Buffer[] = []
  await readRange(found.object, 0, 64 * mebibyte, (chunk) => void chunks.push(chunk), options)
  return { key: found.key, content: Buffer.concat(chunks) }
}

async function foundKey(target: S3Target, key: string, prefixes: readonly string[] = []) {
  return (await s3Service(target).find(key, prefixes, options))?.key
}

/** A fault for one request of a method. */
const once = (method: string, effect: S3Fault['effect']): S3Fault => ({
  ...{ times: 1, effect },
  on: (asked) => asked === method,
})

const errorAnswer = (status: number, code: string, more = ''): S3Fault['effect'] => ({
  ...{ kind: 'answer', status, headers: { 'content-type': 'application/xml' } },
  body: `<?xml version="1.0"?>\n<Error><Code>${code}</Code><Message>no</Message>${more}</Error>`,
})

// versitygw keeps objects as files, which its authors test on Unix only.
describe.runIf(isUnix)('s3Service', () => {
  beforeAll(async () => {
    const buckets = Array.from({ length: 60 }, (_, index) => `bucket-${index + 1}`)
    server = await startS3Server({ buckets })
  })
  afterAll(() => server.stop())
  beforeEach(() => {
    count++
    server.faults.length = 0
    server.requests.length = 0
    stubAws(s3Keys)
  })
  afterEach(() => void vi.unstubAllEnvs())

  test('finds what was saved, by key and by prefix, and nothing else', async () => {
    const { main } = targets()
    expect(await save(main, 'a-b-1')).toEqual({ kind: 'saved' })
    expect(await read(main, 'a-b-1')).toEqual({ key: 'a-b-1', content: Buffer.from('a-b-1') })
    expect(await foundKey(main, 'a-b-2', ['a-b-', 'a-'])).toBe('a-b-1')
    expect(await foundKey(main, 'a-b-', [])).toBeUndefined()
    expect(await foundKey(main, 'x', ['y'])).toBeUndefined()
    expect(server.objects(main.bucket)).toEqual([`${trusted}a-b-1`])
  })

  test('takes the newest of the best prefix, and the exact key before a longer one', async () => {
    const { main } = targets()
    server.put(main.bucket, [`${trusted}a-b-old`], new Date('2026-01-01'))
    server.put(main.bucket, [`${trusted}a-b-young`], new Date('2026-01-02'))
    server.put(main.bucket, [`${trusted}a-c`, `${trusted}a-b`], new Date('2026-01-03'))
    expect(await foundKey(main, 'a-b', ['a-b-'])).toBe('a-b')
    expect(await foundKey(main, 'a-b-x', ['a-b-', 'a-'])).toBe('a-b-young')
    expect(await foundKey(main, 'z', ['a-'])).toBe('a-c')
  })

  test('finds the newest on any page of a listing', async () => {
    const { main } = targets()
    const names = Array.from({ length: 2300 }, (_, index) => `${trusted}a-${String(index).padStart(4, '0')}`)
    server.put(main.bucket, names, new Date('2026-01-01'))
    server.put(main.bucket, [`${trusted}a-2250`], new Date('2026-01-02'))
    expect(await foundKey(main, 'b', ['a-'])).toBe('a-2250')
    expect(server.requests.filter(({ query }) => query.includes('continuation-token'))).toHaveLength(2)
  })

  test('one listing serves the key and the prefix that begins with it', async () => {
    const { main } = targets()
    await save(main, 'a-b-1')
    server.requests.length = 0
    await s3Service(main).find('a-b', ['a-b-', 'a-'], options)
    expect(server.requests.map(({ method }) => method)).toEqual(['GET'])
  })

  test('a pull request reads what trusted runs saved, and no other run reads what it saves', async () => {
    const { main, request } = targets()
    await save(main, 'a-1')
    expect(await foundKey(request, 'a-1')).toBe('a-1')
    await save(request, 'a-2')
    expect(await foundKey(request, 'a-2')).toBe('a-2')
    expect(await foundKey(main, 'a-2', ['a-'])).toBe('a-1')
    const other = 'c/untrusted/o/r/pull/8/'
    expect(await foundKey({ ...request, save: other, read: [other, trusted] }, 'a-2', ['a-'])).toBe('a-1')
    expect(server.objects(main.bucket)).toEqual([`${trusted}a-1`, `${pull}a-2`])
  })

  test('its own entry comes before a trusted one with the same key or prefix', async () => {
    const { main, request } = targets()
    await save(main, 'a-1', Buffer.from('trusted'))
    await save(request, 'a-1', Buffer.from('own'))
    expect((await read(request, 'a-1'))?.content.toString()).toBe('own')
    server.put(main.bucket, [`${trusted}a-3`], new Date(Date.now() + 60_000))
    expect(await foundKey(request, 'x', ['a-'])).toBe('a-1')
  })

  test('ignores objects whose names no key has', async () => {
    const { main } = targets()
    server.put(main.bucket, [`${trusted}a-1/b`, `${trusted}a-ä&<`], new Date())
    expect(await foundKey(main, 'b', ['a-'])).toBeUndefined()
  })

  describe('save', () => {
    test('never replaces an entry', async () => {
      const { main } = targets()
      expect(await save(main, 'k', Buffer.from('first'))).toEqual({ kind: 'saved' })
      expect(await save(main, 'k', Buffer.from('second'))).toEqual({ kind: 'outrun' })
      expect((await read(main, 'k'))?.content.toString()).toBe('first')
    })

    // versitygw itself looks first and writes then, so requests at the same instant would both succeed.
    test('of two writers that have both begun, the second is outrun', async () => {
      const { main } = targets()
      const [first, second] = [await upload(main, 'k'), await upload(main, 'k')]
      expect(await second.putWhole(Buffer.from('second'))).toEqual({ kind: 'saved' })
      expect(await first.putWhole(Buffer.from('first'))).toEqual({ kind: 'outrun' })
      expect((await read(main, 'k'))?.content.toString()).toBe('second')
    })

    test('uploads parts, whose numbers may have gaps', async () => {
      const { main } = targets()
      const parts = [5, 6, 1].map((size) => randomBytes(size * mebibyte))
      const [first, second, last] = parts as [Buffer, Buffer, Buffer]
      const begun = await upload(main, 'large')
      await Promise.all([begun.putPart(9, last), begun.putPart(2, Buffer.alloc(5 * mebibyte))])
      await Promise.all([begun.putPart(2, first), begun.putPart(5, second)])
      expect(await begun.complete([2, 5, 9], 12 * mebibyte)).toEqual({ kind: 'saved' })
      expect((await read(main, 'large'))?.content.equals(Buffer.concat(parts))).toBe(true)
      expect(server.uploads(main.bucket)).toBe(0)
    })

    test('parts never replace an entry, and are removed then', async () => {
      const { main } = targets()
      const begun = await upload(main, 'k')
      await begun.putPart(1, Buffer.from('slow'))
      await save(main, 'k', Buffer.from('fast'))
      expect(await begun.complete([1], 4)).toEqual({ kind: 'outrun' })
      expect((await read(main, 'k'))?.content.toString()).toBe('fast')
      expect(server.uploads(main.bucket)).toBe(0)
    })

    test('an upload that is given up leaves nothing', async () => {
      const { main } = targets()
      const begun = await upload(main, 'k')
      await begun.putPart(1, randomBytes(100))
      expect(server.uploads(main.bucket)).toBe(1)
      await begun.abort()
      expect(server.uploads(main.bucket)).toBe(0)
      expect(await foundKey(main, 'k')).toBeUndefined()
      await (await upload(main, 'other')).abort()
    })

    test.each(['whole', 'parts'])('an answer that gets lost is no failure: %s', async (how) => {
      const { main } = targets()
      const begun = await upload(main, 'k')
      if (how === 'parts') await begun.putPart(1, Buffer.from('bytes'))
      const method = how === 'parts' ? 'POST' : 'PUT'
      server.faults.push(once(method, { kind: 'lose' }))
      const result = how === 'parts' ? begun.complete([1], 5) : begun.putWhole(Buffer.from('bytes'))
      expect(await result).toEqual({ kind: 'saved' })
      expect(server.requests.filter((one) => one.method === method && one.query !== 'uploads=')).toHaveLength(
        2,
      )
      expect((await read(main, 'k'))?.content.toString()).toBe('bytes')
    })

    test('a lost answer to the upload of an entry that another job saved is still outrun', async () => {
      const { main } = targets()
      await save(main, 'k', Buffer.from('other'))
      server.faults.push(once('PUT', { kind: 'lose' }))
      expect(await save(main, 'k', Buffer.from('own'))).toEqual({ kind: 'outrun' })
    })

    test('a server without If-None-Match is asked whether the entry exists', async () => {
      const { main } = targets()
      const unsupported = errorAnswer(501, 'NotImplemented')
      server.faults.push(once('PUT', unsupported))
      expect(await save(main, 'k', Buffer.from('first'))).toEqual({ kind: 'saved' })
      expect(server.requests.map(({ method, status }) => `${method} ${status}`)).toEqual([
        'PUT 501',
        'HEAD 404',
        'PUT 200',
      ])
      server.faults.push(once('PUT', unsupported))
      expect(await save(main, 'k', Buffer.from('second'))).toEqual({ kind: 'outrun' })
      expect((await read(main, 'k'))?.content.toString()).toBe('first')
    })

    test.each([
      ['503 SlowDown', once('PUT', errorAnswer(503, 'SlowDown'))],
      ['400 RequestTimeout', once('PUT', errorAnswer(400, 'RequestTimeout'))],
      ['200 with InternalError', once('POST', errorAnswer(200, 'InternalError'))],
    ])('retries after %s', async (_, fault) => {
      const { main } = targets()
      const begun = await upload(main, 'k')
      await begun.putPart(1, Buffer.from('bytes'))
      server.faults.push(fault)
      await begun.putPart(1, Buffer.from('bytes'))
      expect(await begun.complete([1], 5)).toEqual({ kind: 'saved' })
      expect(server.faults).toEqual([])
    })

    test('an error in an answer with status 200 is an error', async () => {
      const { main } = targets()
      const begun = await upload(main, 'k')
      await begun.putPart(1, Buffer.from('bytes'))
      server.faults.push(once('POST', errorAnswer(200, 'EntityTooSmall')))
      await expect(begun.complete([1], 5)).rejects.toThrow('EntityTooSmall')
    })

    test('a role that may not save: policy for a pull request, a failure with the fix for a trusted run', async () => {
      const { main, request } = targets()
      server.faults.push(once('POST', errorAnswer(403, 'AccessDenied')))
      expect(await s3Service(request).create('k', options)).toEqual({
        kind: 'denied',
        message: 'AccessDenied: no',
      })
      server.faults.push(once('PUT', errorAnswer(403, 'AccessDenied')))
      await expect(save(main, 'k')).rejects.toThrow(
        `access to ${trusted} in bucket ${main.bucket} is denied (the server says "AccessDenied: no"): allow s3:PutObject`,
      )
      expect(await save(request, 'k')).toEqual({ kind: 'saved' })
      expect(server.uploads(request.bucket)).toBe(0)
    })
  })

  describe('requests', () => {
    test('are signed with everything that the server accepts, and hold no secret', async () => {
      const { main } = targets()
      await save(main, 'k')
      await read(main, 'k')
      const [put, list, get] = server.requests
      expect(put).toMatchObject({ method: 'PUT', path: `/${main.bucket}/${trusted}k`, status: 200 })
      expect(put?.headers).toMatchObject({ 'if-none-match': '*', 'x-amz-content-sha256': /^[0-9a-f]{64}$/ })
      expect(put?.headers.authorization).toContain('if-none-match')
      expect(list?.query).toBe(`list-type=2&prefix=${encodeURIComponent(`${trusted}k`)}`)
      expect(get).toMatchObject({ method: 'GET', query: '', status: 206 })
      expect(JSON.stringify(server.requests)).not.toContain(s3Keys.AWS_SECRET_ACCESS_KEY)
    })

    test('a changed body is refused by the server', async () => {
      const { main } = targets()
      await save(main, 'k')
      const { headers } = server.requests[0] as (typeof server.requests)[0]
      const answer = await fetch(`${server.url}/${main.bucket}/${trusted}k2`, {
        method: 'PUT',
        body: 'k2',
        headers: Object.fromEntries(
          Object.entries(headers).filter(
            ([name]) => !['host', 'connection', 'content-length'].includes(name),
          ),
        ) as Record<string, string>,
      })
      expect(answer.status).toBeGreaterThanOrEqual(400)
    })

    test('names of branches with any characters', async () => {
      const { request } = targets()
      const area = "c/untrusted/o/r/heads/a!c3!a4+b=c'(d)*/"
      const target = { ...request, save: area, read: [area] }
      expect(await save(target, 'k')).toEqual({ kind: 'saved' })
      expect(await foundKey(target, 'k')).toBe('k')
      expect(server.objects(request.bucket)).toEqual([`${area}k`])
    })

    test('every range is signed by itself', async () => {
      const { main } = targets()
      await save(main, 'k', randomBytes(100))
      const found = await s3Service(main).find('k', [], options)
      if (found === undefined) throw new Error('not found')
      server.requests.length = 0
      await readRange(found.object, 0, 10, () => {}, options)
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5000 })
      await readRange(found.object, 10, 20, () => {}, options)
      vi.useRealTimers()
      const [first, second] = server.requests.map(({ headers }) => headers)
      expect(second?.authorization).not.toBe(first?.authorization)
      expect(second?.['if-match']).toBeDefined()
      expect(server.requests.map(({ status }) => status)).toEqual([206, 206])
    })
  })
})
