import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { entrySource } from '../../src/cache/archive/entry-source.ts'
import type { OpenEntry } from '../../src/cache/archive/open-entry.ts'
import type { PackRequest } from '../../src/cache/archive/pack.ts'
import type { ObjectService, ObjectUpload } from '../../src/cache/store/object-service.ts'
import { uploadEntry } from '../../src/cache/store/upload.ts'
import { temporaryFolder } from '../temporary.ts'

/** A request for a range of an object. */
export interface RangeRequest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** Offset of the first byte. */
  readonly from: number
  /** Offset after the last byte. */
  readonly to: number
  /** Number of the request, from 1. */
  readonly count: number
  readonly object: Buffer
  /** Answers with the range, as a server should. */
  readonly serve: () => void
}

/** A running server of one object. */
export interface ObjectServer {
  readonly url: URL
  /** The ranges that were requested. */
  readonly ranges: (readonly [from: number, to: number])[]
  /** The object, and how the server answers; both may change. */
  object: Buffer
  answer: (range: RangeRequest) => void
  /** Connections that are open now. */
  readonly connections: () => Promise<number>
}

/**
 * Starts a server that answers requests for ranges of an object. It ends with the test.
 *
 * @param tls certificate and key, as PEM, for https
 */
export async function serveObject(
  object: Buffer,
  answer: (range: RangeRequest) => void = ({ serve }) => serve(),
  tls?: { readonly cert: string; readonly key: string },
): Promise<ObjectServer> {
  const respond = (request: IncomingMessage, response: ServerResponse) => {
    response.on('error', () => {})
    const [, first = '0', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
    const [from, to] = [Number(first), Math.min(served.object.length, Number(last) + 1)]
    served.ranges.push([from, to])
    const serve = () => {
      const range = `bytes ${from}-${to - 1}/${served.object.length}`
      response.writeHead(206, { 'content-range': range, 'content-length': to - from, etag: '"a"' })
      response.end(served.object.subarray(from, to))
    }
    const all = { request, response, from, to, count: served.ranges.length, object: served.object, serve }
    served.answer(all)
  }
  const server = tls === undefined ? createServer(respond) : createTlsServer({ ...tls }, respond)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const served: ObjectServer = {
    url: new URL(
      `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${(server.address() as AddressInfo).port}/object`,
    ),
    ...{ ranges: [], object, answer },
    connections: () =>
      new Promise((resolve, reject) =>
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
      ),
  }
  return served
}

/** Sends the head of a range, then the bytes up to an offset, and then destroys the connection or is silent. */
export async function sendUpTo(
  { response, from, to, object }: RangeRequest,
  end: number,
  then: 'reset' | 'close' | 'silence',
): Promise<void> {
  const headers = { 'content-range': `bytes ${from}-${to - 1}/${object.length}`, 'content-length': to - from }
  response.writeHead(206, { ...headers, etag: '"a"' })
  response.flushHeaders()
  if (end > from && !response.write(object.subarray(from, end)))
    await Promise.race([once(response, 'drain'), once(response, 'close')])
  if (then === 'close') response.destroy()
  // What was written has to leave before the connection is reset.
  if (then === 'reset') setTimeout(() => response.socket?.resetAndDestroy(), 20)
}

/** Returns a service that finds one object under every key. */
export function serviceOf({ url }: { readonly url: URL }, renew?: () => Promise<URL>): ObjectService {
  return {
    name: 'test',
    unavailable: undefined,
    find: async (key) => ({ key, object: { url, ...(renew === undefined ? {} : { renew }) } }),
    create: async () => ({ kind: 'outrun' }),
  }
}

/** An upload into memory, which `object` returns as a service would store it. */
export function memoryUpload(): { readonly upload: ObjectUpload; readonly object: () => Buffer } {
  const parts = new Map<number, Buffer>()
  let object = Buffer.alloc(0)
  const upload: ObjectUpload = {
    leastPart: 1,
    putWhole: async (bytes) => {
      object = Buffer.from(bytes)
      return { kind: 'saved' }
    },
    putPart: async (number, bytes) => void parts.set(number, Buffer.from(bytes)),
    complete: async (numbers) => {
      object = Buffer.concat(numbers.map((number) => parts.get(number) as Buffer))
      return { kind: 'saved' }
    },
    abort: async () => {},
  }
  return { upload, object: () => object }
}

/** Packs and uploads a folder, and returns the object. */
export async function objectOf(request: Omit<PackRequest, 'directory'>): Promise<Buffer> {
  const { upload, object } = memoryUpload()
  const result = await uploadEntry(upload, entrySource(request, Number.POSITIVE_INFINITY))
  if (result.kind !== 'saved') throw new Error(`the entry was not saved: ${result.kind}`)
  return object()
}

/** Returns the absolute path of a stage in a new folder. */
export function newStage(): string {
  return `${temporaryFolder()}/stage`
}

/** Waits until a download has ended, and returns its error, if any. */
export function endOfDownload({ done }: Pick<OpenEntry, 'done'>): Promise<Error | undefined> {
  return done.then(
    () => undefined,
    (error: Error) => error,
  )
}
