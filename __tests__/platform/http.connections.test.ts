import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { openConnections, sendRequest } from '../../src/platform/http.ts'

/** A server that counts its connections, and closes one at the request with this number on it. */
async function start(closesAt: number) {
  const served = new Map<Socket, number>()
  const server = createServer((request, response) => {
    const count = (served.get(request.socket) ?? 0) + 1
    served.set(request.socket, count)
    if (count === closesAt) return void request.socket.resetAndDestroy()
    request.resume()
    request.once('end', () => response.end('ok'))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { served, url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`) }
}

async function put(url: URL, connections?: ReturnType<typeof openConnections>) {
  const wait = { connection: 5, silence: 5 }
  const answer = await sendRequest(url, {
    ...{ method: 'PUT', headers: {}, body: Buffer.alloc(300_000), wait, connections },
  })
  answer.resume()
  await once(answer, 'end')
  return answer.statusCode
}

test('requests with shared connections use one after the other, and others have their own', async () => {
  const { served, url } = await start(0)
  const connections = openConnections()
  for (let count = 0; count < 3; count++) await put(url, connections)
  expect([...served.values()]).toEqual([3])
  for (let count = 0; count < 2; count++) await put(url)
  expect([...served.values()]).toEqual([3, 1, 1])
  connections.close()
})

test('a request on a connection that the server has closed goes over a new one', async () => {
  const { served, url } = await start(2)
  const connections = openConnections()
  for (let count = 0; count < 3; count++) expect(await put(url, connections)).toBe(200)
  expect([...served.values()]).toEqual([2, 2, 1])
  connections.close()
})

test('a reset of a new connection is an error', async () => {
  const { url } = await start(1)
  const connections = openConnections()
  await expect(put(url, connections)).rejects.toMatchObject({
    code: expect.stringMatching(/ECONNRESET|EPIPE/),
  })
  connections.close()
})
