import { createHash } from 'node:crypto'

/** One named part of a cache key. */
export interface KeyPart {
  /** What it stands for, as the log names it. */
  readonly name: string
  /** Its text in the key: lower-case letters, digits, `.` and `_` only. */
  readonly value: string
  /** What it was made of, for the log. */
  readonly of: string
}

/** A cache key, made of parts from stable to volatile. */
export interface Key {
  readonly parts: readonly KeyPart[]
  /** All parts. */
  readonly full: string
  /** Prefixes to try when no entry has the full key, best first. */
  readonly fallbacks: readonly string[]
}

/** How a restored entry relates to the key that was asked for. */
export type Match =
  | { readonly kind: 'exact' }
  | { readonly kind: 'partial'; readonly differs: KeyPart; readonly theirs: string }

/** Separates the parts of a key, and so stands in none of them. */
const separator = '-'
/** Ends the first part of the key of an entry that only serves where there is no other. */
const incomplete = '.part'
/** What an entry of a failed job differs in, whatever its other parts are. */
const jobResult: KeyPart = { name: 'job result', value: 'success', of: 'result of the job that saved it' }

/**
 * Makes a key and its fallbacks from one list of parts.
 *
 * Keys are lower-case because the cache server of `act` folds case, and short of GitHub's limits: no
 * comma, at most 512 characters, at most ten keys in one request (@actions/cache, cache.ts).
 *
 * @param parts the parts, from stable to volatile
 * @param required how many of the first parts an entry must share to be of any use
 * @throws RangeError when a part holds characters that a key cannot, or the key is too long
 */
export function makeKey(parts: readonly KeyPart[], required: number): Key {
  for (const part of parts) {
    if (!/^[a-z0-9._]+$/.test(part.value)) throw new RangeError(`key part ${part.name} is "${part.value}"`)
  }
  const full = joined(parts)
  if (full.length > 400) throw new RangeError(`the key has ${full.length} characters`)
  const fallbacks: string[] = []
  for (let count = parts.length - 1; count >= required; count--) {
    fallbacks.push(`${joined(parts.slice(0, count))}${separator}`)
  }
  return { parts, full, fallbacks: fallbacks.slice(0, 8) }
}

/**
 * Says how far a restored entry's key agrees with the one asked for. What follows the full key (the
 * digest of the content) does not count.
 *
 * @param key the key asked for
 * @param matched the key of the entry that the cache service returned
 */
export function matchKey(key: Key, matched: string): Match {
  const theirs = matched.split(separator)
  const isIncomplete = theirs[0] === `${key.parts[0]?.value}${incomplete}`
  if (isIncomplete) return { kind: 'partial', differs: jobResult, theirs: 'failed' }
  for (const [index, part] of key.parts.entries()) {
    if (theirs[index] !== part.value) return { kind: 'partial', differs: part, theirs: theirs[index] ?? '' }
  }
  return { kind: 'exact' }
}

/**
 * Whether a key that a service answered with can be that of an entry asked for. It is shown, and becomes part of the
 * next key, so anything else than this action's own keys is no answer.
 *
 * @param asked the key and the prefixes that were asked for; services may take the key for a prefix, too
 */
export function isAnswerTo(asked: readonly string[], answered: string): boolean {
  return (
    answered.length <= 512 &&
    /^[a-z0-9._-]+$/.test(answered) &&
    asked.some((prefix) => answered.startsWith(prefix))
  )
}

/**
 * The key of an entry of a job that failed before it had everything. It shares no prefix with other entries, so a later
 * job falls back to it only where there is nothing else (withIncomplete).
 *
 * @param full a key, or the first parts of one
 */
export function incompleteKey(full: string): string {
  const [first = '', ...others] = full.split(separator)
  return [`${first}${incomplete}`, ...others].join(separator)
}

/** A key whose last fallback are the entries of jobs that failed before they had everything. */
export function withIncomplete(key: Key): Key {
  const last = key.fallbacks.at(-1)
  return last === undefined ? key : { ...key, fallbacks: [...key.fallbacks, incompleteKey(last)] }
}

/** The key of an entry whose content has a digest of its own: the full key and that digest. */
export function keyWithDigest(full: string, digest: string): string {
  return `${full}${separator}${digest}`
}

/**
 * A short hash that can stand in a key.
 *
 * @param values what is hashed; their number and bounds count, so `['ab']` differs from `['a', 'b']`
 */
export function shortHash(values: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 12)
}

/** Text made fit for a key: lower case, and `_` for every character that a part cannot hold. */
export function keyText(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9._]+/g, '_') || 'none'
}

function joined(parts: readonly KeyPart[]): string {
  return parts.map((part) => part.value).join(separator)
}
