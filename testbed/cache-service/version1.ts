import type { IncomingMessage, ServerResponse } from 'node:http'
import { json } from 'node:stream/consumers'
import type { BlobStore, Stage } from './blob-store.ts'
import type { Access, Control } from './control.ts'
import { type Operation, send } from './faults.ts'

/*
 * Version 1 of GitHub's cache service, as GitHub Enterprise Server offers it: no such server can run here. It shares
 * entries and faults with version 2. What it answers is what @actions/cache expects (internal/cacheHttpClient.ts), held
 * to it by the contract of __tests__/cache/store/version1-contract.ts.
 */

/** A request of version 1. */
interface OlderRequest {
  /** What faults take it for. */
  readonly operation: Operation
  /** Number of the entry that it uploads; undefined for a lookup and a reservation. */
  readonly id?: number
}

/** What version 1 remembers of its reservations, by their number. */
export type Reservations = Map<number, { readonly key: string; readonly version: string }>

/**
 * Returns what a request of version 1 is for; undefined for any other.
 *
 * @param path of the request, without its query
 */
export function olderRequest(method: string | undefined, path: string): OlderRequest | undefined {
  const [, resource = '', number] = /^\/_apis\/artifactcache\/(caches?)(?:\/(\d+))?$/.exec(path) ?? []
  const asked = `${method} ${resource}${number === undefined ? '' : '/id'}`
  const operations: Readonly<Record<string, Operation>> = {
    'GET cache': 'GetCacheEntryDownloadURL',
    'POST caches': 'CreateCacheEntry',
    'PATCH caches/id': 'upload',
    'POST caches/id': 'FinalizeCacheEntryUpload',
  }
  const operation = operations[asked]
  return operation === undefined
    ? undefined
    : { operation, ...(number === undefined ? {} : { id: Number(number) }) }
}

/** Answers a request of version 1. */
export async function answerOlder(
  request: IncomingMessage,
  response: ServerResponse,
  { operation, id = 0 }: OlderRequest,
  place: {
    readonly url: URL
    readonly access: Access
    readonly control: Control
    readonly store: BlobStore
    readonly reservations: Reservations
    readonly stage: Stage
  },
): Promise<void> {
  const { url, access, control, store, reservations, stage } = place
  if (operation === 'upload') {
    const from = /^bytes (\d+)-\d+\/\*$/.exec(request.headers['content-range'] ?? '')?.[1]
    if (from === undefined || !reservations.has(id))
      return send(response, { status: 400, body: { message: 'no range' } })
    await store.putBlock(String(id), blockId(Number(from)), request, stage)
    return send(response, { status: 204 })
  }
  if (operation === 'GetCacheEntryDownloadURL') {
    const [key = '', ...restore_keys] = (url.searchParams.get('keys') ?? '').split(',')
    const found = control.call(
      operation,
      { key, restore_keys, version: url.searchParams.get('version') },
      access,
    )
    const body = found.body as {
      ok?: boolean
      signed_download_url?: string
      matched_key?: string
      msg?: string
    }
    if (found.status !== 200)
      return send(response, { status: found.status, body: { message: body.msg ?? '' } })
    if (body.ok !== true) return send(response, { status: 204 })
    return send(response, {
      status: 200,
      body: { result: 'hit', archiveLocation: body.signed_download_url, cacheKey: body.matched_key },
    })
  }
  const message = (await json(request)) as { key: string; version: string; size: number }
  if (operation === 'CreateCacheEntry') {
    const made = control.call(operation, message, access)
    const body = made.body as { ok?: boolean; signed_upload_url?: string; message?: string; msg?: string }
    if (body.ok !== true) {
      const { key, version } = message
      const exists = `Cache already exists. Scope: ${access.writeScope}, Key: ${key}, Version: ${version}`
      const refusal = made.status === 409 ? exists : (body.msg ?? body.message ?? '')
      return send(response, { status: made.status === 200 ? 403 : made.status, body: { message: refusal } })
    }
    const cacheId = Number(new URL(body.signed_upload_url ?? '').pathname.split('/').at(-1))
    reservations.set(cacheId, message)
    return send(response, { status: 201, body: { cacheId } })
  }
  const { key = '', version = '' } = reservations.get(id) ?? {}
  await store.commit(String(id), blockIds(message.size))
  const done = control.call('FinalizeCacheEntryUpload', { key, version, size_bytes: message.size }, access)
  return send(response, { status: (done.body as { ok?: boolean }).ok === true ? 204 : 400, body: done.body })
}

/** Length of the chunks in which @actions/cache uploads to version 1, in bytes (options.ts, getUploadOptions). */
const chunkLength = 32 * 1024 * 1024

function blockId(from: number): string {
  return String(from).padStart(12, '0')
}

/** The blocks of an archive of this length. */
function blockIds(length: number): readonly string[] {
  return Array.from({ length: Math.max(1, Math.ceil(length / chunkLength)) }, (_, index) =>
    blockId(index * chunkLength),
  )
}
