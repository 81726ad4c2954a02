import type * as http from 'node:http'
import { basicAuthentication, clientFor, routeTo } from './proxy.ts'

/** How long to wait, in seconds. */
export interface Patience {
  /** For a connection. */
  readonly connection: number
  /** For the next byte. */
  readonly silence: number
}

/** Nothing came in time. */
export class TooLate extends Error {}

const mostRedirects = 10

/**
 * Asks for what is at an address, and follows where it leads. User name and password in the address are sent as HTTP Basic
 * authentication, to its own host.
 *
 * @param method what is asked
 * @returns the answer once its head has come; its body is to be read or destroyed
 * @throws TooLate, ProxyRefused, or the error of the system when there is no answer
 */
export async function followRedirects(
  start: URL,
  wait: Patience,
  method: 'GET' | 'HEAD' = 'GET',
): Promise<http.IncomingMessage> {
  let url = start
  for (let count = 0; count <= mostRedirects; count++) {
    // What a server's owner gave us for one host is for no other.
    const answer = await request(
      url,
      url.origin === start.origin ? basicAuthentication(start, 'authorization') : {},
      wait,
      method,
    )
    const location = answer.headers.location
    if (![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) || location === undefined) return answer
    answer.destroy()
    const next = new URL(location, url)
    if (!/^https?:$/.test(next.protocol) || (url.protocol === 'https:' && next.protocol === 'http:')) {
      throw new Error(`it leads to ${next.protocol}//${next.host}, which is not safe to follow`)
    }
    url = next
  }
  throw new Error(`it leads on more than ${mostRedirects} times`)
}

async function request(
  url: URL,
  headers: Readonly<Record<string, string>>,
  wait: Patience,
  method: string,
): Promise<http.IncomingMessage> {
  const end = new AbortController()
  const giveUp = (seconds: number, what: string) =>
    setTimeout(() => end.abort(new TooLate(`${what} within ${seconds} s`)), seconds * 1000)
  let timer = giveUp(wait.connection, 'no connection')
  const connected = () => {
    clearTimeout(timer)
    timer = giveUp(wait.silence, 'no answer')
  }
  try {
    const route = await routeTo(url, end.signal)
    return await new Promise((resolve, reject) => {
      const all = { host: url.host, 'user-agent': 'go-deps-action', ...route.headers, ...headers }
      const sent = clientFor(url).request({ ...route, method, headers: all, signal: end.signal }, resolve)
      sent.on('error', reject)
      sent.once('socket', (socket) => {
        if (socket.connecting) socket.once('connect', connected)
        else connected()
      })
      sent.end()
    })
  } catch (error) {
    throw end.signal.aborted ? end.signal.reason : error
  } finally {
    clearTimeout(timer)
  }
}
