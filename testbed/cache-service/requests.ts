import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import type { BlobStore, Stage } from './blob-store.ts'
import { answerBlobRequest, blobAddress } from './blobs.ts'
import { type Access, type Control, type RpcAnswer, twirpError } from './control.ts'
import { cutOff, type FaultRule, type Faults, type Operation, type Rpc, send, trickle } from './faults.ts'
import { type Link, pace } from './shaping.ts'
import { answerOlder, olderRequest, type Reservations } from './version1.ts'

/** A request that the service saw. */
export interface SeenRequest {
  readonly method: string
  /** With `?comp=…` for the parts of a block upload; without the rest of the query, which is secret. */
  readonly path: string
  readonly rpc?: Rpc
  readonly key?: string
  /** 0 as long as there is no answer. */
  readonly status: number
  /** Bytes of the archive that went up or down so far. */
  readonly bytes: number
}

/** What requests are answered from. */
export interface Parts {
  readonly control: Control
  readonly store: BlobStore
  readonly faults: Faults
  readonly links: { readonly up: Link; readonly down: Link }
  readonly latencyMs: number
  readonly secret: string
  /** Rights by runtime token. */
  readonly tokens: ReadonlyMap<string, Access>
  readonly seen: SeenRequest[]
  /** Entries that are being uploaded with version 1. */
  readonly reservations: Reservations
}

/**
 * Answers one request, whatever it is for, and adds it to those that were seen.
 *
 * @throws what the network or the disk throws
 */
export async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  parts: Parts,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (url.pathname.startsWith('/twirp/')) await answerRpc(request, response, url, parts)
  else if (olderRequest(request.method, url.pathname) === undefined)
    await answerBlob(request, response, url, parts)
  else await answerVersion1(request, response, url, parts)
}

async function answerVersion1(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  parts: Parts,
): Promise<void> {
  const older = olderRequest(request.method, url.pathname)
  if (older === undefined) return
  let bytes = 0
  parts.seen.push({
    method: request.method ?? '',
    path: url.pathname,
    get status() {
      return response.headersSent ? response.statusCode : 0
    },
    get bytes() {
      return bytes
    },
  })
  if (await befell(parts.faults.meet(older.operation), response, parts.latencyMs)) return
  const access = accessOf(request, parts)
  if (access === undefined) {
    send(response, { status: 401, body: { message: 'the token is missing or unknown' } })
    return
  }
  const stage = pace(parts.links.up, (passed) => {
    bytes += passed
  })
  await answerOlder(request, response, older, { ...parts, url, access, stage })
}

/** The rights of the token that a request holds. */
function accessOf({ headers }: IncomingMessage, { tokens }: Parts): Access | undefined {
  return tokens.get(/^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '')
}

async function answerRpc(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  parts: Parts,
): Promise<void> {
  const message = (await json(request).catch(() => undefined)) as
    | { readonly key?: unknown }
    | null
    | undefined
  const rpc = rpcOf(url.pathname)
  parts.seen.push({
    method: request.method ?? '',
    path: url.pathname,
    ...(rpc === undefined ? {} : { rpc }),
    ...(typeof message?.key === 'string' ? { key: message.key } : {}),
    get status() {
      return response.headersSent ? response.statusCode : 0
    },
    bytes: 0,
  })
  const rule = rpc === undefined ? undefined : parts.faults.meet(rpc)
  if (await befell(rule, response, parts.latencyMs)) return
  const access = accessOf(request, parts)
  send(response, reply())

  function reply(): RpcAnswer {
    if (rpc === undefined || request.method !== 'POST') return twirpError('bad_route', 'no such method')
    if (access === undefined) return twirpError('unauthenticated', 'the token is missing or unknown')
    if (message === undefined) return twirpError('malformed', 'the request is not JSON')
    return parts.control.call(rpc, message, access)
  }
}

async function answerBlob(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  parts: Parts,
): Promise<void> {
  const address = blobAddress(request.headers.host ?? '', url)
  const part = address.query.get('comp')
  const key = parts.control.keyOf(Number(address.name.split('/').at(-1)))
  let bytes = 0
  parts.seen.push({
    method: request.method ?? '',
    path: part === null ? url.pathname : `${url.pathname}?comp=${part}`,
    ...(key === undefined ? {} : { key }),
    get status() {
      return response.headersSent ? response.statusCode : 0
    },
    get bytes() {
      return bytes
    },
  })
  const rule = parts.faults.meet(blobOperation(request.method))
  if (await befell(rule, response, parts.latencyMs)) return
  const count = (passed: number) => {
    bytes += passed
  }
  const gone = new Promise<void>((resolve) => response.once('close', resolve))
  const slower = stagesOf(rule, gone)
  const stages = { upload: pace(parts.links.up, count), download: [...slower, pace(parts.links.down, count)] }
  await answerBlobRequest(request, response, address, { store: parts.store, secret: parts.secret, stages })
}

/** Lets time pass and a fault happen. @returns whether that was all there is to the request */
async function befell(
  rule: FaultRule | undefined,
  response: ServerResponse,
  latencyMs: number,
): Promise<boolean> {
  const delay = latencyMs + (rule?.delayMs ?? 0)
  if (delay > 0) await sleep(delay)
  const effect = rule?.effect
  if (effect?.kind === 'answer') send(response, effect.answer)
  if (effect?.kind === 'reset') response.socket?.resetAndDestroy()
  return effect !== undefined && effect.kind !== 'cut' && effect.kind !== 'trickle'
}

/** What a rule does to the bytes of a download on their way. */
function stagesOf(rule: FaultRule | undefined, gone: Promise<void>): readonly Stage[] {
  const effect = rule?.effect
  if (effect?.kind === 'cut') return [cutOff(effect, gone)]
  return effect?.kind === 'trickle' ? [trickle(effect)] : []
}

function rpcOf(path: string): Rpc | undefined {
  const name = /^\/twirp\/github\.actions\.results\.api\.v1\.CacheService\/(\w+)$/.exec(path)?.[1]
  const rpcs: readonly Rpc[] = ['CreateCacheEntry', 'FinalizeCacheEntryUpload', 'GetCacheEntryDownloadURL']
  return rpcs.find((rpc) => rpc === name)
}

function blobOperation(method: string | undefined): Operation {
  if (method === 'PUT') return 'upload'
  return method === 'HEAD' ? 'head' : 'download'
}
