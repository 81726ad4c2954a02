import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import * as http from 'node:http'
import { pipeline } from 'node:stream/promises'
import { now } from './clock.ts'
import { remove } from './files.ts'
import { followRedirects, HttpTimeout, type HttpTimeouts, ProxyError, parseRetryAfter } from './http.ts'
import { connectionFailure, isTransientStatus } from './http-failure.ts'

/** The reason why a download failed. */
export interface DownloadFailure {
  /** A sentence part without the address. */
  readonly why: string
  /** The HTTP status of the answer; absent when none came. */
  readonly status?: number
  /** Whether the same request may succeed later. */
  readonly isTransient: boolean
  /** The pause before a retry that the server requests, in seconds; absent when it requests none. */
  readonly retryAfter?: number
}

/** Limits for slow downloads. */
interface DownloadLimits extends HttpTimeouts {
  /** Maximum duration of the whole download, in seconds. */
  readonly total: number
  /** Minimum rate in bytes per second, averaged over the time of `silence`. */
  readonly minRate: number
}

/** The default limits. A release of Go has about 80 MB. */
const defaultLimits: DownloadLimits = { connection: 15, silence: 60, total: 30 * 60, minRate: 4096 }

/** Maximum length of a text, in bytes. A list of releases has about 2 MB. */
const maxTextBytes = 64 * 1024 * 1024

/**
 * Fetches a text over http or https, through the proxy of the environment (such as HTTPS_PROXY). Sends the address's
 * user name and password as HTTP Basic authentication.
 *
 * @param wait limits that differ from the default
 * @returns the text, or why it could not be fetched
 */
export async function fetchText(
  url: string,
  wait: Partial<DownloadLimits> = {},
): Promise<{ readonly text: string } | DownloadFailure> {
  const chunks: Uint8Array[] = []
  let length = 0
  const failure = await fetchInto(url, { ...defaultLimits, ...wait }, async (body) => {
    for await (const chunk of body) {
      length += chunk.length
      if (length > maxTextBytes) throw new Error(`the answer has more than ${maxTextBytes} bytes`)
      chunks.push(chunk)
    }
  })
  return failure ?? { text: Buffer.concat(chunks).toString('utf8') }
}

/**
 * Fetches a file in the same way as `fetchText`.
 *
 * @param file absolute path in an existing folder; removed when the download fails
 * @returns the file's SHA-256 in hex, or why it could not be fetched
 */
export async function fetchFile(
  url: string,
  file: string,
  wait: Partial<DownloadLimits> = {},
): Promise<{ readonly sha256: string } | DownloadFailure> {
  const hash = createHash('sha256')
  const failure = await fetchInto(url, { ...defaultLimits, ...wait }, (body) =>
    pipeline(
      body,
      async function* (chunks) {
        for await (const chunk of chunks) {
          hash.update(chunk)
          yield chunk
        }
      },
      fs.createWriteStream(file),
    ),
  )
  if (failure === undefined) return { sha256: hash.digest('hex') }
  remove(file)
  return failure
}

type Body = AsyncIterable<Uint8Array>

async function fetchInto(
  address: string,
  wait: DownloadLimits,
  take: (body: Body) => Promise<void>,
): Promise<DownloadFailure | undefined> {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) {
    return { why: 'the address is not an http or https address', isTransient: false }
  }
  try {
    const answer = await followRedirects(new URL(address), wait)
    const status = answer.statusCode ?? 0
    if (status === 200) {
      await take(untilTooSlow(answer, wait))
      return undefined
    }
    answer.destroy()
    const retryAfter = parseRetryAfter(answer.headers['retry-after'], now())
    return { ...statusFailure(status), ...(retryAfter === undefined ? {} : { retryAfter }) }
  } catch (error) {
    return errorFailure(error as NodeJS.ErrnoException)
  }
}

/** Yields the chunks of an answer. Aborts it when nothing or too little arrives, or when it takes too long. */
async function* untilTooSlow(
  answer: http.IncomingMessage,
  { silence, total, minRate }: DownloadLimits,
): Body {
  const giveUp = (why: string) => answer.destroy(new HttpTimeout(why))
  let [received, before] = [0, 0]
  const timer = setTimeout(() => giveUp(`no byte within ${silence} s`), silence * 1000)
  const end = setTimeout(() => giveUp(`not all of it within ${total} s`), total * 1000)
  const rate = setInterval(() => {
    if (received - before < minRate * silence) giveUp(`only ${received - before} bytes within ${silence} s`)
    before = received
  }, silence * 1000)
  try {
    for await (const chunk of answer) {
      timer.refresh()
      received += (chunk as Uint8Array).length
      yield chunk as Uint8Array
    }
  } finally {
    for (const one of [timer, end]) clearTimeout(one)
    clearInterval(rate)
  }
}

function statusFailure(status: number): DownloadFailure {
  const text = http.STATUS_CODES[status]
  return {
    why: `the answer is ${status}${text === undefined ? '' : ` ${text}`}`,
    status,
    isTransient: isTransientStatus(status),
  }
}

function errorFailure(error: NodeJS.ErrnoException): DownloadFailure {
  if (error instanceof ProxyError) {
    const { why, ...rest } = statusFailure(error.status)
    return { ...rest, why: `${why}, from the proxy` }
  }
  return connectionFailure(error)
}
