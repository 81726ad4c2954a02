import * as http from 'node:http'
import * as https from 'node:https'
import { isIP, type Socket } from 'node:net'
import * as tls from 'node:tls'
import { getProxyUrl } from '@actions/http-client/lib/proxy'
import { ActionError } from '../errors.ts'
import { now } from './clock.ts'

/** An error status from the proxy in place of a connection. */
export class ProxyError extends ActionError {
  readonly status: number

  constructor(status: number) {
    super('proxy', `the proxy answers ${status}`)
    this.status = status
  }
}

/**
 * Returns how a request reaches an address: directly, or through the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY
 * name for it. All of GitHub's own actions read them this way (@actions/http-client). This module has its own client,
 * because theirs cannot abort a connection attempt.
 *
 * @param signal aborts the opening of a tunnel
 * @param connections connections that requests share, except for those in a tunnel
 * @returns options for `request` of node:http or node:https, according to the address
 * @throws ProxyError when the proxy opens no tunnel
 */
async function routeTo(
  url: URL,
  signal: AbortSignal,
  connections?: Connections,
): Promise<http.RequestOptions> {
  const proxyUrl = getProxyUrl(url)
  // getProxyUrl decodes user name and password; a new URL has them encoded.
  const proxy = proxyUrl === undefined ? undefined : new URL(proxyUrl.href)
  const direct = requestTarget(url)
  const shared = connections === undefined ? {} : { agent: connections.agentFor(proxy ?? url) }
  if (proxy === undefined) return { ...direct, ...shared }
  if (url.protocol === 'http:' && proxy.protocol === 'http:') {
    const headers = basicAuthentication(proxy, 'proxy-authorization')
    return { ...requestTarget(proxy), ...shared, path: `${url.origin}${direct.path}`, headers }
  }
  const socket = await openTunnel(proxy, url, signal)
  const host = String(direct.hostname)
  const { agent: _, ...rest } = direct
  const secured = () => tls.connect({ socket, host, ...(isIP(host) === 0 ? { servername: host } : {}) })
  return { ...rest, createConnection: url.protocol === 'https:' ? secured : () => socket }
}

/** Connections that stay open after a request, for the next one to the same server. */
export interface Connections {
  /** Returns the agent that holds the connections to the server of an address. */
  readonly agentFor: (url: URL) => http.Agent
  /** Closes all connections. */
  readonly close: () => void
}

/** Opens a set of connections, which is empty at first. */
export function openConnections(): Connections {
  const agents = {
    http: new http.Agent({ keepAlive: true }),
    https: new https.Agent({ keepAlive: true }),
  }
  return {
    agentFor: ({ protocol }) => (protocol === 'https:' ? agents.https : agents.http),
    close: () => {
      agents.http.destroy()
      agents.https.destroy()
    },
  }
}

/** Returns the header with user name and password of an address; empty when it has neither. */
function basicAuthentication({ username, password }: URL, header: string): Record<string, string> {
  if (username === '' && password === '') return {}
  const pair = [username, password].map(decodeURIComponent).join(':')
  return { [header]: `Basic ${Buffer.from(pair).toString('base64')}` }
}

/** Returns the client module for an address. */
function httpModuleFor({ protocol }: URL): typeof http | typeof https {
  return protocol === 'https:' ? https : http
}

