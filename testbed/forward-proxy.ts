import { createServer, request as forward } from 'node:http'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'

/** A running forward proxy. */
export interface ForwardProxy {
  readonly url: string
  /** Addresses that were asked for, in order, without their query. */
  readonly requests: readonly { readonly method: string; readonly address: string; readonly status: number }[]
  /** What makes clients use it; what listens on 127.0.0.1 is still reached directly. */
  environment(): Record<string, string>
  stop(): Promise<void>
}

/**
 * Starts an HTTP proxy on 127.0.0.1 that knows a few names and leads them to local servers, so that clients
 * that treat a host name specially can be tested without touching the machine's name resolution. All other
 * names get 502: nothing leaves the machine.
 *
 * @param routes origin, such as `http://127.0.0.1:8080`, by host name
 */
export async function startForwardProxy(routes: Readonly<Record<string, string>>): Promise<ForwardProxy> {
  const requests: { method: string; address: string; status: number }[] = []
  const server = createServer((incoming, outgoing) => {
    const asked = new URL(incoming.url ?? '/', `http://${incoming.headers.host}`)
    const seen = { method: incoming.method ?? '', address: `${asked.origin}${asked.pathname}`, status: 502 }
    requests.push(seen)
    const origin = Object.hasOwn(routes, asked.hostname) ? routes[asked.hostname] : undefined
    if (origin === undefined) {
      outgoing.writeHead(502).end(`no route to ${asked.hostname}`)
      return
    }
    const { method, headers } = incoming
    const options = { method: method ?? 'GET', headers: { ...headers, host: asked.host } }
    const onward = forward(new URL(`${asked.pathname}${asked.search}`, origin), options, (answer) => {
      seen.status = answer.statusCode ?? 0
      outgoing.writeHead(seen.status, answer.rawHeaders)
      pipeline(answer, outgoing).catch(() => outgoing.destroy())
    })
    pipeline(incoming, onward).catch(() => outgoing.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    requests,
    environment: () => ({ http_proxy: url, no_proxy: '127.0.0.1' }),
    async stop() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeAllConnections()
      await closed
    },
  }
}
