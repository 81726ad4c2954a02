import { elapsed } from '../system/clock.ts'
import { ensureEmptyDirectory } from '../system/sync-files.ts'
import { type Job, processors, runWorkers, workOf } from '../system/workers.ts'
import { type PackKind, type PlacedUnit, shardLimits, shardName } from './manifest.ts'
import { writeManifest } from './manifest-file.ts'
import type { PackedShard, PackShardJob } from './pack-shard.ts'
import { assignShards, type PackUnit, unitsProblem } from './units.ts'
import { walkUnit } from './walk.ts'

/** What is to be packed, and how. */
export interface PackRequest {
  readonly kind: PackKind
  /** What is to be remembered with the entry: plain JSON data. */
  readonly about: object
  /** Absolute path of the folder that everything is in. */
  readonly base: string
  readonly units: readonly PackUnit[]
  /** Absolute path of the entry's folder: absent or empty. */
  readonly directory: string
  /** How many shards, and so threads; by default as many as there are processors, but two to four. */
  readonly shards?: number
  /** Whole seconds since 1970 for every file, which makes the entry depend on names and content only; by default each has its own. */
  readonly mtimeSeconds?: number
  /** Tells of a file or directory, by its path relative to `base`, whether it is left out; by default nothing is. */
  readonly leaveOut?: (path: string) => boolean
}

/** What came of packing. */
export interface Packed {
  readonly files: number
  /** Lengths of the files together. */
  readonly bytes: number
  /** Length of the entry. */
  readonly packedBytes: number
  /** Files that another process removed or cut off meanwhile, and that were left out. */
  readonly skipped: number
  readonly seconds: number
}

/** Opening and closing a file takes about as long as compressing this many bytes. */
const fileWeight = 4096

/**
 * Packs files and directories into an entry: shards, each written by a worker thread, and at last the
 * manifest, without which nothing is an entry.
 *
 * @throws when a root is missing, something is neither a file nor a directory, or writing fails. The
 *   folder may then hold a part of the entry.
 */
export async function packEntry(request: PackRequest): Promise<Packed> {
  const seconds = elapsed()
  const { base, directory, kind, about, mtimeSeconds } = request
  const count = request.shards ?? Math.min(4, Math.max(shardLimits.fewest, processors()))
  if (!(count >= shardLimits.fewest && count <= shardLimits.most))
    throw new Error(`cannot pack into ${count} shards`)
  const units = [...request.units].sort((a, b) => (a.name < b.name ? -1 : 1))
  const problem = unitsProblem(units, 'any')
  if (problem !== undefined) throw new Error(`cannot pack: ${problem}`)
  ensureEmptyDirectory(directory)

  const contents = units.map((unit) => walkUnit(base, unit, request.leaveOut ?? (() => false)))
  const weights = contents.map(({ files, bytes }) => bytes + files * fileWeight)
  const shardOf = assignShards(weights, count)
  const placed = units.map(
    ({ name, roots }, index): PlacedUnit => ({ name, roots, shard: shardOf[index] ?? 0 }),
  )
  const work = contents.reduce((sum, content) => sum + workOf(content), 0)
  const packed = (await runWorkers(count, work, () =>
    Array.from({ length: count }, (_, shard): Job => {
      const paths = contents.filter((_, unit) => shardOf[unit] === shard).flatMap((content) => content.paths)
      const required = placed.filter((unit) => unit.shard === shard).flatMap((unit) => unit.roots)
      const data: PackShardJob = {
        base,
        paths,
        required,
        target: `${directory}/${shardName(shard)}`,
        mtimeSeconds,
      }
      return { task: 'pack-shard', data }
    }),
  )) as readonly PackedShard[]

  const total = (field: 'files' | 'bytes' | 'length' | 'skipped') =>
    packed.reduce((sum, shard) => sum + shard[field], 0)
  const shards = packed.map(({ skipped: _, ...content }, index) => ({ name: shardName(index), ...content }))
  const [files, bytes] = [total('files'), total('bytes')]
  const manifestLength = writeManifest(directory, { kind, about, units: placed, files, bytes, shards })
  return {
    files,
    bytes,
    packedBytes: total('length') + manifestLength,
    skipped: total('skipped'),
    seconds: seconds(),
  }
}
