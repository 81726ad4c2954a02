import { HttpTimeout } from './http.ts'

/** Errors of a connection that broke off or timed out, and of a name server that is busy. */
const transientCodes = ['ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'EAI_AGAIN', 'ERR_STREAM_PREMATURE_CLOSE']

/** Reports whether the same request may succeed after an answer with this HTTP status. 501 is Not Implemented. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501)
}

/** Describes why a request got no answer, or only a part of one, and whether the same request may succeed later. */
export function connectionFailure(error: NodeJS.ErrnoException): {
  readonly why: string
  readonly isTransient: boolean
} {
  // Node tried several addresses of one host; the reasons are inside.
  const reasons = error instanceof AggregateError ? error.errors.map(({ message }: Error) => message) : []
  const why = [...new Set(reasons.length > 0 ? reasons : [error.message])].join('; ')
  return { why, isTransient: error instanceof HttpTimeout || transientCodes.includes(error.code ?? '') }
}

/** Maximum length of a server's explanation in an error, in characters. */
const mostQuoted = 1000

/** Returns the code of an error in XML; undefined when a text holds none. */
export function errorCodeIn(text: string): string | undefined {
  return /<Code>([^<]*)<\/Code>/.exec(text)?.[1]
}

/**
 * Returns what a message may quote of a server's explanation. The errors of Azure and S3 are XML; beside code and
 * message they repeat parts of the request, such as its signature and token.
 */
export function quotable(text: string): string {
  const code = errorCodeIn(text)
  const message = /<Message>([^<]*)<\/Message>/.exec(text)?.[1]
  const explanation = code === undefined ? text : [code, message ?? ''].filter(Boolean).join(': ')
  return explanation.replaceAll(signatures, '$1***').trim().slice(0, mostQuoted)
}

/** Parts of a signed address that give access, as an error page of a proxy may repeat them. */
const signatures = /((?:X-Amz-(?:Signature|Credential|Security-Token)|\bsig)=)[^&\s"'<>]+/gi
