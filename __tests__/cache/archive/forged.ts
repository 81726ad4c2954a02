import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import {
  encodeManifest,
  type Manifest,
  manifestName,
  type Shard,
  shardName,
} from '../../../src/cache/archive/manifest.ts'
import { encodeMember, headerLength, type Member, padded } from '../../../src/cache/archive/tar.ts'

/** Headers of a member of any name, followed by content. */
export function member(fields: Partial<Member>, content = ''): Buffer {
  const whole: Member = {
    ...{ path: 'root/file', isDirectory: false, isExecutable: false, size: content.length, mtime: 1 },
    ...fields,
  }
  const headers = headerLength(whole)
  const buffer = Buffer.alloc(headers + padded(content.length))
  encodeMember(buffer, 0, whole)
  buffer.write(content, headers, 'latin1')
  return buffer
}

/** Builds a one-block header with some bytes replaced and its checksum recomputed. */
export function withBytes(header: Buffer, at: number, bytes: string): Buffer {
  const altered = Buffer.from(header)
  altered.write(bytes, at, 'latin1')
  altered.write(' '.repeat(8), 148, 'latin1')
  const sum = altered.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  altered.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return altered
}

/** Facts that the manifest states about a shard, besides its length and hash. */
export type Said = Pick<Shard, 'files' | 'bytes'> & { readonly frames?: Shard['frames'] }

/** The two blocks that end a tar. */
export const end = Buffer.alloc(1024)

/**
 * Writes an entry of two shards, the second of which is empty. Lengths and hashes are right: only the tar content
 * and the overridden manifest fields are wrong.
 *
 * @param directory absolute path of the entry's folder
 * @param frames the tar of the first shard, in pieces that become a frame each
 * @param meta manifest fields of the first shard besides lengths and hash
 * @param change replaces parts of the manifest
 */
export function forgeEntry(
  directory: string,
  frames: readonly Buffer[],
  meta: Said,
  change: Partial<Manifest> = {},
): void {
  mkdirSync(directory, { recursive: true })
  const shards = [
    { ...writeShard(directory, 0, frames), ...meta },
    { ...writeShard(directory, 1, [end]), files: 0, bytes: 0 },
  ]
  const units = [{ name: 'unit', roots: ['root', 'root.mod'], shard: 0 }]
  const manifest: Manifest = {
    kind: 'modules',
    about: {},
    units,
    files: meta.files,
    bytes: meta.bytes,
    shards,
  }
  writeFileSync(path.join(directory, manifestName), encodeManifest({ ...manifest, ...change }))
}

function writeShard(
  directory: string,
  index: number,
  frames: readonly Buffer[],
): Omit<Shard, 'files' | 'bytes'> {
  const packed = frames.map((frame) => zstdCompressSync(frame))
  const bytes = Buffer.concat(packed)
  writeFileSync(path.join(directory, shardName(index)), bytes)
  return {
    name: shardName(index),
    length: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    frames: packed.map((frame, at) => ({ packed: frame.length, raw: frames[at]?.length ?? 0 })),
  }
}
