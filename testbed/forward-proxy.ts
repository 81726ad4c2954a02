import { createServer, request as forward, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'

/** What was asked of a forward proxy. */
export interface ForwardedRequest {
  readonly method: string
  /** Address without its query; of a tunnel the host and port. */
  readonly address: string
  readonly status: number
}

/** A running forward proxy. */
export interface ForwardProxy {
  readonly url: string
  /** Addresses that were asked for, in order. */
  readonly requests: readonly ForwardedRequest[]
  /** What makes clients use it; what listens on 127.0.0.1 is still reached directly. */
  environment(): Record<string, string>
  stop(): Promise<void>
}

/**
 * Starts an HTTP proxy on 127.0.0.1 that knows a few names and leads them to local servers, so that clients
 * that treat a host name specially can be tested without touching the machine's name resolution. It makes tunnels for
 * https, too. All other names get 502: nothing leaves the machine.
 *
 * @param routes origin, such as `http://127.0.0.1:8080`, by host name
 * @param options `password`: as `user:password`, without which it answers 407
 */
export async function startForwardProxy(
  routes: Readonly<Record<string, string>>,
  { password }: { readonly password?: string } = {},
): Promise<ForwardProxy> {
  const requests: { method: string; address: string; status: number }[] = []
  const isUnknown = ({ headers }: IncomingMessage) =>
    password !== undefined &&
    headers['proxy-authorization'] !== `Basic ${Buffer.from(password).toString('base64')}`
  const originOf = (name: string) => (Object.hasOwn(routes, name) ? routes[name] : undefined)
  const server = createServer((incoming, outgoing) => {
    const asked = new URL(incoming.url ?? '/', `http://${incoming.headers.host}`)
    const seen = { method: incoming.method ?? '', address: `${asked.origin}${asked.pathname}`, status: 502 }
    requests.push(seen)
    const origin = originOf(asked.hostname)
    if (isUnknown(incoming)) {
      seen.status = 407
      outgoing.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end()
      return
    }
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
  const tunnels = new Set<Socket>()
  server.on('connect', (incoming: IncomingMessage, client: Socket) => {
    const address = incoming.url ?? ''
    const origin = originOf(address.replace(/:\d+$/, ''))
    const status = isUnknown(incoming) ? 407 : origin === undefined ? 502 : 200
    requests.push({ method: 'CONNECT', address, status })
    tunnels.add(client)
    client.on('error', () => client.destroy())
    if (status !== 200 || origin === undefined) {
      const head =
        status === 407
          ? ['407 Proxy Authentication Required', 'Proxy-Authenticate: Basic realm="proxy"']
          : ['502 Bad Gateway']
      client.end(
        [`HTTP/1.1 ${head.join('\r\n')}`, 'Connection: close', 'Content-Length: 0', '\r\n'].join('\r\n'),
      )
      return
    }
    const { hostname, port } = new URL(origin)
    const onward = connect(Number(port), hostname, () => client.write('HTTP/1.1 200 OK\r\n\r\n'))
    tunnels.add(onward)
    client.pipe(onward).pipe(client)
    client.once('close', () => onward.destroy())
    onward.on('error', () => client.destroy())
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
      for (const tunnel of tunnels) tunnel.destroy()
      await closed
    },
  }
}
