import { type HttpRequest, sendRequest } from './http.ts'
import { isTransientStatus } from './http-failure.ts'
import {
  bodyText,
  type TextAnswer,
  type TransferOptions,
  textFailure,
  usualWait,
  withRetries,
} from './transfer.ts'

/** A request, without the waits that all requests share. */
export type TextRequest = Pick<HttpRequest, 'method' | 'headers' | 'body'> & { readonly url: URL }

/**
 * Sends a request, and returns the answer. Retries after transient failures; any other status is an answer.
 *
 * @param prepare makes the request of an attempt, because a signature holds the time; attempts count from 1
 * @param isTransient whether the same request may succeed after an answer
 * @throws TransferFailure when all attempts end with transient failures
 */
export async function requestText(
  prepare: (attempt: number) => Promise<TextRequest>,
  options: TransferOptions,
  isTransient: (answer: TextAnswer) => boolean = ({ status }) => isTransientStatus(status),
): Promise<TextAnswer> {
  const { signal, wait = usualWait, connections } = options
  let attempt = 0
  return withRetries(options, async () => {
    const { url, ...request } = await prepare(++attempt)
    const answer = await sendRequest(url, { ...request, wait, signal, connections })
    const read = {
      ...{ status: answer.statusCode ?? 0, headers: answer.headers },
      text: await bodyText(answer, signal),
    }
    if (isTransient(read)) throw textFailure(read, true)
    return read
  })
}
