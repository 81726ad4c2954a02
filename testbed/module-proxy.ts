import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import * as http from 'node:http'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import * as https from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { getCACertificates } from 'node:tls'
import { downloadEnvironment } from './environment.ts'

/** What a request asks for; `other` is nothing a module proxy knows. */
export type ProxyRequestKind = 'info' | 'mod' | 'zip' | 'list' | 'latest' | 'sumdb' | 'other'

/** One request as it was answered. */
export type ProxyRequest = {
  readonly kind: ProxyRequestKind
  /** The path with `!x` turned back into `X`. */
  readonly path: string
  /** Decoded; empty for sumdb and other requests. */
  readonly module: string
  /** Decoded; empty where the request names none. */
  readonly version: string
  /** 0 for an answer that broke off. */
  readonly status: number
}

/** Answers that are not the truth. */
export type ProxyFault = {
  /** Which requests; all when absent. */
  readonly kind?: ProxyRequestKind
  /** The module path; all when absent. */
  readonly module?: string
  /** How many requests it hits before it is used up; without end when absent. */
  readonly times?: number
  /** Answered instead, with `body` as text/plain; when absent the true answer is given (after the latency). */
  readonly status?: number
  readonly body?: string
  /** Sent as Retry-After, with `status`. */
  readonly retryAfter?: string
  /** After so many bytes of the true answer the connection breaks. */
  readonly cutAfter?: number
  /** Waited for before answering. */
  readonly latencyMs?: number
}

/** Where the modules come from: the folder first, then upstream; 404 when neither has it. */
export type ModuleProxyOptions = {
  /** A `cache/download` folder as the go command lays it out below GOMODCACHE. */
  readonly folder?: string
  /** Another proxy's URL, with or without user and password. */
  readonly upstream?: string
}

/** A running proxy. */
export type ModuleProxy = {
  /** For GOPROXY. */
  readonly url: string
  /** Every request so far, in the order of the answers. */
  readonly requests: readonly ProxyRequest[]
  /** Adds a fault; of several that fit a request the oldest one counts. */
  readonly fail: (fault: ProxyFault) => void
  /** Takes all faults away. */
  readonly fix: () => void
  readonly stop: () => Promise<void>
}

/**
 * Starts a module proxy on 127.0.0.1 that writes down what it is asked, and that fails as it is told to; to honest
 * requests for what it serves it gives the answers of Athens and goproxy (module-servers.test.ts). Without upstream it knows no checksum
 * database, and says so with 404 as plain proxies do (https://go.dev/ref/mod#goproxy-protocol).
 */
export async function startModuleProxy(options: ModuleProxyOptions): Promise<ModuleProxy> {
  const requests: ProxyRequest[] = []
  const faults: { fault: ProxyFault; left: number }[] = []
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = decodeURIComponent(new URL(request.url ?? '/', 'http://127.0.0.1').pathname)
    const asked = describeRequest(path)
    // What is only looked at counts for nothing.
    const isLook = request.method === 'HEAD'
    const fault = takeFault(faults, asked, isLook ? 0 : 1)
    if (fault?.latencyMs) await sleep(fault.latencyMs)
    const { status, body } =
      fault?.status === undefined
        ? await find(options, path)
        : { status: fault.status, body: Buffer.from(fault.body ?? `injected ${fault.status}\n`) }
    const cut = fault?.cutAfter
    if (!isLook) requests.push({ ...asked, status: cut === undefined ? status : 0 })
    const type = status === 200 ? contentTypes[asked.kind] : 'text/plain; charset=utf-8'
    const wish = fault?.retryAfter === undefined ? {} : { 'retry-after': fault.retryAfter }
    response.writeHead(status, { 'content-type': type, 'content-length': body.length, ...wish })
    if (cut === undefined) response.end(body)
    else response.write(body.subarray(0, cut), () => response.destroy())
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(502).end(String(error)))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  }
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const fail = (fault: ProxyFault): void => {
    faults.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY })
  }
  const fix = (): void => {
    faults.length = 0
  }
  return { url, requests, fail, fix, stop }
}

const contentTypes: Readonly<Record<ProxyRequestKind, string>> = {
  info: 'application/json',
  latest: 'application/json',
  list: 'text/plain; charset=utf-8',
  mod: 'text/plain; charset=utf-8',
  other: 'text/plain; charset=utf-8',
  sumdb: 'application/octet-stream',
  zip: 'application/zip',
}

function describeRequest(escaped: string): Omit<ProxyRequest, 'status'> {
  // Case encoding of https://go.dev/ref/mod#goproxy-protocol
  const path = escaped.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase())
  if (path.startsWith('/sumdb/')) return { kind: 'sumdb', path, module: '', version: '' }
  const latest = /^\/(?<module>.+)\/@latest$/.exec(path)?.groups
  if (latest) return { kind: 'latest', path, module: latest.module ?? '', version: '' }
  const groups = /^\/(?<module>.+)\/@v\/(?<file>[^/]+)$/.exec(path)?.groups
  const { module = '', file = '' } = groups ?? {}
  if (file === 'list') return { kind: 'list', path, module, version: '' }
  const kind = (['info', 'mod', 'zip'] as const).find((suffix) => file.endsWith(`.${suffix}`))
  if (kind === undefined) return { kind: 'other', path, module: '', version: '' }
  return { kind, path, module, version: file.slice(0, -kind.length - 1) }
}

function takeFault(
  faults: { fault: ProxyFault; left: number }[],
  asked: Omit<ProxyRequest, 'status'>,
  count: 0 | 1,
): ProxyFault | undefined {
  const found = faults.find(
    ({ fault, left }) =>
      left > 0 &&
      (fault.kind ?? asked.kind) === asked.kind &&
      (fault.module ?? asked.module) === asked.module,
  )
  if (found) found.left -= count
  return found?.fault
}

async function find(options: ModuleProxyOptions, path: string): Promise<{ status: number; body: Buffer }> {
  const { folder, upstream } = options
  if (folder !== undefined && !path.split('/').includes('..')) {
    const body = await readFile(join(folder, path)).catch(() => undefined)
    if (body) return { status: 200, body }
  }
  if (upstream === undefined) return { status: 404, body: Buffer.from('not found\n') }
  const target = new URL(upstream)
  const headers: Record<string, string> = {}
  if (target.username !== '') {
    const [user, password] = [target.username, target.password].map(decodeURIComponent)
    headers.authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    target.username = ''
    target.password = ''
  }
  target.pathname = target.pathname.replace(/\/$/, '') + path
  try {
    return await download(target, headers)
  } catch (error) {
    return { status: 502, body: Buffer.from(`upstream: ${String(error)}\n`) }
  }
}

/** Trusts what the machine's downloads trust: under vitest this process does not have NODE_EXTRA_CA_CERTS itself. */
async function download(
  target: URL,
  headers: Readonly<Record<string, string>>,
): Promise<{ status: number; body: Buffer }> {
  const { NODE_EXTRA_CA_CERTS: extra } = downloadEnvironment()
  const ca = [
    ...getCACertificates('default'),
    ...(extra === undefined ? [] : [await readFile(extra, 'utf8')]),
  ]
  const sent =
    target.protocol === 'https:' ? https.get(target, { headers, ca }) : http.get(target, { headers })
  const [response] = (await once(sent, 'response')) as [http.IncomingMessage]
  const { statusCode = 0, headers: answered } = response
  if (statusCode >= 300 && statusCode < 400 && answered.location !== undefined) {
    response.resume()
    const next = new URL(answered.location, target)
    return download(next, next.origin === target.origin ? headers : {})
  }
  return { status: statusCode, body: await buffer(response) }
}
