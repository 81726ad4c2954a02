import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ForwardProxy, startForwardProxy } from '../../testbed/forward-proxy.ts'

let proxy: ForwardProxy
const server = createServer((asked, answer) => {
  text(asked).then(
    (body) =>
      answer
        .writeHead(203, { 'x-seen': 'yes' })
        .end(`${asked.method} ${asked.headers.host} ${asked.url} ${body}`),
    () => answer.destroy(),
  )
})

beforeEach(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  proxy = await startForwardProxy({ 'known.test': origin })
})

afterEach(async () => {
  await proxy.stop()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})

/** Asks the proxy as HTTP clients do: with a whole address in the request line. */
async function ask(address: string): Promise<{ status: number; seen: unknown; body: string }> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(proxy.url)
    const headers = { host: new URL(address).host }
    const asked = request({ hostname, port, method: 'POST', path: address, headers }, (answer) => {
      text(answer).then(
        (body) => resolve({ status: answer.statusCode ?? 0, seen: answer.headers['x-seen'], body }),
        reject,
      )
    })
    asked.on('error', reject).end('body')
  })
}

test('a known name is led to its server, everything else unchanged', async () => {
  expect(await ask('http://known.test/path?query=1')).toEqual({
    status: 203,
    seen: 'yes',
    body: 'POST known.test /path?query=1 body',
  })
  expect(proxy.requests).toEqual([{ method: 'POST', address: 'http://known.test/path', status: 203 }])
})

test.each(['unknown.test', 'toString'])('the name %s gets 502: nothing leaves the machine', async (name) => {
  expect(await ask(`http://${name}/`)).toMatchObject({ status: 502, seen: undefined })
})

test('a server that is gone breaks the connection', async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await expect(ask('http://known.test/')).rejects.toThrow()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
