import { createHash } from 'node:crypto'
import { CorruptArchive } from '../../errors.ts'
import { rename } from '../../platform/files.ts'
import { platform } from '../../platform/machine.ts'
import { close, createFile, errorCode, fstat, openToRead, read, write } from '../../platform/open-files.ts'
import { blockSize } from './tar.ts'
import { type PackUnit, unitsProblem } from './units.ts'

/** Version of the format: readers take no other. */
const schema = 1

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

const packKinds = ['modules', 'build', 'toolchain', 'bundle'] as const

/** What an entry holds: a part of GOMODCACHE or of GOCACHE; a toolchain is a module apart, a bundle is a GOPROXY. */
export type PackKind = (typeof packKinds)[number]

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
function contentHash(content: string): string {
  return createHash('sha256').update(content).digest('hex')
}

type Fields = Readonly<Record<string, unknown>>

/**
 * Reads the text of a manifest's file. It is untrusted, so everything in it but `about` is checked.
 *
 * @param text the whole file
 * @param platform the system that will open the units' roots, in the words of Node (`win32`, `linux`)
 * @throws PackDamaged when it is not what `encodeManifest` writes
 */
export function decodeManifest(text: string, platform: string): Manifest {
  const [, hash, content] = /^\{"sha256":"([0-9a-f]{64})","manifest":(.*)\}\n$/s.exec(text) ?? []
  if (content === undefined) throw damaged('is not one of ours')
  if (contentHash(content) !== hash) throw damaged('does not have its SHA-256')
  const fields = object(parse(content), 'content')
  if (fields.schema !== schema) throw damaged(`is of schema ${JSON.stringify(fields.schema)}, not ${schema}`)
  const kind = packKinds.find((known) => known === fields.kind)
  if (kind === undefined) throw damaged(`is of the unknown kind ${JSON.stringify(fields.kind)}`)
  if (!('about' in fields)) throw damaged('lacks about')
  const shards = list(fields.shards, 'shards').map(decodeShard)
  if (shards.length < shardLimits.fewest || shards.length > shardLimits.most) {
    throw damaged(`names ${shards.length} shards`)
  }
  const units = list(fields.units, 'units').map((unit) => decodeUnit(unit, shards.length))
  const problem = unitsProblem(units, platform)
  if (problem !== undefined) throw damaged(`is wrong: ${problem}`)
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
  if (shard.name !== shardName(index)) throw damaged(`names shard ${index} ${JSON.stringify(shard.name)}`)
  const sha256 = text(shard.sha256, 'sha256')
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw damaged(`has no SHA-256 of ${shard.name}`)
  const frames = list(shard.frames, 'frames').map(decodeFrame)
  const length = integer(shard.length, 'length')
  if (length !== sum(frames.map((frame) => frame.packed)))
    throw damaged(`has other lengths for ${shard.name} and its frames`)
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
  const raw = integer(frame.raw, 'raw', blockSize, frameSize)
  if (raw % blockSize !== 0) throw damaged(`has a frame of ${raw} bytes, which are not whole blocks`)
  return { packed: integer(frame.packed, 'packed', 1, largestPacked), raw }
}

function total(fields: Fields, name: 'files' | 'bytes', shards: readonly Shard[]): number {
  const value = integer(fields[name], name)
  if (value !== sum(shards.map((shard) => shard[name])))
    throw damaged(`has another total of ${name} than its shards`)
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
    throw damaged(`has a ${name} that is no object`)
  return value as Fields
}

function list(value: unknown, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw damaged(`has ${name} that are no list`)
  return value
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw damaged(`has a ${name} that is no text`)
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
 * Opens a file of an entry, hands it on and closes it.
 *
 * @param file absolute path
 * @param name what errors call it
 * @param use what is done with it
 * @throws PackDamaged when there is no such file, or something else is in its place
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

/** Manifests of a thousand modules are under one MB; this bounds what we read into memory, in bytes. */
export const largestManifest = 64 * 1024 * 1024

/**
 * Reads and checks an entry's manifest.
 *
 * @param directory the entry's folder
 * @throws PackDamaged when there is none, or it is not one of ours
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
 * Writes an entry's manifest, whole or not at all.
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
  rename(`${target}${partialSuffix}`, target)
  return bytes.length
}
