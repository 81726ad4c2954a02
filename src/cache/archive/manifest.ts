import { createHash } from 'node:crypto'
import { CorruptArchive } from '../../errors.ts'
import { platform } from '../../platform/machine.ts'
import { close, createFile, errorCode, fstat, openToRead, read, write } from '../../platform/open-files.ts'
import { renamePatiently } from '../../platform/rename.ts'
import { blockSize } from './tar.ts'
import { type PackUnit, unitsProblem } from './units.ts'

/** Version of the format; readers accept no other. */
const schema = 1

/** Name of the manifest in an entry's folder. */
export const manifestName = 'manifest.json'

/** Suffix of an entry's file while it is being written. */
export const partialSuffix = '.partial'

/**
 * Maximum length in bytes of the tar data in one zstd frame. It is small enough that a thread holds a frame in memory,
 * compressed and decompressed. Restoring 1 GB of build objects took 267 MB, and 303 MB with frames of four times the
 * length. It is large enough that compressing each frame separately costs only about 1 % in size.
 */
export const frameSize = 2 * 1024 * 1024

/**
 * Maximum length of a compressed frame, in bytes. Only a compressor other than zstd exceeds it (zstd.h,
 * ZSTD_COMPRESSBOUND: size + size/256).
 */
export const largestPacked = frameSize + frameSize / 256

/**
 * Limits for the number of shards. A single shard would occupy only one thread. The maximum limits how many threads an
 * untrusted manifest can start.
 */
export const shardLimits = { fewest: 2, most: 64 }

const packKinds = ['modules', 'build', 'toolchain', 'bundle'] as const

/** Content of an entry: a part of GOMODCACHE or of GOCACHE; a toolchain is a separate module, a bundle is a GOPROXY. */
export type PackKind = (typeof packKinds)[number]

/** A unit, and the index of its shard. */
export interface PlacedUnit extends PackUnit {
  readonly shard: number
}

/** Part of a shard that is compressed separately. */
export interface Frame {
  /** Compressed length in the shard, in bytes. */
  readonly packed: number
  /**
   * Length of its tar data, in bytes; a multiple of the block size. 0: the frame is void, because the packer reverted
   * its content after it had been sent.
   */
  readonly raw: number
}

/** Content of a shard. */
export interface ShardContent {
  /** Length in bytes. */
  readonly length: number
  /** SHA-256 in hex. */
  readonly sha256: string
  /** Number of files, without directories. */
  readonly files: number
  /** Total size of the files, in bytes. */
  readonly bytes: number
  readonly frames: readonly Frame[]
}

/** Compressed tar of an entry. */
export interface Shard extends ShardContent {
  /** Name of its file in the entry's folder. */
  readonly name: string
}

/** Description of an entry, readable without its shards. */
export interface Manifest {
  readonly kind: PackKind
  /** Metadata of the caller, as JSON. Only the caller can validate it. */
  readonly about: unknown
  /** Units in order of their names. */
  readonly units: readonly PlacedUnit[]
  readonly files: number
  readonly bytes: number
  /** Number of files that could not be packed, or had a wrong hash. */
  readonly omitted?: number
  readonly shards: readonly Shard[]
}

/** Returns the name of a shard's file. */
export function shardName(index: number): string {
  return `shard-${index}.tar.zst`
}

/** Encodes a manifest as the text of its file: JSON with the SHA-256 of its own content, which reveals corruption. */
export function encodeManifest(manifest: Manifest): string {
  const content = JSON.stringify({ schema, ...manifest })
  return `{"sha256":"${contentHash(content)}","manifest":${content}}\n`
}

/** Returns the length of an entry with this manifest as it is stored, in bytes. */
export function entryLength(manifest: Manifest): number {
  return Buffer.byteLength(encodeManifest(manifest)) + sum(manifest.shards.map(({ length }) => length))
}

