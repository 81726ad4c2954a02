import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import * as http from 'node:http'
import { pipeline } from 'node:stream/promises'
import { now } from './clock.ts'
import { remove } from './files.ts'
import { followRedirects, type Patience, TooLate } from './http-request.ts'
import { ProxyRefused } from './proxy.ts'
import { parseRetryAfter } from './retry-after.ts'

/** Why something could not be fetched. */
export interface NotFetched {
  /** A sentence part without the address. */
  readonly why: string
  /** The status of the answer; absent when none came. */
  readonly status?: number
  /** Whether the same request may succeed later. */
  readonly mayPass: boolean
  /** After how many seconds the server asks to be asked again; absent when it does not. */
  readonly retryAfter?: number
}

const patience: Patience = { connection: 15, silence: 60 }
/** Far more than a list of releases has, which is some 2 MB. */
const mostText = 64 * 1024 * 1024

/**
 * Fetches a text over http or https, through the proxy of the environment (HTTPS_PROXY and the like). User name and
 * password in the address are sent as HTTP Basic authentication.
 */
export async function fetchText(
  url: string,
  wait: Patience = patience,
): Promise<{ readonly text: string } | NotFetched> {
  const chunks: Uint8Array[] = []
  let length = 0
  const failure = await fetchInto(url, wait, async (body) => {
    for await (const chunk of body) {
      length += chunk.length
      if (length > mostText) throw new Error(`the answer has more than ${mostText} bytes`)
      chunks.push(chunk)
    }
  })
  return failure ?? { text: Buffer.concat(chunks).toString('utf8') }
}

/**
 * Fetches a file as fetchText does a text.
 *
 * @param file absolute path in a folder that exists; absent again when it cannot be fetched
 * @returns the file's SHA-256 in hex
 */
export async function fetchFile(
  url: string,
  file: string,
  wait: Patience = patience,
): Promise<{ readonly sha256: string } | NotFetched> {
  const hash = createHash('sha256')
  const failure = await fetchInto(url, wait, (body) =>
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
  wait: Patience,
  take: (body: Body) => Promise<void>,
): Promise<NotFetched | undefined> {
  if (!/^https?:\/\//i.test(address) || !URL.canParse(address)) {
    return { why: 'the address is no http or https address', mayPass: false }
  }
  try {
    const answer = await followRedirects(new URL(address), wait)
    const status = answer.statusCode ?? 0
    if (status === 200) {
      await take(untilSilent(answer, wait.silence))
      return undefined
    }
    answer.destroy()
    const retryAfter = parseRetryAfter(answer.headers['retry-after'], now())
    return { ...statusFailure(status), ...(retryAfter === undefined ? {} : { retryAfter }) }
  } catch (error) {
    return errorFailure(error as NodeJS.ErrnoException)
  }
}

/** The chunks of an answer; the answer is given up when nothing comes for too long. */
async function* untilSilent(answer: http.IncomingMessage, seconds: number): Body {
  const giveUp = () => answer.destroy(new TooLate(`no byte within ${seconds} s`))
  const timer = setTimeout(giveUp, seconds * 1000)
  try {
    for await (const chunk of answer) {
      timer.refresh()
      yield chunk as Uint8Array
    }
  } finally {
    clearTimeout(timer)
  }
}

function statusFailure(status: number): NotFetched {
  const text = http.STATUS_CODES[status]
  return {
    why: `the answer is ${status}${text === undefined ? '' : ` ${text}`}`,
    status,
    mayPass: status === 408 || status === 429 || status >= 500,
  }
}

function errorFailure(error: NodeJS.ErrnoException): NotFetched {
  if (error instanceof ProxyRefused) {
    const { why, ...rest } = statusFailure(error.status)
    return { ...rest, why: `${why}, from the proxy` }
  }
  const codes = ['ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'EAI_AGAIN', 'ERR_STREAM_PREMATURE_CLOSE']
  // Several addresses of one host were tried: the reasons are inside.
  const reasons = error instanceof AggregateError ? error.errors.map(({ message }: Error) => message) : []
  const why = [...new Set(reasons.length > 0 ? reasons : [error.message])].join('; ')
  return { why, mayPass: error instanceof TooLate || codes.includes(error.code ?? '') }
}
