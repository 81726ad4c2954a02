import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { HttpTimeout } from '../../src/platform/http.ts'
import { type RemoteObject, readRange } from '../../src/platform/remote-object.ts'

const content = randomBytes(3_000_000)

/** The bounds of a Range header, the second one exclusive. */
function rangeOf({ headers }: IncomingMessage): readonly [number, number] {
  const [, from = '', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? []
  return [Number(from), Math.min(content.length, Number(to) + 1)]
}

/** Answers a range as it should be. */
function answerRange(
  request: IncomingMessage,
  response: ServerResponse,
  _?: number,
  more: object = {},
): void {
  const [from, to] = rangeOf(request)
  response.writeHead(206, {
    'content-range': `bytes ${from}-${to - 1}/${content.length}`,
    etag: '"a"',
    ...more,
  })
  response.end(content.subarray(from, to))
}

/** Starts a server whose answers depend on the number of the request, and reads a range from it. */
async function read(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
  [from, to]: readonly [number, number] = [0, content.length],
  renew?: () => Promise<URL>,
) {
  const ranges: (string | undefined)[] = []
  const server = createServer((request, response) => {
    ranges.push(request.headers.range)
    answer(request, response, ranges.length)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/object`)
  const object: RemoteObject = { url, ...(renew === undefined ? {} : { renew }) }
  const taken = Buffer.alloc(content.length)
  const wait = { connection: 5, silence: 1 }
  const done = readRange(object, from, to, (chunk, at) => void chunk.copy(taken, at), {
    signal: AbortSignal.timeout(30_000),
    wait,
    pause: () => Promise.resolve(),
  })
  return { done, ranges, taken, object }
}

describe('readRange', () => {
  test('reads a range, and learns the length of the object', async () => {
    const { done, taken, object } = await read(answerRange, [1000, 2_000_000])
    await done
    expect(taken.subarray(1000, 2_000_000).equals(content.subarray(1000, 2_000_000))).toBe(true)
    expect(object.size).toBe(content.length)
  })

  test('stops at the end of a shorter object', async () => {
    const { done, taken } = await read(answerRange, [0, content.length * 2])
    await done
    expect(taken.equals(content)).toBe(true)
  })

  test('continues at the byte where a connection broke', async () => {
    const { done, taken, ranges } = await read((request, response, count) => {
      if (count > 2) return answerRange(request, response)
      const [from, to] = rangeOf(request)
      response.writeHead(206, { 'content-range': `bytes ${from}-${to - 1}/${content.length}` })
      response.write(content.subarray(from, from + 500_000), () => request.socket.destroy())
    })
    await done
    expect(taken.equals(content)).toBe(true)
    expect(ranges.map((range) => range?.split('-')[0])).toEqual(['bytes=0', 'bytes=500000', 'bytes=1000000'])
  })

  test('takes its part of the whole object from a server that ignores ranges', async () => {
    const { done, taken } = await read(
      (_, response) => response.writeHead(200, { 'content-length': content.length }).end(content),
      [1_000_000, 1_500_000],
    )
    await done
    expect(taken.subarray(1_000_000, 1_500_000).equals(content.subarray(1_000_000, 1_500_000))).toBe(true)
    expect(taken.subarray(1_500_000).every((byte) => byte === 0)).toBe(true)
  })

  test('asks for a new address once, when the old one has expired', async () => {
    let renewed = 0
    const { done, taken, object } = await read(
      (request, response, count) => {
        if (count === 1) response.writeHead(403).end('expired')
        else answerRange(request, response)
      },
      undefined,
      async () => {
        renewed++
        return object.url
      },
    )
    await done
    expect(taken.equals(content)).toBe(true)
    expect(renewed).toBe(1)
  })

  test.each<
    readonly [string, (request: IncomingMessage, response: ServerResponse, count: number) => void, RegExp]
  >([
    [
      'a wrong Content-Range',
      (request, response) => answerRange(request, response, 0, { 'content-range': 'bytes 5-9/3000000' }),
      /answers the range bytes 5-9\/3000000/,
    ],
    [
      'no Content-Range',
      (_, response) => response.writeHead(206).end(content),
      /answers the range undefined/,
    ],
    [
      'more than the range',
      (request, response) => {
        response.writeHead(206, { 'content-range': `bytes 0-${rangeOf(request)[1] - 1}/${content.length}` })
        response.end(Buffer.concat([content, content]))
      },
      /more than the range|answers the range/,
    ],
    [
      'a redirect',
      (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(),
      /answers 302/,
    ],
    ['404', (_, response) => response.writeHead(404).end('gone'), /answers 404: gone/],
    [
      'an error with a long page',
      (_, response) => response.writeHead(400).end('x'.repeat(100_000)),
      /answers 400: x{1000}$/,
    ],
    ['503 each time', (_, response) => response.writeHead(503).end(), /answers 503/],
    ['silence', () => undefined, /no answer within 1 s/],
    [
      'another object in the middle',
      (request, response, count) => {
        const [from, to] = rangeOf(request)
        const size = count === 1 ? content.length : content.length + 1
        response.writeHead(206, { 'content-range': `bytes ${from}-${to - 1}/${size}` })
        if (count === 1) response.write(content.subarray(0, 1000), () => request.socket.destroy())
        else response.end(content.subarray(from, to))
      },
      /changed while it was read/,
    ],
  ])(
    'fails for %s',
    async (_, answer, words) => {
      const { done } = await read(answer)
      await expect(done).rejects.toThrow(words)
    },
    60_000,
  )
})

test('readRange ends a stalled body at once when the signal aborts', async () => {
  const server = createServer((_, response) => {
    response.writeHead(206, { 'content-range': `bytes 0-${content.length - 1}/${content.length}` })
    response.write(content.subarray(0, 1000))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/object`)
  const end = new AbortController()
  const take = () => end.abort(new Error('the deadline'))
  const wait = { connection: 60, silence: 60 }
  const done = readRange({ url }, 0, content.length, take, { signal: end.signal, wait })
  await expect(done).rejects.toThrow('the deadline')
})

describe('a server that asks to wait', () => {
  const busy = (_: IncomingMessage, response: ServerResponse) =>
    response.writeHead(429, { 'retry-after': '60' }).end('slow down')

  test('gets one long pause, and no second one', async () => {
    const { done, ranges } = await read(busy)
    await expect(done).rejects.toThrow('the server answers 429: slow down')
    expect(ranges).toHaveLength(2)
  })

  test('does not outlast the deadline, whose error names the reason', async () => {
    const server = createServer(busy)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/object`)
    const end = new AbortController()
    setTimeout(() => end.abort(new HttpTimeout('no answer within 1 s')), 100)
    const began = performance.now()
    const done = readRange({ url }, 0, content.length, () => {}, { signal: end.signal })
    await expect(done).rejects.toThrow('no answer within 1 s; before: the server answers 429: slow down')
    expect(performance.now() - began).toBeLessThan(5000)
  })
})
