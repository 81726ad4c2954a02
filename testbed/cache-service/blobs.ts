import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { type BlobStore, readBlob, type Stage, type StoredBlob } from './blob-store.ts'
import { type Refusal, refusal } from './signature.ts'

/** A request that Azure Blob Storage would refuse: `code` is its error code. */
class BlobError extends Error {
  override readonly name = 'BlobError'
  readonly status: number
  readonly code: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, code: string, headers: Readonly<Record<string, string>> = {}) {
    super(code)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

/** The parts of a blob's address. */
export interface BlobAddress {
  /** `/account/container/blob`, which is what signatures are made of. */
  readonly resource: string
  readonly name: string
  readonly query: URLSearchParams
}

/** What the bytes of a request pass through on their way. */
export interface Stages {
  readonly upload: Stage
  readonly download: readonly Stage[]
}

/**
 * Reads a blob's address. The account is the first part of the path or, as in Azure, of the host's name.
 *
 * @param host value of the Host header
 */
export function blobAddress(host: string, url: URL): BlobAddress {
  const account = /^([^.]+)\.blob\./.exec(host)?.[1]
  const resource = account === undefined ? url.pathname : `/${account}${url.pathname}`
  return { resource, name: resource.split('/').slice(3).join('/'), query: url.searchParams }
}

/**
 * Answers a request for a blob as Azure Blob Storage does, as far as the Azure SDK of @actions/cache relies on
 * it: Put Blob, Put Block, Put Block List, Get Blob Properties and Get Blob.
 * Source: Azure's "Blob service REST API" reference; compared with Azurite by the contract suite.
 *
 * @param secret what addresses are signed with
 * @throws what the network or the disk throws
 */
export async function answerBlobRequest(
  request: IncomingMessage,
  response: ServerResponse,
  address: BlobAddress,
  place: { readonly store: BlobStore; readonly secret: string; readonly stages: Stages },
): Promise<void> {
  response.setHeader('x-ms-request-id', randomUUID())
  response.setHeader('x-ms-version', request.headers['x-ms-version'] ?? '2026-02-06')
  try {
    const refused = refusal(
      place.secret,
      address.resource,
      address.query,
      request.method === 'PUT' ? 'w' : 'r',
    )
    if (refused !== undefined) throw new BlobError(403, refused satisfies Refusal)
    if (request.method === 'PUT') await put(request, response, address, place)
    else if (request.method === 'GET' || request.method === 'HEAD')
      await get(request, response, address, place)
    else throw new BlobError(405, 'UnsupportedHttpVerb')
  } catch (error) {
    if (!(error instanceof BlobError)) throw error
    refuse(request, response, error)
  }
}

async function put(
  request: IncomingMessage,
  response: ServerResponse,
  { name, query }: BlobAddress,
  { store, stages }: { readonly store: BlobStore; readonly stages: Stages },
): Promise<void> {
  if (query.get('comp') === 'block') {
    await store.putBlock(name, query.get('blockid') ?? '', request, stages.upload)
    response.writeHead(201).end()
    return
  }
  const blob =
    query.get('comp') === 'blocklist'
      ? await store.commit(name, blockIds(await text(request)))
      : await putWhole(name, request, { store, stages })
  if (blob === undefined) throw new BlobError(400, 'InvalidBlockList')
  response.writeHead(201, validators(blob)).end()
}

async function putWhole(
  name: string,
  request: IncomingMessage,
  { store, stages }: { readonly store: BlobStore; readonly stages: Stages },
): Promise<StoredBlob> {
  if (request.headers['x-ms-blob-type'] !== 'BlockBlob') throw new BlobError(400, 'MissingRequiredHeader')
  return store.put(name, request, stages.upload)
}

function blockIds(xml: string): readonly string[] {
  const listed = [...xml.matchAll(/<(Latest|Committed|Uncommitted)>([^<]*)</g)]
  if (!xml.includes('<BlockList') || listed.some(([, kind]) => kind !== 'Latest')) {
    throw new BlobError(400, 'InvalidXmlDocument')
  }
  return listed.map(([, , id]) => id ?? '')
}

async function get(
  request: IncomingMessage,
  response: ServerResponse,
  { name }: BlobAddress,
  { store, stages }: { readonly store: BlobStore; readonly stages: Stages },
): Promise<void> {
  const blob = store.get(name)
  if (blob === undefined) throw new BlobError(404, 'BlobNotFound')
  const wanted = request.headers['if-match']
  if (wanted !== undefined && wanted !== '*' && wanted !== blob.etag) {
    throw new BlobError(412, 'ConditionNotMet')
  }
  const range = request.method === 'GET' ? requestedRange(request, blob.size) : undefined
  const { from, to } = range ?? { from: 0, to: blob.size }
  response.writeHead(range === undefined ? 200 : 206, {
    ...validators(blob),
    'accept-ranges': 'bytes',
    'content-length': to - from,
    'content-type': 'application/octet-stream',
    'x-ms-blob-type': 'BlockBlob',
    ...(range === undefined ? {} : { 'content-range': `bytes ${from}-${to - 1}/${blob.size}` }),
  })
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  const content = stages.download.reduce<AsyncIterable<Buffer>>(
    (source, stage) => stage(source),
    readBlob(blob, from, to),
  )
  await pipeline(content, response)
}

/**
 * `x-ms-range` before `Range`, as Azure has it. Anything but `bytes=from-[to]` counts as no range.
 *
 * @returns `to` is the byte after the last
 */
function requestedRange(
  { headers }: IncomingMessage,
  size: number,
): { readonly from: number; readonly to: number } | undefined {
  const parts = /^bytes=(\d+)-(\d*)$/.exec(String(headers['x-ms-range'] ?? headers.range ?? ''))
  if (parts === null) return undefined
  const from = Number(parts[1])
  if (from >= size) throw new BlobError(416, 'InvalidRange', { 'content-range': `bytes */${size}` })
  return { from, to: parts[2] === '' ? size : Math.min(size, Number(parts[2]) + 1) }
}

function validators(blob: StoredBlob): Record<string, string> {
  return { etag: blob.etag, 'last-modified': blob.modified.toUTCString() }
}

function refuse(request: IncomingMessage, response: ServerResponse, error: BlobError): void {
  const body = `\uFEFF<?xml version="1.0" encoding="utf-8"?><Error><Code>${error.code}</Code><Message>${error.code}</Message></Error>`
  response.writeHead(error.status, {
    ...error.headers,
    'content-type': 'application/xml',
    'content-length': Buffer.byteLength(body),
    'x-ms-error-code': error.code,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
