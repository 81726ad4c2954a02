import { HttpTimeout } from './http.ts'

/** Errors of a connection that broke off or timed out, and of a name server that is busy. */
const transientCodes = ['ECONNRESET', 'ETIMEDOUT', 'EPIPE', 'EAI_AGAIN', 'ERR_STREAM_PREMATURE_CLOSE']

/** Reports whether the same request may succeed after an answer with this HTTP status. */
export function isTransientStatus(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
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