function openTunnel(proxy: URL, target: URL, signal: AbortSignal): Promise<Socket> {
  const authority = `${target.hostname}:${target.port || (target.protocol === 'https:' ? 443 : 80)}`
  const headers = { host: authority, ...basicAuthentication(proxy, 'proxy-authorization') }
  return new Promise((resolve, reject) => {
    const connectRequest = httpModuleFor(proxy).request({
      ...requestTarget(proxy),
      method: 'CONNECT',
      path: authority,
      headers,
      signal,
    })
    connectRequest.on('error', reject)
    connectRequest.once('connect', ({ statusCode = 0 }, socket: Socket) => {
      if (statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(new ProxyError(statusCode))
    })
    connectRequest.end()
  })
}

function requestTarget({ hostname, port, pathname, search }: URL): http.RequestOptions {
  return {
    hostname: hostname.replace(/^\[|\]$/g, ''),
    ...(port === '' ? {} : { port }),
    path: `${pathname}${search}`,
    // A separate connection, which ends with the request.
    agent: false,
  }
}

/** Timeouts, in seconds. */
export interface HttpTimeouts {
  /** For a connection. */
  readonly connection: number
  /** For the next byte. */
  readonly silence: number
}

/** A timeout of a request. */
export class HttpTimeout extends ActionError {
  constructor(message: string) {
    super('http-timeout', message)
  }
}

const maxRedirects = 10

/**
 * Requests an address and follows redirects. Sends user name and password of the address as HTTP Basic authentication,
 * to its own origin only.
 *
 * @param method the HTTP method
 * @returns the answer once its head has arrived; the caller reads or destroys its body
 * @throws HttpTimeout, ProxyError, or the system's error when there is no answer
 */
export async function followRedirects(
  start: URL,
  wait: HttpTimeouts,
  method: 'GET' | 'HEAD' = 'GET',
): Promise<http.IncomingMessage> {
  let url = start
  for (let count = 0; count <= maxRedirects; count++) {
    // Credentials for one origin must not reach another.
    const headers = url.origin === start.origin ? basicAuthentication(start, 'authorization') : {}
    const answer = await sendRequest(url, { method, headers, wait })
    const location = answer.headers.location
    if (![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) || location === undefined) return answer
    answer.destroy()
    const next = new URL(location, url)
    if (!/^https?:$/.test(next.protocol) || (url.protocol === 'https:' && next.protocol === 'http:')) {
      throw new Error(`it redirects to ${next.protocol}//${next.host}, which is not safe`)
    }
    url = next
  }
  throw new Error(`it redirects more than ${maxRedirects} times`)
}

/** What to send to an address. */
export interface HttpRequest {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  readonly wait: HttpTimeouts
  /** Aborts the request. */
  readonly signal?: AbortSignal
  /** Connections to share with other requests; by default the request has its own. */
  readonly connections?: Connections | undefined
}

/** Length of a part of a body, in bytes. Each part that the system takes counts as progress. */
const bodyPart = 256 * 1024

/**
 * Sends one request, and follows no redirect.
 *
 * @returns the answer once its head has arrived; the caller reads or destroys its body
 * @throws HttpTimeout, ProxyError, the reason of `signal`, or the system's error when there is no answer
 */
export async function sendRequest(url: URL, request: HttpRequest): Promise<http.IncomingMessage> {
  const { method, headers, body, wait, signal, connections } = request
  const end = new AbortController()
  const giveUp = (seconds: number, what: string) =>
    setTimeout(() => end.abort(new HttpTimeout(`${what} within ${seconds} s`)), seconds * 1000)
  let timer = giveUp(wait.connection, 'no connection')
  const connected = () => {
    clearTimeout(timer)
    timer = giveUp(wait.silence, 'no answer')
  }
  const abort = () => end.abort(signal?.reason)
  signal?.addEventListener('abort', abort)
  try {
    signal?.throwIfAborted()
    const route = await routeTo(url, end.signal, connections)
    let isReused = false
    return await new Promise<http.IncomingMessage>((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': String(body.length) }
      const all = { host: url.host, 'user-agent': 'go-deps-action', ...route.headers, ...length, ...headers }
      const sent = httpModuleFor(url).request({ ...route, method, headers: all, signal: end.signal }, resolve)
      sent.on('error', reject)
      sent.once('socket', (socket) => {
        isReused = sent.reusedSocket
        if (socket.connecting) socket.once('connect', connected)
        else connected()
      })
      writeBody(sent, body, () => timer.refresh()).catch(reject)
    }).catch((error: NodeJS.ErrnoException) => {
      // The server had closed the connection, and did not see the request.
      if (isReused && ['ECONNRESET', 'EPIPE'].includes(error.code ?? '') && !end.signal.aborted)
        return sendRequest(url, request)
      throw error
    })
  } catch (error) {
    throw end.signal.aborted ? end.signal.reason : error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

async function writeBody(
  sent: http.ClientRequest,
  body: Uint8Array | undefined,
  onProgress: () => void,
): Promise<void> {
  for (let at = 0; body !== undefined && at < body.length; at += bodyPart) {
    // An early answer, such as an error, ends the request.
    if (!sent.write(body.subarray(at, at + bodyPart)) && !sent.destroyed) await drained(sent)
    onProgress()
  }
  sent.end()
}

/** Waits until the system takes more of a body, or the connection ends. */
function drained(sent: http.ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      for (const event of ['drain', 'close']) sent.off(event, go)
      resolve()
    }
    for (const event of ['drain', 'close']) sent.on(event, go)
  })
}

/**
 * Parses a Retry-After header (RFC 9110, section 10.2.3).
 *
 * @param header seconds, or a date
 * @param at the current time, in milliseconds since 1970
 * @returns seconds from now, 0 for a past date; undefined when the header is absent or invalid
 */
export function parseRetryAfter(header: string | undefined, at: number): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d+$/.test(text)) return Number(text)
  // A date has letters; a number with a sign or a decimal point is invalid.
  const date = /^[A-Z][a-z]+,? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - at) / 1000))
}

/** Short timeouts: the answer is not worth a long wait. */
const shortTimeouts: HttpTimeouts = { connection: 3, silence: 3 }

/**
 * Requests an address once, without its content, to read its Retry-After header. Sends no credentials, so a server that
 * requires them may not send the header.
 *
 * @param address https, or http on this machine; others are not requested
 * @returns seconds from now; undefined without the header, or for a status other than 429 and 503
 */
export async function askRetryAfter(address: string): Promise<number | undefined> {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isLocal = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url?.hostname ?? '')
  if (url === undefined || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)))
    return undefined
  url.username = ''
  url.password = ''
  try {
    const answer = await followRedirects(url, shortTimeouts, 'HEAD')
    answer.destroy()
    if (answer.statusCode !== 429 && answer.statusCode !== 503) return undefined
    return parseRetryAfter(answer.headers['retry-after'], now())
  } catch {
    return undefined
  }
}
