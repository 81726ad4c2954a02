import { CorruptArchive } from '../../errors.ts'
import { removeIfThere } from '../../platform/files.ts'
import { platform } from '../../platform/machine.ts'
import { close, createFile, fsync, openToWrite, read, writeAt } from '../../platform/open-files.ts'
import { renamePatiently } from '../../platform/rename.ts'
import { processors, runWorkers, type WorkerTask } from '../../platform/workers.ts'
import {
  decodeManifest,
  encodeManifest,
  type Frame,
  frameSize,
  largestManifest,
  type Manifest,
  type PackKind,
  type PlacedUnit,
  partialSuffix,
  type Shard,
  type ShardContent,
  shardName,
  withEntryFile,
} from './manifest.ts'
import type { FilePlace, PlacedEntry } from './open-entry.ts'
import { type FileToStore, type StoreShardJob, storedMember } from './store-shard.ts'
import { storedLength } from './stored-frame.ts'
import { endLength, headerLength, type Member, padded } from './tar.ts'
import { assignShards, unitsProblem } from './units.ts'

/**
 * Number of shards in a single file. It is the same on every machine, because the file's bytes depend on it. Six shards
 * of about equal length split evenly among one, two or three threads.
 */
const storedShards = 6

/**
 * Returns the frames that the writer of stored shards makes of members. Like the writer, it begins a new frame for a
 * member that does not fit the rest. Only members larger than a frame span several.
 *
 * @param members in the order in which they are written
 * @param ends whether the end of the tar follows
 */
function storedFrames(members: readonly Member[], ends: boolean): readonly Frame[] {
  const raws: number[] = []
  let filled = 0
  const flush = () => {
    if (filled > 0) raws.push(filled)
    filled = 0
  }
  const add = (length: number) => {
    if (filled + length > frameSize) flush()
    for (let left = length; left > 0; ) {
      const portion = Math.min(left, frameSize - filled)
      filled += portion
      left -= portion
      if (left > 0) flush()
    }
  }
  for (const member of members) add(headerLength(member) + padded(member.size))
  if (ends) add(endLength)
  flush()
  return raws.map((raw) => ({ raw, packed: storedLength(raw) }))
}

/**
 * Format of an entry in a single file. The manifest is in a skippable frame of zstd, which readers of zstd skip (RFC
 * 8878, 3.1.2). Then come the shards, which together are one tar. `tar --zstd -tf` lists it.
 */
const skippable = { magic: 0x184d2a50, header: 8 }

/** Time for copying and hashing a byte, as a share of the time for packing it. */
const costOfStoring = 1 / 4

/** Files that stay together in one shard. */
export interface StoredUnit {
  readonly name: string
  readonly files: readonly FileToStore[]
}

/** An entry in a single file. */
export interface SingleFile extends PlacedEntry {
  readonly places: readonly FilePlace[]
  /** Only the last shard has the end of a tar. */
  readonly isOneTar: true
}

/**
 * Writes an entry into a single file. Its bytes depend on the arguments alone: there is no compression, and no time or
 * order from the machine. The file gets its name only when it is complete and on disk.
 *
 * @param target absolute path; an existing file is replaced
 * @param content content of the entry
 * @throws when a file is missing or has changed, or writing fails; `target` is then unchanged
 */
