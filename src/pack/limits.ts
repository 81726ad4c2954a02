import type { Manifest } from './manifest.ts'

/** Files and directories of a shard, and files of an entry, at most: the largest module caches have some 300,000. */
export const mostMembers = 2_000_000
/**
 * What an entry unpacks to, against its packed length, in bytes. Source code shrinks to a fifth and build objects to a third; a
 * few long files of zeros among them may shrink to nothing.
 */
const mostShare = 100
const slack = 1024 ** 3

/** Room on a disk. */
export interface Room {
  /** In bytes. */
  readonly bytes: number
  /** How many files and directories; undefined where the file system has no limit of its own. */
  readonly files: number | undefined
}

/**
 * What keeps an entry from being unpacked at all; undefined when it may be.
 *
 * @param manifest what it says of itself: nothing of it is unpacked yet
 */
export function excess({ files, shards }: Pick<Manifest, 'files' | 'shards'>): string | undefined {
  if (files > mostMembers) return `holds ${files} files, and ${mostMembers} are the most`
  const packed = shards.reduce((sum, shard) => sum + shard.length, 0)
  const raw = rawBytes({ shards })
  const most = packed * mostShare + slack
  return raw > most ? `unpacks to ${raw} bytes, and it has only ${packed}` : undefined
}

/** What the shards unpack to, in bytes: tars, so a little more than their files. */
export function rawBytes({ shards }: Pick<Manifest, 'shards'>): number {
  return shards.flatMap(({ frames }) => frames).reduce((sum, frame) => sum + frame.raw, 0)
}

/** What a disk lacks for an entry; undefined when it lacks nothing. */
export function shortage(
  { files, bytes }: Pick<Manifest, 'files' | 'bytes'>,
  room: Room,
): string | undefined {
  if (bytes > room.bytes) return `it needs ${bytes} bytes, and ${room.bytes} are free`
  if (room.files !== undefined && files > room.files)
    return `it needs ${files} files, and the file system takes ${room.files} more`
  return undefined
}

/** An entry cannot be unpacked here, which says nothing of the entry. */
export class NoRoom extends Error {
  override readonly name = 'NoRoom'
}
