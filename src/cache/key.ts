import { createHash } from 'node:crypto'
import type { JobIdentity } from '../github-context.ts'
import type { DetectedGo } from '../gocmd/index.ts'
import type { Root } from '../gofiles/roots.ts'
import type { MachineImage } from '../platform/machine.ts'
import { type ModuleGraphFiles, moduleGraphHash } from './module-graph.ts'

/** One named part of a cache key. */
export interface KeyPart {
  /** Name in the log. */
  readonly name: string
  /** Its text in the key: lower-case letters, digits, `.` and `_` only. */
  readonly value: string
  /** Description of what the value depends on, for the log. */
  readonly of: string
}

/** A cache key, made of parts from stable to volatile. */
export interface Key {
  readonly parts: readonly KeyPart[]
  /** All parts, joined. */
  readonly full: string
  /** Prefixes to try when no entry has the full key, best first. */
  readonly fallbacks: readonly string[]
}

/** Relation of a restored entry's key to the requested key. */
type Match =
  | { readonly kind: 'exact' }
  | { readonly kind: 'partial'; readonly differs: KeyPart; readonly actual: string }

/** Separator between the parts of a key; no part contains it. */
const separator = '-'

/** Suffix of the first key part of an incomplete entry, which serves only as a last resort. */
const incomplete = '.part'

/** Difference that is reported for the entry of a failed job, whatever its other parts are. */
const jobResult: KeyPart = { name: 'job result', value: 'success', of: 'result of the job that saved it' }

/**
 * Makes a key and its fallbacks from one list of parts.
 *
 * Keys are lower-case because the cache server of `act` folds case. They stay within GitHub's limits: no comma, at most
 * 512 characters, at most ten keys in one request (@actions/cache, cache.ts).
 *
 * @param parts the parts, from stable to volatile
 * @param required number of leading parts that an entry must share to be useful
 * @throws RangeError when a part holds a character that keys do not allow, or the key is too long
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
 * Compares a restored entry's key with the requested key. The digest of the content, after the full key, does not
 * count.
 *
 * @param key the requested key
 * @param matched the key of the entry that the cache service returned
 */
export function matchKey(key: Key, matched: string): Match {
  const actual = matched.split(separator)
  const isIncomplete = actual[0] === `${key.parts[0]?.value}${incomplete}`
  if (isIncomplete) return { kind: 'partial', differs: jobResult, actual: 'failed' }
  for (const [index, part] of key.parts.entries()) {
    if (actual[index] !== part.value) return { kind: 'partial', differs: part, actual: actual[index] ?? '' }
  }
  return { kind: 'exact' }
}

/**
 * Reports whether a key that the service returned can belong to a requested entry. The key is shown and becomes part of
 * the next key. So only keys in this action's own format are accepted.
 *
 * @param requested the requested key and prefixes; services may also match the key as a prefix
 * @param returned the key that the service returned
 */
export function matchesRequest(requested: readonly string[], returned: string): boolean {
  return (
    returned.length <= 512 &&
    /^[a-z0-9._-]+$/.test(returned) &&
    requested.some((prefix) => returned.startsWith(prefix))
  )
}

/** Returns the error for a key that the service returned and that was not requested. */
export function unrequestedText(returned: string): string {
  return `the cache service returned an entry that was not requested: ${JSON.stringify(returned.slice(0, 100))}`
}

/** Returns the prefixes with which a restore asks for a key, best first: entries add a digest of their content to it. */
export function rollingPrefixes({ full, fallbacks }: Key): readonly string[] {
  return [keyWithDigest(full, ''), ...fallbacks]
}

/**
 * Returns the key for the entry of a job that failed before it had everything. The key shares no prefix with other
 * entries. So a later job falls back to it only when it finds nothing else (withIncompleteFallback).
 *
 * @param full a key, or the first parts of one
 */
export function incompleteKey(full: string): string {
  const [first = '', ...others] = full.split(separator)
  return [`${first}${incomplete}`, ...others].join(separator)
}

/** Adds the incomplete entries of failed jobs to a key, as its last fallback. */
export function withIncompleteFallback(key: Key): Key {
  const last = key.fallbacks.at(-1)
  return last === undefined ? key : { ...key, fallbacks: [...key.fallbacks, incompleteKey(last)] }
}

/** Returns the key of an entry with a digest of its content: the full key and that digest. */
export function keyWithDigest(full: string, digest: string): string {
  return `${full}${separator}${digest}`
}

/**
 * Returns a short hash for use in a key.
 *
 * @param values what to hash; their number and bounds count, so `['ab']` differs from `['a', 'b']`
 * @returns 12 hexadecimal digits
 */
export function shortHash(values: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex').slice(0, 12)
}

/** Converts text for use in a key: to lower case, with `_` for each run of characters that a part does not allow. */
export function keyText(text: string): string {
  return text.toLowerCase().replaceAll(/[^a-z0-9._]+/g, '_') || 'none'
}

function joined(parts: readonly KeyPart[]): string {
  return parts.map((part) => part.value).join(separator)
}

/** Plan for one cache. */
export type CachePlan =
  | { readonly wanted: true; readonly key: Key; readonly why: string }
  /** `expected`: it is off because the repository does not need it, so no message is necessary. */
  | { readonly wanted: false; readonly why: string; readonly expected?: true }

/** Facts that determine the keys. */
export interface KeyFacts {
  readonly roots: readonly Root[]
  readonly go: DetectedGo
  readonly image: MachineImage
  readonly identity: JobIdentity
  /** Values that identify the checked-out source. */
  readonly source: readonly string[]
  /** Absolute path of the checkout. */
  readonly workspace: string
}

/** Layout version of the entries. With a new number no older entry matches. */
const schema = {
  modules: 'godeps.modules.v1',
  build: 'godeps.build.v1',
  toolchain: 'godeps.toolchain.v1',
}

/** Returns the reason for a cache that is off because Go has no directory for it. */
export function noCacheDirectory(name: string): string {
  return `Go has no directory for it: set ${name} or HOME`
}

/**
 * Returns the parts that every key begins with.
 *
 * @param kind content of the entry
 * @param extra value of the input `cache-key`; empty when it is unset
 */
export function leadingParts(kind: keyof typeof schema, extra: string): readonly KeyPart[] {
  const first = { name: 'schema', value: schema[kind], of: 'layout of the entry' }
  if (extra !== '') return [first, hashed('cache-key', [extra], 'input `cache-key`')]
  // The fallback for modules matches every entry with these parts. Without a `cache-key` part of its own it would match
  // the entries of every `cache-key`, too.
  return kind === 'modules'
    ? [first, { name: 'cache-key', value: 'none', of: 'no input `cache-key`' }]
    : [first]
}

export function graphPart(files: ModuleGraphFiles): KeyPart {
  const hash = moduleGraphHash(files)
  return {
    name: 'module graph',
    value: hash.slice(0, 16),
    of: 'parsed content of go.sum, go.mod and go.work',
  }
}

export function hashed(name: string, values: readonly string[], of: string): KeyPart {
  return { name, value: shortHash(values), of }
}
