import { createHash } from 'node:crypto'
import type { JobIdentity } from '../github-context.ts'
import type { DetectedGo } from '../gocmd/detect-go.ts'
import type { Root } from '../gofiles/roots.ts'
import type { MachineImage } from '../platform/machine.ts'
import { type ModuleGraphFiles, moduleGraphHash } from './module-graph.ts'

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
type Match =
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
export function matchesRequest(asked: readonly string[], answered: string): boolean {
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
export function withIncompleteFallback(key: Key): Key {
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

/** What is to happen with one of the two caches. */
export type CachePlan =
  | { readonly wanted: true; readonly key: Key; readonly why: string }
  /** `expected`: it is off because the repository needs none, and nobody has to be told. */
  | { readonly wanted: false; readonly why: string; readonly expected?: true }

/** What the keys are made of. */
export interface KeyFacts {
  readonly roots: readonly Root[]
  readonly go: DetectedGo
  readonly image: MachineImage
  readonly job: JobIdentity
  /** Stands for the source that is checked out. */
  readonly source: readonly string[]
  /** Absolute path of the checkout. */
  readonly workspace: string
}

/** The layout of the entries: another number, and no entry of before is ever looked at. */
const schema = {
  modules: 'godeps.modules.v1',
  build: 'godeps.build.v1',
  toolchain: 'godeps.toolchain.v1',
}

/** Why a cache is off that has no directory. */
export function noCacheDirectory(name: string): string {
  return `Go has no directory for it: set ${name} or HOME`
}

/**
 * The parts that every key begins with.
 *
 * @param kind what the entry holds
 * @param extra the input `cache-key`
 */
export function leadingParts(kind: keyof typeof schema, extra: string): readonly KeyPart[] {
  const first = { name: 'schema', value: schema[kind], of: 'layout of the entry' }
  if (extra !== '') return [first, hashed('cache-key', [extra], 'input `cache-key`')]
  // The fallback of modules is everything with these parts: without one of their own it would hold every variant, too.
  return kind === 'modules'
    ? [first, { name: 'cache-key', value: 'none', of: 'no input `cache-key`' }]
    : [first]
}

export function graphPart(files: ModuleGraphFiles): KeyPart {
  const hash = moduleGraphHash(files)
  return { name: 'module graph', value: hash.slice(0, 16), of: 'go.sum, go.mod and go.work by meaning' }
}

export function hashed(name: string, values: readonly string[], of: string): KeyPart {
  return { name, value: shortHash(values), of }
}
