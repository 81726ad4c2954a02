import { createHash } from 'node:crypto'
import * as path from 'node:path'
import type { CachedAction } from '../../../src/cache/gocache/listing.ts'
import {
  type BuildMetadata,
  emptyMetadata,
  type IdleTime,
  shortId,
} from '../../../src/cache/gocache/metadata.ts'
import { writeFiles } from '../../temporary.ts'

/** A hash derived from a number; different numbers give different short hashes. */
export const hash = (number: number): string => number.toString(16).padStart(16, '0').repeat(4)

/**
 * An action, created and last used long ago, with its own data.
 *
 * @param number identifies the action
 */
export function action(number: number, given: Partial<CachedAction> = {}): CachedAction {
  return { id: hash(number), output: hash(1_000_000 + number), size: 100, made: 1, used: 1, ...given }
}

/** Entry metadata with these unused actions. */
export function remembering(
  idle: readonly (readonly [CachedAction, IdleTime])[],
  given: Partial<BuildMetadata> = {},
): BuildMetadata {
  return { ...emptyMetadata, ...given, idle: new Map(idle.map(([{ id }, one]) => [shortId(id), one])) }
}

/** The text of an action's file as Go writes it (cmd/go/internal/cache/cache.go, putIndexEntry). */
export function actionText({ id, output, size, made }: CachedAction): string {
  return `v1 ${id} ${output} ${String(size).padStart(20)} ${String(made * 1e6).padStart(20)}\n`
}

/** Path of a hash in a build cache, as an action (`a`) or as data (`d`); relative, with `/`. */
export function placeOf(hash: string, kind: 'a' | 'd'): string {
  return `${hash.slice(0, 2)}/${hash}-${kind}`
}

/**
 * Stores data in a build cache as Go does.
 *
 * @param gocache absolute path of the build cache
 * @param number identifies the action
 * @param made creation time, in milliseconds since 1970; the file times stay those of the call
 */
export function store(gocache: string, number: number, data: string, made = 1_700_000_000_000): CachedAction {
  const output = createHash('sha256').update(data).digest('hex')
  const stored = action(number, { output, size: Buffer.byteLength(data), made })
  writeFiles(gocache, { [placeOf(stored.id, 'a')]: actionText(stored), [placeOf(output, 'd')]: data })
  return stored
}

/** Absolute path of a file of a build cache. */
export function fileIn(gocache: string, hash: string, kind: 'a' | 'd'): string {
  return path.join(gocache, placeOf(hash, kind))
}
