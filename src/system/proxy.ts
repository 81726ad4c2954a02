import * as http from 'node:http'
import * as https from 'node:https'
import { isIP, type Socket } from 'node:net'
import * as tls from 'node:tls'
import { getProxyUrl } from '@actions/http-client/lib/proxy'

/** A proxy's own answer in place of a connection. */
export class ProxyRefused extends Error {
  readonly status: number

  constructor(status: number) {
    super(`the proxy answers ${status}`)
    this.name = 'ProxyRefused'
    this.status = status
  }
}

/**
 * How a request reaches an address: directly, or through the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name
 * for it, as all of GitHub's own actions read them (@actions/http-client). Their client itself cannot be told to give
 * up a connection.
 *
 * @param signal gives up the tunnel that is being opened
 * @returns options for `request` of node:http or node:https, whichever is that of the address
 * @throws ProxyRefused when the proxy opens no tunnel
 */
export async function routeTo(url: URL, signal: AbortSignal): Promise<http.RequestOptions> {
  const given = getProxyUrl(url)
  // What it returns has its user and password decoded already.
  const proxy = given === undefined ? undefined : new URL(given.href)
  const direct = placeOf(url)
  if (proxy === undefined) return direct
  if (url.protocol === 'http:' && proxy.protocol === 'http:') {
    const headers = basicAuthentication(proxy, 'proxy-authorization')
    return { ...placeOf(proxy), path: `${url.origin}${direct.path}`, headers }
  }
  const socket = await openTunnel(proxy, url, signal)
  const host = String(direct.hostname)
  const { agent: _, ...rest } = direct
  const secured = () => tls.connect({ socket, host, ...(isIP(host) === 0 ? { servername: host } : {}) })
  return { ...rest, createConnection: url.protocol === 'https:' ? secured : () => socket }
}

/** The header that carries user name and password of an address; none when it has neither. */
export function basicAuthentication({ username, password }: URL, header: string): Record<string, string> {
  if (username === '' && password === '') return {}
  const pair = [username, password].map(decodeURIComponent).join(':')
  return { [header]: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** The client for an address. */
export function clientFor({ protocol }: URL): typeof http | typeof https {
  return protocol === 'https:' ? https : http
}

function openTunnel(proxy: URL, target: URL, signal: AbortSignal): Promise<Socket> {
  const authority = `${target.hostname}:${target.port || (target.protocol === 'https:' ? 443 : 80)}`
  const headers = { host: authority, ...basicAuthentication(proxy, 'proxy-authorization') }
  return new Promise((resolve, reject) => {
    const asked = clientFor(proxy).request({
      ...placeOf(proxy),
      method: 'CONNECT',
      path: authority,
      headers,
      signal,
    })
    asked.on('error', reject)
    asked.once('connect', ({ statusCode = 0 }, socket: Socket) => {
      if (statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(new ProxyRefused(statusCode))
    })
    asked.end()
  })
}

function placeOf({ hostname, port, pathname, search }: URL): http.RequestOptions {
  return {
    hostname: hostname.replace(/^\[|\]$/g, ''),
    ...(port === '' ? {} : { port }),
    path: `${pathname}${search}`,
    // A connection of its own, which ends with the request.
    agent: false,
  }
}
