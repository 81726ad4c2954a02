import type { IncomingMessage } from 'node:http'
import { sendRequest } from './http.ts'
import {
  statusFailure,
  TransferFailure,
  type TransferOptions,
  usualWait,
  withoutSilence,
  withRetries,
} from './transfer.ts'

/** An object on a server, which is read by ranges. */
export interface RemoteObject {
  url: URL
  /** Returns a new address of the object, when the signature of the old one has expired. */
  readonly renew?: () => Promise<URL>
  /** Returns the headers that authorize a request, where the address itself does not. */
  readonly authorize?: () => Promise<Readonly<Record<string, string>>>
  /** Adds the fix to a failure, if one is known. */
  readonly explain?: (failure: TransferFailure) => TransferFailure
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
        ...(await object.authorize?.()),
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
  ).catch((error) => {
    throw error instanceof TransferFailure ? (object.explain?.(error) ?? error) : error
  })
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
