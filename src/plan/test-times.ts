import { createHash } from 'node:crypto'

/** 1980-01-01: what packs and archives hold is never older than that. Seconds since 1970. */
const earliest = 315_532_800
/** Changes when other times come out of the same content, so that no run trusts a list settled otherwise. */
const schema = 1

/** An entry of a directory, as far as the directory's own time depends on it. */
export interface NamedEntry {
  readonly name: string
  readonly kind: 'file' | 'directory' | 'link' | 'other'
}

/**
 * The modification time of a tracked file, made of nothing but its content: Go's test cache hashes size, mode and
 * time of a file, never what is in it (cmd/go/internal/test/test.go, hashWriteStat). So equal content keeps a
 * result, and other content of the same size does not: a constant time, or that of a commit, would.
 *
 * @param blobId git's hash of the content in hexadecimal, SHA-1 or SHA-256
 * @returns seconds since 1970, in the years 1980 to 1996: far in the past, because Go stores no result of a file
 *   younger than two seconds. 50 bits of the hash count, as whole 2^-21 seconds: a number of JavaScript holds
 *   them exactly, so that every version of Node sets the same nanosecond.
 */
export function fileTime(blobId: string): number {
  return earliest + Math.floor(Number.parseInt(blobId.slice(0, 13), 16) / 4) / 2 ** 21
}

/** The modification time of a file that git does not track, made of its content; as for those that it does. */
export function contentTime(content: Uint8Array): number {
  return fileTime(createHash('sha256').update('content\0').update(content).digest('hex'))
}

/**
 * The modification time of a directory, made of its entries' names and kinds: a change of these is what the time
 * of a directory tells everywhere. The times of the entries themselves are no part of it.
 *
 * @param entries what is in it now, tracked or not, in any order
 */
export function directoryTime(entries: readonly NamedEntry[]): number {
  const lines = entries.map(({ name, kind }) => `${kind}\0${name}\0`).sort()
  return fileTime(createHash('sha256').update('directory\0').update(lines.join('')).digest('hex'))
}

/**
 * A short digest of a list of paths, by which two runs tell whether both settled the same.
 *
 * @param paths in any order; one that is there twice counts once
 * @returns 16 hexadecimal digits
 */
export function listDigest(paths: readonly string[]): string {
  const text = [...new Set(paths)].sort().join('\0')
  return createHash('sha256').update(`${schema}\0${text}`).digest('hex').slice(0, 16)
}
