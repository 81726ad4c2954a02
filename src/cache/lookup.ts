import { elapsed } from '../platform/clock.ts'
import type { Transfer } from './entries.ts'
import { type Key, matchesRequest, matchKey, rollingPrefixes, unrequestedText } from './key.ts'
import { cacheMiss, type RestoreOutcome } from './outcomes.ts'

/**
 * Finds out which entry a restore would download for a key. Every error makes it a miss, as in a restore.
 *
 * @param key the key and its fallbacks
 */
export async function lookUpEntry({ store }: Pick<Transfer, 'store'>, key: Key): Promise<RestoreOutcome> {
  if (store.unavailable !== undefined) return notFound(store.unavailable, true)
  const seconds = elapsed()
  const prefixes = rollingPrefixes(key)
  const answer = await store.find(key.full, prefixes)
  if (answer.kind === 'failed') return { ...notFound(answer.why, true), seconds: seconds() }
  if (answer.kind === 'nothing')
    return { ...notFound(answer.message, answer.message !== ''), seconds: seconds() }
  if (!matchesRequest([key.full, ...prefixes], answer.key))
    return { ...notFound(unrequestedText(answer.key)), seconds: seconds() }
  const found = matchKey(key, answer.key).kind
  return { ...notFound(), found, matched: answer.key, seconds: seconds() }
}

function notFound(error = '', unreachable = false): RestoreOutcome {
  return { ...cacheMiss(error, { unreachable }), lookedUp: true }
}