export async function writeSingleFile(
  target: string,
  content: { readonly kind: PackKind; readonly about: object; readonly units: readonly StoredUnit[] },
): Promise<Manifest> {
  const units = [...content.units].sort((a, b) => (a.name < b.name ? -1 : 1))
  const shardOf = assignShards(
    units.map(({ files }) => total(files.map(({ size }) => size))),
    storedShards,
  )
  const placed = units.map(
    ({ name, files }, index): PlacedUnit => ({
      name,
      roots: files.map(({ path }) => path),
      shard: shardOf[index] ?? 0,
    }),
  )
  const problem = unitsProblem(placed, 'any')
  if (problem !== undefined) throw new Error(`cannot pack: ${problem}`)
  const parts = Array.from({ length: storedShards }, (_, shard) =>
    units.filter((_, unit) => shardOf[unit] === shard).flatMap(({ files }) => files),
  )
  const planned = parts.map((files, index) => plannedShard(files, index))
  const manifestOf = (shards: readonly Shard[]): Manifest => ({
    kind: content.kind,
    about: content.about,
    units: placed,
    files: total(shards.map(({ files }) => files)),
    bytes: total(shards.map(({ bytes }) => bytes)),
    shards,
  })
  // All hashes have the same length, so the manifest's length is known before the shards are written.
  const start = skippable.header + Buffer.byteLength(encodeManifest(manifestOf(planned)))
  const partial = `${target}${partialSuffix}`
  removeIfThere(partial)
  try {
    close(createFile(partial))
    const jobs = parts.map((files, index): StoreShardJob => {
      const at = start + total(planned.slice(0, index).map(({ length }) => length))
      return { target: partial, files, at, ends: index === storedShards - 1 }
    })
    const work = total(planned.map(({ length }) => length)) * costOfStoring
    const written = (await runWorkers(Math.min(storedShards, processors()), work, () =>
      jobs.map((data): WorkerTask => ({ task: 'store-shard', data })),
    )) as readonly ShardContent[]
    const manifest = manifestOf(written.map((shard, index) => ({ name: shardName(index), ...shard })))
    finish(partial, target, Buffer.from(encodeManifest(manifest)), start)
    return manifest
  } catch (error) {
    removeIfThere(partial)
    throw error
  }
}

/** Returns the description of a shard before it is written, with a placeholder for its hash. */
function plannedShard(files: readonly FileToStore[], index: number): Shard {
  const frames = storedFrames(files.map(storedMember), index === storedShards - 1)
  return {
    name: shardName(index),
    length: total(frames.map(({ packed }) => packed)),
    sha256: '0'.repeat(64),
    files: files.length,
    bytes: total(files.map(({ size }) => size)),
    frames,
  }
}

function finish(partial: string, target: string, manifest: Buffer, start: number): void {
  if (manifest.length + skippable.header !== start)
    throw new Error('a written shard does not have its planned length')
  const header = Buffer.alloc(skippable.header)
  header.writeUInt32LE(skippable.magic, 0)
  header.writeUInt32LE(manifest.length, 4)
  const fd = openToWrite(partial)
  try {
    writeAt(fd, Buffer.concat([header, manifest]), 0)
    fsync(fd)
  } finally {
    close(fd)
  }
  renamePatiently(partial, target)
}

/**
 * Reads and validates the manifest of an entry in a single file.
 *
 * @param file absolute path
 * @throws CorruptArchive when the format is invalid, or the length differs from the manifest
 */
export function readSingleFile(file: string): SingleFile {
  return withEntryFile(file, 'the file', ({ fd, length }) => {
    const header = Buffer.alloc(skippable.header)
    const count = read(fd, header, 0, skippable.header, 0)
    if (count < skippable.header || header.readUInt32LE(0) !== skippable.magic)
      throw new CorruptArchive('it does not begin with a manifest')
    const size = header.readUInt32LE(4)
    if (size > largestManifest) throw new CorruptArchive(`its manifest has ${size} bytes`)
    const bytes = Buffer.alloc(Math.min(size, length))
    const text = bytes.toString('utf8', 0, read(fd, bytes, 0, bytes.length, skippable.header))
    const manifest = decodeManifest(text, platform())
    const places: FilePlace[] = []
    let at = skippable.header + size
    for (const shard of manifest.shards) {
      places.push({ file, at })
      at += shard.length
    }
    if (at !== length) throw new CorruptArchive(`it has ${length} bytes instead of ${at}`)
    return { manifest, places, isOneTar: true }
  })
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0)
}
