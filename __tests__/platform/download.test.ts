import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import {
  type AddressInfo,
  connect,
  createServer as createPlainServer,
  type Server as PlainServer,
  type Socket,
} from 'node:net'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { fetchFile, fetchText } from '../../src/platform/download.ts'
import { startForwardProxy } from '../../testbed/forward-proxy.ts'
import { temporaryFolder } from '../temporary.ts'

const impatient = { connection: 5, silence: 0.3 }

async function listen(server: PlainServer): Promise<string> {
  const connections = new Set<Socket>()
  server.on('connection', (socket) => connections.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    for (const socket of connections) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function serve(listener: RequestListener): Promise<string> {
  return listen(createServer(listener))
}

/** A proxy that tunnels every connection to one port of this machine, or refuses it. */
async function startTunnel(port: number, refusal?: string) {
  const asked: string[] = []
  const server = createServer()
  server.on('connect', (request: IncomingMessage, socket, head) => {
    asked.push(request.url ?? '')
    if (refusal !== undefined) return void socket.end(`HTTP/1.1 ${refusal}\r\n\r\n`)
    const onward = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.write(head)
      onward.pipe(socket).pipe(onward)
    })
    // When either side hangs up, the other is closed too.
    socket.on('error', () => onward.destroy())
    onward.on('error', () => socket.destroy())
  })
  return { asked, url: await listen(server) }
}

function useProxy(variables: Readonly<Record<string, string>>): void {
  // First, because Windows does not tell these names from those in lower case.
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']) vi.stubEnv(name, '')
  for (const name of ['http_proxy', 'https_proxy', 'no_proxy']) vi.stubEnv(name, variables[name] ?? '')
  onTestFinished(() => void vi.unstubAllEnvs())
}

describe('a text', () => {
  test('is returned as it is', async () => {
    const url = await serve((request, response) => response.end(`${request.method} ${request.url} ü`))
    expect(await fetchText(`${url}/a/?b=c`)).toEqual({ text: 'GET /a/?b=c ü' })
  })

  test('is requested with user and password of the address', async () => {
    const url = await serve((request, response) => response.end(request.headers.authorization))
    const address = url.replace('//', '//me:p%40ss@')
    expect(await fetchText(address)).toEqual({ text: `Basic ${btoa('me:p@ss')}` })
  })

  test('follows a redirect to another host, without sending it the password', async () => {
    const other = await serve((request, response) => response.end(`${request.headers.authorization}`))
    const url = await serve((_, response) => response.writeHead(302, { location: `${other}/x` }).end())
    expect(await fetchText(url.replace('//', '//me:pass@'))).toEqual({ text: 'undefined' })
  })

  test('follows a relative redirect within its host', async () => {
    const url = await serve((request, response) => {
      if (request.url === '/a/b') response.writeHead(307, { location: '../c' }).end()
      else response.end(`${request.url} ${request.headers.authorization}`)
    })
    expect(await fetchText(`${url.replace('//', '//me:pass@')}/a/b`)).toEqual({
      text: `/c Basic ${btoa('me:pass')}`,
    })
  })

  test.each(['file:///etc/hostname', 'ftp://127.0.0.1/'])('follows no redirect to %s', async (location) => {
    const url = await serve((_, response) => response.writeHead(302, { location }).end())
    expect(await fetchText(url)).toEqual({ why: expect.stringContaining('not safe'), isTransient: false })
  })

  test('stops at a redirect loop', async () => {
    const url = await serve((_, response) => response.writeHead(302, { location: '/' }).end())
    expect(await fetchText(url)).toEqual({ why: expect.stringContaining('more than'), isTransient: false })
  })

  test.each([
    [404, false],
    [403, false],
    [500, true],
    [503, true],
    [429, true],
  ])('with answer %i may be retried: %s', async (status, isTransient) => {
    const url = await serve((_, response) => response.writeHead(status).end('no'))
    const failure = await fetchText(url)
    expect(failure).toMatchObject({ status, isTransient, why: expect.stringContaining(String(status)) })
  })

  test.each(['', 'go.dev/dl', 'file:///etc/hostname', 'https://', 'http://%'])(
    'rejects the address %j',
    async (url) => {
      expect(await fetchText(url)).toEqual({
        why: expect.stringContaining('not an http'),
        isTransient: false,
      })
    },
  )

  test('fails if nothing listens at the address', async () => {
    const failure = await fetchText('http://127.0.0.1:9/')
    expect(failure).toEqual({ why: expect.stringContaining('ECONNREFUSED'), isTransient: false })
  })

  test('may be retried after a connection that broke', async () => {
    const url = await serve((request) => request.socket.destroy())
    expect(await fetchText(url)).toMatchObject({ isTransient: true })
  })

  test('may be retried if a host sends nothing', async () => {
    const url = await serve(() => {})
    expect(await fetchText(url, impatient)).toEqual({ why: 'no answer within 0.3 s', isTransient: true })
  })

  test('may be retried if a host accepts no connection', async () => {
    // A proxy that never answers stands for a firewall that drops everything.
    useProxy({ https_proxy: await listen(createServer().on('connect', () => {})) })
    const failure = await fetchText('https://downloads.example.com/', { connection: 0.3, silence: 60 })
    expect(failure).toEqual({ why: 'no connection within 0.3 s', isTransient: true })
  })
})

const content = Buffer.alloc(300_000, 'go')

