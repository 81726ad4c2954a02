import { elapsed } from '../../platform/clock.ts'
import { ensureEmptyDirectory, lstatIn, namesIn } from '../../platform/files.ts'
import type { SharedRing } from '../../platform/shared-ring.ts'
import { estimateWork, processors, runWorkers, type WorkerTask } from '../../platform/workers.ts'
import {
  entryLength,
  type Manifest,
  type PackKind,
  type PlacedUnit,
  shardLimits,
  shardName,
  writeManifest,
} from './manifest.ts'
import type { OnFault, PackedShard, PackFault, PackShardJob, ShardTarget, UnitToPack } from './pack-shard.ts'
import { pathProblem } from './paths.ts'
import { assignShards, type ExpectedHash, type PackUnit, unitsProblem } from './units.ts'

/** Content below a unit's roots. */
interface UnitContent {
  /** Files, and the directories that hold any. A directory ends with `/` and comes before its content. */
  readonly paths: readonly string[]
  /** Number of files. */
  readonly files: number
  /** Total size of the files, in bytes. */
  readonly bytes: number
  /** Parts that cannot be packed, and the reasons. */
  readonly faults: readonly PackFault[]
}

/**
 * Lists a unit's files and directories, in an order that depends on their names only. Directories without files are
 * skipped: no checksum covers them, and `//go:embed` fails on them.
 *
 * @param base absolute path of the packed folder
 * @param unit the unit
 * @param isExcluded whether to omit a file or directory, by its path relative to `base`
 */
export function walkUnit(base: string, unit: PackUnit, isExcluded: (path: string) => boolean): UnitContent {
  const paths: string[] = []
  const faults: PackFault[] = []
  let [files, bytes] = [0, 0]
  function walk(path: string, isRoot: boolean): void {
    if (isExcluded(path)) return
    const problem = pathProblem(path, 'any')
    if (problem !== undefined) {
      faults.push({ path, why: problem })
      return
    }
    const status = lstatIn(`${base}/${path}`)
    if (status === undefined) {
      if (isRoot) faults.push({ path, why: 'is missing' })
    } else if (status.isFile()) {
      paths.push(path)
      files++
      bytes += status.size
    } else if (status.isDirectory()) {
      const [before, at] = [files, paths.length]
      paths.push(`${path}/`)
      for (const name of namesIn(`${base}/${path}`)) attempt(`${path}/${name}`, false)
      if (files === before) paths.length = at
    } else faults.push({ path, why: 'is neither a file nor a directory' })
  }
  function attempt(path: string, isRoot: boolean): void {
    try {
      walk(path, isRoot)
    } catch (error) {
      faults.push({ path, why: `cannot be read: ${(error as Error).message}` })
    }
  }
  for (const root of unit.roots) attempt(root, true)
  return { paths, files, bytes, faults }
}

/** Request to pack an entry. */
export interface PackRequest {
  readonly kind: PackKind
  /** Metadata to store with the entry: plain JSON data. */
  readonly metadata: object
  /** Absolute path of the folder that holds everything. */
  readonly base: string
  readonly units: readonly PackUnit[]
  /** Absolute path of the entry's folder, which is missing or empty. */
  readonly directory: string
  /** Number of shards, and so of threads; by default the number of processors, from two to four. */
  readonly shards?: number
  /**
   * Mtime for every file, in whole seconds since 1970, so that the entry depends on names and content only. By default
   * each file keeps its own.
   */
  readonly mtimeSeconds?: number
  /** Whether to omit a file or directory, by its path relative to `base`; by default nothing is omitted. */
  readonly exclude?: (path: string) => boolean
  /** Reaction to content that cannot be packed; by default packing fails. */
  readonly onFault?: OnFault
  /** Expected hashes of parts of units, by the names of the units; parts with other hashes are not packed. */
  readonly expected?: ReadonlyMap<string, readonly ExpectedHash[]>
  /** Whether build cache data is omitted when its SHA-256 differs from its name. */
  readonly verifyBuildObjects?: boolean
}

/** Result of packing. */
export interface Packed {
  readonly files: number
  /** Total size of the files, in bytes. */
  readonly bytes: number
  /** Length of the entry, in bytes. */
  readonly packedBytes: number
  /** Number of files that were omitted because another process removed or truncated them. */
  readonly skipped: number
  /** Names of the units that were omitted because a part could not be packed. */
  readonly unitsLeftOut: readonly string[]
  /** Everything that could not be packed. */
  readonly faults: readonly PackFault[]
  readonly seconds: number
}

/** Number of bytes that take as long to compress as opening and closing a file takes. */
const fileWeight = 4096

/** Returns the number of shards of an entry, and so of the threads that pack it. */
export function shardCount({ shards }: Pick<PackRequest, 'shards'>): number {
  const count = shards ?? Math.min(4, Math.max(shardLimits.fewest, processors()))
  if (count >= shardLimits.fewest && count <= shardLimits.most) return count
  throw new Error(`cannot pack into ${count} shards`)
}

