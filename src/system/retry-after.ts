import { now } from './clock.ts'
import { followRedirects, type Patience } from './http-request.ts'

/**
 * When a server wants to be asked again (RFC 9110, section 10.2.3).
 *
 * @param header seconds, or a date
 * @param at now, in milliseconds since 1970
 * @returns seconds from now, 0 for a date that is over; undefined when it does not say
 */
export function parseRetryAfter(header: string | undefined, at: number): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d+$/.test(text)) return Number(text)
  // A date has letters; a number with a sign or a point is none.
  const date = /^[A-Z][a-z]+,? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(date) ? undefined : Math.max(0, Math.ceil((date - at) / 1000))
}

/** A server that is too busy to answer soon is not waited for. */
const patience: Patience = { connection: 3, silence: 3 }

/**
 * Asks an address, once and without its content, when it wants to be asked again. Nothing is sent that opens anything, so a
 * server that wants credentials first may not tell.
 *
 * @param address https, or http on this machine; others are not asked
 * @returns seconds from now; undefined when it does not say, or no longer fails with 429 or 503
 */
export async function askRetryAfter(address: string): Promise<number | undefined> {
  const url = URL.canParse(address) ? new URL(address) : undefined
  const isLocal = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url?.hostname ?? '')
  if (url === undefined || !(url.protocol === 'https:' || (url.protocol === 'http:' && isLocal)))
    return undefined
  url.username = ''
  url.password = ''
  try {
    const answer = await followRedirects(url, patience, 'HEAD')
    answer.destroy()
    if (answer.statusCode !== 429 && answer.statusCode !== 503) return undefined
    return parseRetryAfter(answer.headers['retry-after'], now())
  } catch {
    return undefined
  }
}
