import { PackDamaged } from './damaged.ts'
import {
  contentHash,
  type Frame,
  frameSize,
  kinds,
  largestPacked,
  type Manifest,
  manifestName,
  type PlacedUnit,
  type Shard,
  schema,
  shardLimits,
  shardName,
} from './manifest.ts'
import { blockSize } from './tar.ts'
import { unitsProblem } from './units.ts'

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
  const kind = kinds.find((known) => known === fields.kind)
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

function damaged(problem: string): PackDamaged {
  return new PackDamaged(`${manifestName} ${problem}`)
}
