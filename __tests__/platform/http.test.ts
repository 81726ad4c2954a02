import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fetchText } from '../../src/platform/download.ts'
import { askRetryAfter, parseRetryAfter } from '../../src/platform/http.ts'

const noon = Date.parse('2026-11-27T12:00:00Z')

test.each([
  ['120', 120],
  [' 0 ', 0],
  ['Fri, 27 Nov 2026 12:01:30 GMT', 90],
  ['Friday, 27-Nov-26 12:00:05 GMT', 5],
  ['Fri, 27 Nov 2026 11:00:00 GMT', 0],
  ['', undefined],
  [undefined, undefined],
  ['-5', undefined],
  ['1.5', undefined],
  ['soon', undefined],
  ['Someday, maybe', undefined],
])('parses Retry-After %j as %j', (header, seconds) => {
  expect(parseRetryAfter(header, noon)).toBe(seconds)
})

/** A failing server, and its requests. */
async function start(status: number, headers: Readonly<Record<string, string>>) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url} ${request.headers.authorization ?? 'nothing'}`)
    response.writeHead(status, headers).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { asked, port: (server.address() as AddressInfo).port }
}

describe('the Retry-After of a server', () => {
  test.each([429, 503])('that fails with %d is requested without credentials', async (status) => {
    const { asked, port } = await start(status, { 'retry-after': '7' })
    expect(await askRetryAfter(`http://me:xxxxx@127.0.0.1:${port}/a/@v/v1.0.0.zip`)).toBe(7)
    expect(asked).toEqual(['HEAD /a/@v/v1.0.0.zip nothing'])
  })

  test.each([
    [429, {}],
    [200, { 'retry-after': '7' }],
    [401, { 'retry-after': '7' }],
  ])('is absent if it answers %d with %j', async (status, headers: Readonly<Record<string, string>>) => {
    const { port } = await start(status, headers)
    expect(await askRetryAfter(`http://localhost:${port}/`)).toBeUndefined()
  })

  test('is not followed through a redirect to another http address', async () => {
    const elsewhere = await start(503, { 'retry-after': '7' })
    const { port } = await start(302, { location: `ftp://127.0.0.1:${elsewhere.port}/` })
    expect(await askRetryAfter(`http://127.0.0.1:${port}/`)).toBeUndefined()
    expect(elsewhere.asked).toEqual([])
  })

  test.each(['http://proxy.example.com/a', 'file:///a', 'nonsense', 'http://127.0.0.1:1/'])(
    'is absent for %s',
    async (address) => {
      expect(await askRetryAfter(address)).toBeUndefined()
    },
  )

  test('is read from the failed answer of a download', async () => {
    const { port } = await start(429, { 'retry-after': '30' })
    expect(await fetchText(`http://127.0.0.1:${port}/list`)).toMatchObject({
      isTransient: true,
      retryAfter: 30,
    })
    const silent = await start(503, {})
    expect(await fetchText(`http://127.0.0.1:${silent.port}/list`)).not.toHaveProperty('retryAfter')
  })
})
