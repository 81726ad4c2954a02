import { createHash } from 'node:crypto'
import type { PackUnit } from './units.ts'

/** Version of the format: readers take no other. */
export const schema = 1
/** Name of the manifest in an entry's folder. */
export const manifestName = 'manifest.json'
/** Ends the name of a file of an entry while it is being written. */
export const partialSuffix = '.partial'
/**
 * Length of tar that is compressed as one zstd frame, at most, in bytes. Small enough that a thread holds
 * a frame both ways in memory: restoring 1 GB of build objects took 267 MB, and 303 MB with frames of four times the
 * length. Large enough that starting anew with each costs about 1 % in size.
 */
export const frameSize = 2 * 1024 * 1024
/** A frame is longer than this only if the compressor is not zstd (zstd.h, ZSTD_COMPRESSBOUND: size + size/256). */
export const largestPacked = frameSize + frameSize / 256
/** With one shard only one thread could work; the most is a bound on what a manifest makes us start. */
export const shardLimits = { fewest: 2, most: 64 }
export const kinds = ['modules', 'build', 'toolchain', 'bundle'] as const

/** What an entry holds: a part of GOMODCACHE or of GOCACHE; a toolchain is a module apart, a bundle is a GOPROXY. */
export type PackKind = (typeof kinds)[number]

/** A unit, and the index of its shard. */
export interface PlacedUnit extends PackUnit {
  readonly shard: number
}

/** A part of a shard that is decompressed by itself. */
export interface Frame {
  /** Its length in the shard, in bytes. */
  readonly packed: number
  /** Length of the tar in it, in bytes: whole blocks. */
  readonly raw: number
}

/** What a shard holds. */
export interface ShardContent {
  /** Length in bytes. */
  readonly length: number
  /** SHA-256 in hex. */
  readonly sha256: string
  /** How many files; directories do not count. */
  readonly files: number
  /** Their lengths together. */
  readonly bytes: number
  readonly frames: readonly Frame[]
}

/** One of the compressed tars of an entry. */
export interface Shard extends ShardContent {
  /** Name of its file in the entry's folder. */
  readonly name: string
}

/** What is known of an entry without opening its shards. */
export interface Manifest {
  readonly kind: PackKind
  /** What the caller wanted to be remembered: JSON, which only the caller can validate. */
  readonly about: unknown
  /** In order of their names. */
  readonly units: readonly PlacedUnit[]
  readonly files: number
  readonly bytes: number
  /** How many files could not be packed, or were not what they had to be. */
  readonly omitted?: number
  readonly shards: readonly Shard[]
}

/** Name of a shard's file. */
export function shardName(index: number): string {
  return `shard-${index}.tar.zst`
}

/**
 * Writes a manifest as the text of its file: JSON that carries the SHA-256 of its own content, so that
 * damage is told from data.
 */
export function encodeManifest(manifest: Manifest): string {
  const content = JSON.stringify({ schema, ...manifest })
  return `{"sha256":"${contentHash(content)}","manifest":${content}}\n`
}

/** SHA-256 of a manifest's content, in hex. */
export function contentHash(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}