describe('a file', () => {
  test('is written while it arrives, and its SHA-256 is returned', async () => {
    const url = await serve((_, response) => response.end(content))
    const file = path.join(temporaryFolder(), 'go.tar.gz')
    expect(await fetchFile(url, file)).toEqual({ sha256: createHash('sha256').update(content).digest('hex') })
    expect(readFileSync(file).equals(content)).toBe(true)
  })

  test.each([
    ['stalls', (): void => {}],
    ['breaks off', (hangUp: () => void): void => hangUp()],
  ])('that %s may be retried, and leaves no file', async (_, then) => {
    const url = await serve((request, response) => {
      response.writeHead(200, { 'content-length': content.length })
      response.write(content.subarray(0, 100_000), () => then(() => request.socket.destroy()))
    })
    const file = path.join(temporaryFolder(), 'go.tar.gz')
    expect(await fetchFile(url, file, impatient)).toMatchObject({ isTransient: true })
    expect(existsSync(file)).toBe(false)
  })

  test('that does not exist leaves no file', async () => {
    const url = await serve((_, response) => response.writeHead(404).end(content))
    const file = path.join(temporaryFolder(), 'go.tar.gz')
    expect(await fetchFile(url, file)).toMatchObject({ status: 404 })
    expect(existsSync(file)).toBe(false)
  })

  test('that cannot be written is reported with the system error', async () => {
    const url = await serve((_, response) => response.end(content))
    const failure = await fetchFile(url, path.join(temporaryFolder(), 'absent', 'go.tar.gz'))
    expect(failure).toEqual({ why: expect.stringContaining('ENOENT'), isTransient: false })
  })
})

describe('a proxy', () => {
  test('is asked for the whole address', async () => {
    const url = await serve((request, response) => response.end(request.headers.host))
    const proxy = await startForwardProxy({ 'downloads.example.com': url })
    onTestFinished(() => proxy.stop())
    useProxy({ http_proxy: proxy.url })
    expect(await fetchText('http://downloads.example.com/go?a=b')).toEqual({ text: 'downloads.example.com' })
    expect(proxy.requests).toMatchObject([{ address: 'http://downloads.example.com/go' }])
  })

  test('gets its own user and password, and the server behind it the others', async () => {
    const url = await serve((request, response) => response.end(JSON.stringify(request.headers)))
    useProxy({ http_proxy: url.replace('//', '//us:them@') })
    const fetched = await fetchText('http://me:pass@downloads.example.com/')
    expect(JSON.parse('text' in fetched ? fetched.text : '{}')).toMatchObject({
      authorization: `Basic ${btoa('me:pass')}`,
      'proxy-authorization': `Basic ${btoa('us:them')}`,
    })
  })

  test('opens a tunnel for https, in which TLS names the server', async () => {
    let greeting = ''
    const server = createPlainServer((socket) => {
      socket.once('data', (data) => {
        greeting = data.toString('latin1')
        socket.destroy()
      })
    })
    const port = Number(new URL(await listen(server)).port)
    const tunnel = await startTunnel(port)
    useProxy({ https_proxy: tunnel.url })
    expect(await fetchText('https://me:pass@downloads.example.com/secret')).toMatchObject({
      isTransient: true,
    })
    expect(tunnel.asked).toEqual(['downloads.example.com:443'])
    // The first TLS message names the server, and nothing else is readable.
    expect(greeting).toContain('downloads.example.com')
    expect(greeting).not.toContain('secret')
  })

  test('that refuses is reported with its answer', async () => {
    const { url } = await startTunnel(9, '407 Proxy Authentication Required')
    useProxy({ https_proxy: url })
    expect(await fetchText('https://downloads.example.com/')).toEqual({
      status: 407,
      isTransient: false,
      why: 'the answer is 407 Proxy Authentication Required, from the proxy',
    })
  })

  test('is not used for hosts in NO_PROXY', async () => {
    useProxy({ http_proxy: 'http://127.0.0.1:9', no_proxy: 'absent.example.com' })
    const failure = await fetchText('http://absent.example.com/')
    expect(failure).toMatchObject({ why: expect.not.stringContaining('127.0.0.1:9') })
  })
})

describe('a slow file', () => {
  /** Sends one byte at this interval, for ever. */
  const trickle = (milliseconds: number) =>
    serve((_, response) => {
      response.writeHead(200)
      const timer = setInterval(() => response.write('x'), milliseconds)
      response.on('close', () => clearInterval(timer))
    })

  test.each([
    ['with too little data for a while', { silence: 0.4, leastRate: 1000 }, /^only \d+ bytes within 0\.4 s$/],
    ['too slowly as a whole', { silence: 60, total: 0.4 }, /^not all of it within 0\.4 s$/],
  ])('that arrives %s may be retried, and leaves no file', async (_, pace, why) => {
    const file = path.join(temporaryFolder(), 'go.tar.gz')
    const began = performance.now()
    expect(await fetchFile(await trickle(20), file, pace)).toEqual({
      why: expect.stringMatching(why),
      isTransient: true,
    })
    expect(performance.now() - began).toBeLessThan(5000)
    expect(existsSync(file)).toBe(false)
  })

  test('that arrives in time is not too slow, however often it is checked', async () => {
    const url = await serve((_, response) => {
      response.write(content.subarray(0, 100_000))
      setTimeout(() => response.write(content.subarray(100_000, 200_000)), 150)
      setTimeout(() => response.end(content.subarray(200_000)), 300)
    })
    const file = path.join(temporaryFolder(), 'go.tar.gz')
    const fetched = await fetchFile(url, file, { silence: 0.25, minRate: 1000, total: 20 })
    expect(fetched).toEqual({ sha256: createHash('sha256').update(content).digest('hex') })
  })
})
