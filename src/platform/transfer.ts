import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
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
import { connectionFailure, errorCodeIn, isTransientStatus, quotable } from './http-failure.ts'
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
  /** The code in the server's explanation, as Azure and S3 give one. */
  readonly serviceCode: string | undefined

  constructor(
    message: string,
    more: {
      readonly status?: number
      readonly isTransient: boolean
      readonly retryAfter?: number | undefined
      readonly serviceCode?: string | undefined
    },
  ) {
    super('transfer', message)
    this.status = more.status
    this.isTransient = more.isTransient
    this.retryAfter = more.retryAfter
    this.serviceCode = more.serviceCode
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
export const usualWait: HttpTimeouts = { connection: 10, silence: 30 }

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
export async function withRetries<T>(
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

/** Returns the failure that an answer's status stands for. */
export async function statusFailure(answer: IncomingMessage, signal: AbortSignal): Promise<TransferFailure> {
  const status = answer.statusCode ?? 0
  const text = await bodyText(answer, signal).catch(() => '')
  return textFailure({ status, headers: answer.headers, text }, isTransientStatus(status))
}

/** An answer whose body was read as text. */
export interface TextAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Returns the failure that an answer stands for, with the server's explanation. */
export function textFailure({ status, headers, text }: TextAnswer, isTransient: boolean): TransferFailure {
  const quoted = quotable(text)
  const retryAfter = parseRetryAfter(headers['retry-after'], now())
  return new TransferFailure(`the server answers ${status}${quoted === '' ? '' : `: ${quoted}`}`, {
    ...{ status, retryAfter, isTransient, serviceCode: errorCodeIn(text) },
  })
}

/** Maximum length of an answer that is read as text, in bytes. A page of S3 with 1,000 long names has over 1 MB. */
const mostText = 4 * 1024 * 1024

/** Reads the body of an answer as text, up to 4 MiB. */
export async function bodyText(answer: IncomingMessage, signal: AbortSignal): Promise<string> {
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
export async function* withoutSilence(
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