/**
 * Packs files and directories into an entry in a folder. Each shard is written by a worker thread, and the manifest
 * comes last. Without a manifest, a folder is not an entry.
 *
 * @throws when a root is missing, something is neither a file nor a directory, or writing fails. The folder may then
 *   hold a part of the entry.
 */
export async function packEntry(request: PackRequest): Promise<Packed> {
  const { directory } = request
  const names = Array.from({ length: shardCount(request) }, (_, shard) => shardName(shard))
  ensureEmptyDirectory(directory)
  const { manifest, ...packed } = await packShards(
    request,
    names.map((name) => ({ file: `${directory}/${name}` })),
  )
  writeManifest(directory, manifest)
  return packed
}

/**
 * Packs files and directories into an entry in memory, whose bytes the caller takes while they come.
 *
 * @param rings one for each shard
 * @throws as `packEntry`; RingFailed when the caller failed
 */
export function packIntoRings(
  request: Omit<PackRequest, 'directory'>,
  rings: readonly SharedRing[],
): Promise<Packed & { readonly manifest: Manifest }> {
  return packShards(
    request,
    rings.map((ring) => ({ ring })),
  )
}

/** Packs an entry into shards, one for each target. */
async function packShards(
  request: Omit<PackRequest, 'directory'>,
  targets: readonly ShardTarget[],
): Promise<Packed & { readonly manifest: Manifest }> {
  const seconds = elapsed()
  const { base, kind, metadata: about, mtimeSeconds } = request
  const count = targets.length
  const units = [...request.units].sort((a, b) => (a.name < b.name ? -1 : 1))
  const problem = unitsProblem(units, 'any')
  if (problem !== undefined) throw new Error(`cannot pack: ${problem}`)

  const onFault = request.onFault ?? 'fail'
  const found: PackFault[] = []
  const lost = new Set<string>()
  const contents = units.flatMap((unit) => {
    const content = walkUnit(base, unit, request.exclude ?? (() => false))
    const [fault] = content.faults
    if (fault === undefined) return [{ unit, content }]
    if (onFault === 'fail') throw new Error(faultText(fault))
    found.push(...(onFault === 'leave-out-unit' ? [fault] : content.faults))
    if (onFault === 'leave-out-file') return [{ unit, content }]
    lost.add(unit.name)
    return []
  })
  const weights = contents.map(({ content: { files, bytes } }) => bytes + files * fileWeight)
  const shardOf = assignShards(weights, count)
  const placed = contents.map(
    ({ unit: { name, roots } }, index): PlacedUnit => ({ name, roots, shard: shardOf[index] ?? 0 }),
  )
  const work = contents.reduce((sum, { content }) => sum + estimateWork(content), 0)
  const packed = (await runWorkers(count, work, () =>
    Array.from({ length: count }, (_, shard): WorkerTask => {
      const data: PackShardJob = {
        base,
        units: contents.filter((_, unit) => shardOf[unit] === shard).map((one) => toPack(one, request)),
        onFault,
        verifyBuildObjects: request.verifyBuildObjects === true,
        target: targets[shard] as ShardTarget,
        mtimeSeconds,
      }
      return { task: 'pack-shard', data }
    }),
  )) as readonly PackedShard[]

  const total = (field: 'files' | 'bytes' | 'length' | 'skipped') =>
    packed.reduce((sum, shard) => sum + shard[field], 0)
  const shards = packed.map(({ length, sha256, files, bytes, frames }, index) => ({
    name: shardName(index),
    ...{ length, sha256, files, bytes, frames },
  }))
  for (const [name, fault] of packed.flatMap(({ unitsLeftOut }) => unitsLeftOut)) {
    lost.add(name)
    found.push(fault)
  }
  const [files, bytes] = [total('files'), total('bytes')]
  const kept = placed.filter(({ name }) => !lost.has(name))
  const faults = [...found, ...packed.flatMap(({ filesLeftOut }) => filesLeftOut)]
  const omitted = faults.length === 0 ? {} : { omitted: faults.length }
  const manifest: Manifest = { ...{ kind, about, units: kept, files, bytes, shards }, ...omitted }
  return {
    manifest,
    files,
    bytes,
    packedBytes: entryLength(manifest),
    skipped: total('skipped'),
    unitsLeftOut: [...lost].sort(),
    faults,
    seconds: seconds(),
  }
}

function toPack(
  { unit: { name, roots }, content }: { readonly unit: PackUnit; readonly content: UnitContent },
  { expected }: Pick<PackRequest, 'expected'>,
): UnitToPack {
  return { name, roots, paths: content.paths, expected: expected?.get(name) ?? [] }
}

function faultText({ path, why }: PackFault): string {
  const isPlain = /^[^"\\\uFFFD]*$/.test(path)
  return `cannot pack ${isPlain ? path : JSON.stringify(path)}: it ${why}`
}
