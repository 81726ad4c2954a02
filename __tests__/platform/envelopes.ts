import { gzipSync, zstdCompressSync } from 'node:zlib'
import { encodeRecords } from '../../src/cache/archive/tar.ts'
import { end, member, withBytes } from '../cache/archive/forged.ts'

/** A member of an envelope: its header, and its content. */
export function file(path: string, content: string | Buffer = 'content'): Buffer {
  const bytes = Buffer.from(content)
  return Buffer.concat([header(path, bytes.length), padding(bytes)])
}

/** A header of a file of any length, without content. */
export function header(path: string, size: number): Buffer {
  return member({ path, size })
}

/** A member without content of another type: a link (1, 2), a device (3, 4), a directory (5), a named pipe (6). */
export function special(path: string, type: string, target = ''): Buffer {
  return withBytes(withBytes(member({ path, size: 0 }), 156, type), 157, target)
}

/** A pax header for the member that follows. */
export function pax(records: Readonly<Record<string, string>>): Buffer {
  return paxOf(encodeRecords(new Map(Object.entries(records))))
}

/** A pax header with any content. */
export function paxOf(content: Buffer): Buffer {
  return typed('PaxHeaders/x', 'x', content)
}

/** A member of any type with content. */
export function typed(path: string, type: string, content: Buffer): Buffer {
  return Buffer.concat([withBytes(member({ path, size: content.length }), 156, type), padding(content)])
}

/** The format that @actions/cache stores: the members of a tar, its end, compressed. */
export function envelope(
  members: readonly Buffer[],
  compress = zstdCompressSync as (tar: Buffer) => Buffer,
): Buffer {
  return compress(Buffer.concat([...members, end]))
}

export const gzip = (tar: Buffer): Buffer => gzipSync(tar)

function padding(content: Buffer): Buffer {
  return Buffer.concat([content, Buffer.alloc((512 - (content.length % 512)) % 512)])
}
