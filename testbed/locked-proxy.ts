import { request as ask } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** An answer that does not come from the server behind. */
export interface LockedAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Waited for before. */
  readonly delayMs?: number
}

/** What stands in front of a server. */
export interface LockedProxyOptions {
  /** PEM texts. */
  readonly key: string | Buffer
  readonly certificate: string | Buffer
  /** Address of the server behind it. */
  readonly target: string
  /** As `user:password`; everybody may pass when neither this nor `bearer` is there. */
  readonly password?: string
  /** A token that is wanted instead. */
  readonly bearer?: string
  /** What it says with 401. */
  readonly unknown?: LockedAnswer
  /** Only below this path there is something, such as `/repository/go`; the server behind does not see it. */
  readonly prefix?: string
  /** Answers to who has the password, instead of those of the server behind, by the path below the prefix. */
  readonly instead?: (path: string) => LockedAnswer | undefined
}

/** A request as it was answered. */
export interface LockedRequest {
  /** Whole, without its query. */
  readonly path: string
  readonly status: number
  /** `user:password`, or the bearer token, that came with it; empty if none did. */
  readonly given: string
}

/** A server of its own in front of another one, behind TLS and Basic authentication, or a bearer token. */
export interface LockedProxy {
  /** As `127.0.0.1:port`. */
  readonly host: string
  /** `https://`, the host and the prefix. */
  readonly url: string
  readonly requests: readonly LockedRequest[]
  readonly stop: () => Promise<void>
}

/** Starts it on 127.0.0.1. */
export async function startLockedProxy(options: LockedProxyOptions): Promise<LockedProxy> {
  const { password, bearer, prefix = '', instead } = options
  const scheme = bearer === undefined ? 'Basic' : 'Bearer'
  const wanted = bearer ?? password
  const {
    unknown = {
      status: 401,
      headers: { 'www-authenticate': `${scheme} realm="modules"` },
      body: 'who are you?',
    },
  } = options
  const requests: LockedRequest[] = []
  const server = createServer({ key: options.key, cert: options.certificate }, (request, response) => {
    const [pathname = '', query] = (request.url ?? '').split('?')
    const given = givenWith(request.headers.authorization ?? '', scheme)
    response.once('finish', () => requests.push({ path: pathname, status: response.statusCode, given }))
    const below = pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length) : undefined
    const answer = (): LockedAnswer | undefined => {
      if (wanted !== undefined && given !== wanted) return unknown
      if (below === undefined) return { status: 404, body: 'not found' }
      return instead?.(below)
    }
    const own = answer()
    if (own !== undefined) {
      const say = () =>
        response.writeHead(own.status, { 'content-type': 'text/plain', ...own.headers }).end(own.body)
      void sleep(own.delayMs ?? 0).then(say)
      return
    }
    const onward = ask(
      new URL(`${below}${query === undefined ? '' : `?${query}`}`, options.target),
      { method: request.method ?? 'GET' },
      (from) => {
        response.writeHead(from.statusCode ?? 0, { 'content-type': from.headers['content-type'] ?? '' })
        pipeline(from, response).catch(() => response.destroy())
      },
    )
    onward.once('error', (error) => response.writeHead(502).end(error.message)).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    host,
    url: `https://${host}${prefix}`,
    requests,
    stop: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function givenWith(header: string, scheme: 'Basic' | 'Bearer'): string {
  const [, named = '', value = ''] = /^(\w+) (.*)$/.exec(header) ?? []
  if (named.toLowerCase() !== scheme.toLowerCase()) return ''
  return scheme === 'Bearer' ? value : Buffer.from(value, 'base64').toString()
}
