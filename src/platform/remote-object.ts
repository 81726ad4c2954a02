import type { IncomingMessage } from 'node:http'
import { ActionError } from '../errors.ts'
import { now, pause, random } from './clock.ts'
import {
  type Connections,
  HttpTimeout,
  type HttpTimeouts,
  ProxyError,
  parseRetryAfter,
  sendRequest,
} from './http.ts'
import { connectionFailure, isTransientStatus } from './http-failure.ts'
import { backoffSeconds } from './retry.ts'
import { debug } from './runner.ts'

/** A request that a server did not carry out. */
export class TransferFailure extends ActionError {
  /** The HTTP status; undefined when no answer came. */
  readonly status: number | undefined
  /** Whether the same request may succeed later. */
  readonly isTransient: boolean
  /** The seconds that the server asks to wait. */
  readonly retryAfter: number | undefined

  constructor(
    message: string,
    more: {
      readonly status?: number
      readonly isTransient: boolean
      readonly retryAfter?: number | undefined
    },
  ) {
    super('transfer', message)
    this.status = more.status
    this.isTransient = more.isTransient
    this.retryAfter = more.retryAfter
  }
}

/** What a transfer has done so far. */
export interface TransferCounts {
  /** Bytes of the object that were received or sent. */
  bytes: number
  requests: number
  /** Requests that repeated a failed one. */
  retries: number
}

/** How to send the requests of a transfer. */
export interface TransferOptions {
  /** Aborts the transfer. */
  readonly signal: AbortSignal
  readonly wait?: HttpTimeouts
  /** Connections that all requests share; by default each has its own. */
  readonly connections?: Connections
  /** Counts what the transfer does. */
  readonly counts?: TransferCounts
  /** Waits for a number of seconds before a retry, or until the signal aborts. */
  readonly pause?: (seconds: number, signal: AbortSignal) => Promise<void>
}

/** Timeouts in seconds: for a connection, and for the next byte. */
const usualWait: HttpTimeouts = { connection: 10, silence: 30 }

/** Maximum number of attempts without progress. */
const mostAttempts = 4

/** Maximum total of the pauses before an attempt with progress, in seconds: a job costs money while it waits. */
const mostPause = 90

/** Progress in bytes after which a failed attempt does not count. */
const leastProgress = 1024 * 1024

/**
 * Runs an attempt until it succeeds, with growing pauses after transient failures, honouring Retry-After.
 *
 * @param attempt one attempt; `progress` returns the bytes that all attempts have transferred
 * @throws TransferFailure after the last attempt, or at once when no retry can help or the server asks for a long pause;
 *   the reason of an aborted signal
 */
async function withRetries<T>(
  { signal, pause: wait = pause, counts }: TransferOptions,
  attempt: () => Promise<T>,
  progress: () => number = () => 0,
): Promise<T> {
  let [count, paused, before] = [0, 0, progress()]
  for (;;) {
    try {
      if (counts !== undefined) counts.requests++
      return await attempt()
    } catch (error) {
      signal.throwIfAborted()
      const failure = failureOf(error as NodeJS.ErrnoException)
      if (progress() - before >= leastProgress) [count, paused] = [0, 0]
      before = progress()
      count++
      if (!failure.isTransient || count >= mostAttempts) throw failure
      const seconds = backoffSeconds(count, failure.retryAfter, random())
      paused += seconds
      if (paused > mostPause) throw failure
      if (counts !== undefined) counts.retries++
      debug(
        `transfer: ${failure.message}; trying again in ${seconds.toFixed(1)} s (${count} of ${mostAttempts - 1})`,
      )
      await wait(seconds, signal)
      // The deadline alone would hide why nothing was transferred.
      if (signal.aborted) throw withCause(signal.reason, failure)
    }
  }
}

/** Adds the failure that was to be retried to the reason of an aborted transfer. */
function withCause(reason: unknown, { message }: TransferFailure): unknown {
  return reason instanceof HttpTimeout ? new HttpTimeout(`${reason.message}; before: ${message}`) : reason
}

/** Describes an error of a request. Only a server that breaks off or is silent may answer later. */
function failureOf(error: NodeJS.ErrnoException): TransferFailure {
  if (error instanceof TransferFailure) return error
  if (error instanceof ProxyError)
    return new TransferFailure(error.message, { status: error.status, isTransient: error.status >= 500 })
  const { why, isTransient } = connectionFailure(error)
  return new TransferFailure(why, { isTransient })
}

/** Maximum length of a server's explanation in an error, in characters. */
const mostQuoted = 1000

/** Returns the failure that an answer's status stands for. */
async function statusFailure(answer: IncomingMessage, signal: AbortSignal): Promise<TransferFailure> {
  const status = answer.statusCode ?? 0
  const text = (await bodyText(answer, signal).catch(() => '')).trim().slice(0, mostQuoted)
  const retryAfter = parseRetryAfter(answer.headers['retry-after'], now())
  return new TransferFailure(`the server answers ${status}${text === '' ? '' : `: ${text}`}`, {
    ...{ status, retryAfter },
    isTransient: isTransientStatus(status),
  })
}

/** Maximum length of an answer that is read as text, in bytes. */
const mostText = 1024 * 1024

/** Reads the body of an answer as text, up to 1 MiB. */
async function bodyText(answer: IncomingMessage, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of withoutSilence(answer, usualWait, signal)) {
    length += chunk.length
    if (length > mostText) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8').slice(0, mostText)
}