/** Returns the SHA-256 of a manifest's content, in hex. */
function contentHash(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Decodes the text of a manifest's file. The text is untrusted, so everything in it except `about` is validated.
 *
 * @param text the whole file
 * @param platform the system that opens the units' roots, as Node names it (`win32`, `linux`)
 * @throws CorruptArchive when the text is not what `encodeManifest` writes
 */
export function decodeManifest(text: string, platform: string): Manifest {
  const [, hash, content] = /^\{"sha256":"([0-9a-f]{64})","manifest":(.*)\}\n$/s.exec(text) ?? []
  if (content === undefined) throw damaged('is not in the format of this action')
  if (contentHash(content) !== hash) throw damaged('does not match its SHA-256')
  const fields = object(parse(content), 'content')
  if (fields.schema !== schema) throw damaged(`has schema ${JSON.stringify(fields.schema)}, not ${schema}`)
  const kind = packKinds.find((known) => known === fields.kind)
  if (kind === undefined) throw damaged(`has the unknown kind ${JSON.stringify(fields.kind)}`)
  if (!('about' in fields)) throw damaged('has no metadata')
  const shards = list(fields.shards, 'shards').map(decodeShard)
  if (shards.length < shardLimits.fewest || shards.length > shardLimits.most) {
    throw damaged(`lists ${shards.length} shards`)
  }
  const units = list(fields.units, 'units').map((unit) => decodeUnit(unit, shards.length))
  const problem = unitsProblem(units, platform)
  if (problem !== undefined) throw damaged(`is invalid: ${problem}`)
  const files = total(fields, 'files', shards)
  const bytes = total(fields, 'bytes', shards)
  const omitted = 'omitted' in fields ? { omitted: integer(fields.omitted, 'omitted', 1) } : {}
  return { kind, about: fields.about, units, files, bytes, ...omitted, shards }
}

function decodeUnit(value: unknown, shards: number): PlacedUnit {
  const unit = object(value, 'unit')
  const roots = list(unit.roots, 'roots').map((root) => text(root, 'root'))
  return {
    name: text(unit.name, 'name of a unit'),
    roots,
    shard: integer(unit.shard, 'shard', 0, shards - 1),
  }
}

function decodeShard(value: unknown, index: number): Shard {
  const shard = object(value, 'shard')
  if (shard.name !== shardName(index))
    throw damaged(`has ${JSON.stringify(shard.name)} as the name of shard ${index}`)
  const sha256 = text(shard.sha256, 'sha256')
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw damaged(`has no SHA-256 of ${shard.name}`)
  const frames = list(shard.frames, 'frames').map(decodeFrame)
  const length = integer(shard.length, 'length')
  if (length !== sum(frames.map((frame) => frame.packed)))
    throw damaged(`has different lengths for ${shard.name} and its frames`)
  return {
    name: shard.name,
    length,
    sha256,
    files: integer(shard.files, 'files'),
    bytes: integer(shard.bytes, 'bytes'),
    frames,
  }
}

function decodeFrame(value: unknown): Frame {
  const frame = object(value, 'frame')
  const raw = integer(frame.raw, 'raw', 0, frameSize)
  if (raw % blockSize !== 0)
    throw damaged(`has a frame of ${raw} bytes, which is not a whole number of blocks`)
  return { packed: integer(frame.packed, 'packed', 1, largestPacked), raw }
}

function total(fields: Fields, name: 'files' | 'bytes', shards: readonly Shard[]): number {
  const value = integer(fields[name], name)
  if (value !== sum(shards.map((shard) => shard[name])))
    throw damaged(`has a total of ${name} that differs from its shards`)
  return value
}

function parse(content: string): unknown {
  try {
    return JSON.parse(content)
  } catch {
    throw damaged('is not JSON')
  }
}

function object(value: unknown, name: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw damaged(`has a ${name} that is not an object`)
  return value as Fields
}

function list(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw damaged(`has ${name} that are not a list`)
  return value
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw damaged(`has a ${name} that is not a string`)
  return value
}

function integer(value: unknown, name: string, least = 0, most = Number.MAX_SAFE_INTEGER): number {
  if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most) {
    throw damaged(`has ${JSON.stringify(value)} for ${name}`)
  }
  return value as number
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

function damaged(problem: string): CorruptArchive {
  return new CorruptArchive(`${manifestName} ${problem}`)
}

/** A file of an entry, open for reading. */
export interface EntryFile {
  readonly fd: number
  /** Length in bytes. */
  readonly length: number
}

/**
 * Opens a file of an entry, passes it to `use` and closes it.
 *
 * @param file absolute path
 * @param name name of the file in errors
 * @param use receives the open file
 * @throws CorruptArchive when the file is missing or not a regular file
 */
export function withEntryFile<T>(file: string, name: string, use: (file: EntryFile) => T): T {
  const fd = open(file, name)
  try {
    const status = fstat(fd)
    if (!status.isFile()) throw new CorruptArchive(`${name} is not a file`)
    return use({ fd, length: status.size })
  } finally {
    close(fd)
  }
}

function open(file: string, name: string): number {
  try {
    return openToRead(file)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') throw new CorruptArchive(`${name} is missing`)
    if (errorCode(error) === 'ELOOP') throw new CorruptArchive(`${name} is a link`)
    throw error
  }
}

/** Maximum length of a manifest to read into memory, in bytes; manifests of a thousand modules are under one MB. */
export const largestManifest = 64 * 1024 * 1024

/**
 * Reads and validates an entry's manifest.
 *
 * @param directory the entry's folder
 * @throws CorruptArchive when the manifest is missing or invalid
 */
export function readManifest(directory: string): Manifest {
  const text = withEntryFile(`${directory}/${manifestName}`, manifestName, ({ fd, length }) => {
    if (length > largestManifest) throw new CorruptArchive(`${manifestName} has ${length} bytes`)
    const bytes = Buffer.alloc(length)
    return bytes.toString('utf8', 0, read(fd, bytes, 0, length))
  })
  return decodeManifest(text, platform())
}

/**
 * Writes an entry's manifest, completely or not at all.
 *
 * @param directory the entry's folder
 * @returns its length in bytes
 */
export function writeManifest(directory: string, manifest: Manifest): number {
  const bytes = Buffer.from(encodeManifest(manifest))
  const target = `${directory}/${manifestName}`
  const fd = createFile(`${target}${partialSuffix}`)
  try {
    write(fd, bytes)
  } finally {
    close(fd)
  }
  renamePatiently(`${target}${partialSuffix}`, target)
  return bytes.length
}