/** Yields the chunks of a body, and ends with an error when none comes in time or the signal aborts. */
async function* withoutSilence(
  answer: IncomingMessage,
  { silence }: HttpTimeouts,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const abort = () => answer.destroy(signal.reason)
  signal.addEventListener('abort', abort)
  if (signal.aborted) abort()
  const timer = setTimeout(
    () => answer.destroy(new HttpTimeout(`no byte within ${silence} s`)),
    silence * 1000,
  )
  try {
    for await (const chunk of answer) {
      timer.refresh()
      yield chunk as Buffer
    }
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
    answer.destroy()
  }
}

/**
 * Posts JSON, and returns the JSON of the answer.
 *
 * @throws TransferFailure for an answer other than 200 with JSON
 */
export async function postJson(
  url: URL,
  headers: Readonly<Record<string, string>>,
  message: object,
  options: TransferOptions,
): Promise<unknown> {
  const body = Buffer.from(JSON.stringify(message))
  const { signal, wait = usualWait, connections } = options
  return withRetries(options, async () => {
    const answer = await sendRequest(url, {
      ...{ method: 'POST', body, wait, signal, connections },
      headers: { 'content-type': 'application/json', ...headers },
    })
    if (answer.statusCode !== 200) throw await statusFailure(answer, signal)
    const text = await bodyText(answer, signal)
    try {
      return JSON.parse(text) as unknown
    } catch {
      throw new TransferFailure('the server answers something other than JSON', {
        status: 200,
        isTransient: true,
      })
    }
  })
}

/**
 * Puts bytes to an address.
 *
 * @throws TransferFailure for an answer other than 200 or 201
 */
export async function putBytes(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  options: TransferOptions,
): Promise<void> {
  const { signal, wait = usualWait, connections } = options
  await withRetries(options, async () => {
    const answer = await sendRequest(url, { method: 'PUT', headers, body, wait, signal, connections })
    if (answer.statusCode !== 200 && answer.statusCode !== 201) throw await statusFailure(answer, signal)
    await bodyText(answer, signal)
    if (options.counts !== undefined) options.counts.bytes += body.length
  })
}

/** An object on a server, which is read by ranges. */
export interface RemoteObject {
  url: URL
  /** Returns a new address of the object, when the signature of the old one has expired. */
  readonly renew?: () => Promise<URL>
  /** Length in bytes; undefined before the first answer. */
  size?: number
  /** Identifies the content, so that all ranges are of the same; undefined when the server tells none. */
  etag?: string
}

/**
 * Reads a range of an object. After a broken connection it continues where the connection broke.
 *
 * @param from offset of the first byte
 * @param to offset after the last byte; the object may end before
 * @param take receives the bytes in order, with their offset in the object
 * @throws TransferFailure when the range cannot be read in whole
 */
export async function readRange(
  object: RemoteObject,
  from: number,
  to: number,
  take: (chunk: Buffer, at: number) => void,
  options: TransferOptions,
): Promise<void> {
  const { signal, wait = usualWait, connections } = options
  let [at, isRenewed] = [from, false]
  await withRetries(
    options,
    async () => {
      // The connection broke after the last byte, and before the end of the body.
      if (at > from && object.size !== undefined && at >= Math.min(to, object.size)) return
      const headers = {
        range: `bytes=${at}-${to - 1}`,
        ...(object.etag === undefined ? {} : { 'if-match': object.etag }),
      }
      const answer = await sendRequest(object.url, { method: 'GET', headers, wait, signal, connections })
      if (answer.statusCode === 403 && object.renew !== undefined && !isRenewed) {
        isRenewed = true
        answer.destroy()
        object.url = await object.renew()
        throw new TransferFailure('the address has expired', { isTransient: true })
      }
      const span = await spanOf(answer, at, to, signal)
      checkSame(object, answer, span.size)
      const end = Math.min(to, span.size)
      let position = span.from
      for await (const chunk of withoutSilence(answer, wait, signal)) {
        signal.throwIfAborted()
        // A server that ignores the range sends everything from the start.
        const skip = Math.max(0, at - position)
        const bytes = chunk.subarray(skip, Math.max(skip, end - position))
        position += chunk.length
        if (bytes.length > 0) take(bytes, at)
        at += bytes.length
        if (options.counts !== undefined) options.counts.bytes += bytes.length
        if (at >= end && position > end && answer.statusCode === 200) break
        if (position > end)
          throw new TransferFailure('the server sends more than the range', { isTransient: false })
      }
      if (at < end) throw new TransferFailure('the server ends the range early', { isTransient: true })
    },
    () => at - from,
  )
}

/** Returns where the body of an answer begins in the object, and the length of the object. */
async function spanOf(
  answer: IncomingMessage,
  at: number,
  to: number,
  signal: AbortSignal,
): Promise<{ readonly from: number; readonly size: number }> {
  if (answer.statusCode === 200) {
    const size = Number(answer.headers['content-length'])
    if (Number.isSafeInteger(size)) return { from: 0, size }
    throw refuse(answer, 'the server tells no length')
  }
  if (answer.statusCode !== 206) throw await statusFailure(answer, signal)
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(answer.headers['content-range'] ?? '') ?? []
  const end = Math.min(to, Number(size))
  if (Number(first) === at && Number(last) === end - 1) return { from: at, size: Number(size) }
  throw refuse(answer, `the server answers the range ${answer.headers['content-range']}`)
}

function refuse(answer: IncomingMessage, why: string): TransferFailure {
  answer.destroy()
  return new TransferFailure(why, { isTransient: false })
}

/** Records length and ETag of an object, and fails when they change. */
function checkSame(object: RemoteObject, answer: IncomingMessage, size: number): void {
  const etag = answer.headers.etag
  if (object.size !== undefined && object.size !== size)
    throw refuse(answer, 'the object changed while it was read')
  object.size = size
  // A weak ETag does not identify bytes (RFC 9110, section 8.8.1).
  if (etag !== undefined && !etag.startsWith('W/')) object.etag ??= etag
}
