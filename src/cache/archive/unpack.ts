import { posix } from 'node:path'
import { ActionError, CorruptArchive, hasCode } from '../../errors.ts'
import { elapsed } from '../../platform/clock.ts'
import { ensureDirectory, ensureEmptyDirectory, freeSpaceAt } from '../../platform/files.ts'
import {
  estimateWork,
  isWorthThreads,
  processors,
  runWorkers,
  type WorkerTask,
} from '../../platform/workers.ts'
import { type Manifest, manifestName, type PlacedUnit } from './manifest.ts'
import { type OpenEntry, openFolder, type ShardPlace } from './open-entry.ts'
import type { SingleFile } from './single-file.ts'
import { maxMembers, type UnpackedShard, type UnpackShardJob } from './unpack-shard.ts'

/**
 * Maximum unpacked length of an entry, as a multiple of its packed length. Source code shrinks to a fifth and build
 * objects to a third. A few long files of zeros among them may shrink to nothing.
 */
const mostShare = 100

const slack = 1024 ** 3

/** Free space on a disk. */
interface FreeSpace {
  /** Number of free bytes. */
  readonly bytes: number
  /** Number of files and directories that it can still hold; undefined when the file system has no limit of its own. */
  readonly files: number | undefined
}

/**
 * Explains why an entry must not be unpacked at all; undefined when it may be.
 *
 * @param manifest the entry's own description, which is untrusted
 */
export function excess({ files, shards }: Pick<Manifest, 'files' | 'shards'>): string | undefined {
  if (files > maxMembers) return `lists ${files} files, more than the maximum of ${maxMembers}`
  const packed = packedBytes({ shards })
  const raw = rawBytes({ shards })
  const most = packed * mostShare + slack
  return raw > most ? `unpacks to ${raw} bytes from only ${packed}` : undefined
}

/** Returns the unpacked length of the shards in bytes: that of the tars, so a little more than that of the files. */
function rawBytes({ shards }: Pick<Manifest, 'shards'>): number {
  return shards.flatMap(({ frames }) => frames).reduce((sum, frame) => sum + frame.raw, 0)
}

/** Returns the stored length of the shards in bytes. */
function packedBytes({ shards }: Pick<Manifest, 'shards'>): number {
  return shards.reduce((sum, shard) => sum + shard.length, 0)
}

/** Explains why a disk has too little space for an entry; undefined when it has enough. */
export function shortage(
  { files, bytes }: Pick<Manifest, 'files' | 'bytes'>,
  room: FreeSpace,
): string | undefined {
  if (bytes > room.bytes) return `it needs ${bytes} bytes, but only ${room.bytes} are free`
  if (room.files !== undefined && files > room.files)
    return `it needs ${files} files, but the file system has room for only ${room.files}`
  return undefined
}

/** Error for an entry that does not fit on the disk; the entry itself may be valid. */
class NotEnoughSpace extends ActionError {
  constructor(message: string) {
    super('not-enough-space', message)
  }
}

/** Request to unpack an entry. */
interface UnpackRequest {
  /** The entry: its folder, or what a store or a single file holds. */
  readonly directory: string | OpenEntry | SingleFile
  /** Absolute path of the exclusive folder to unpack into; missing or empty. */
  readonly stage: string
  /** Roots to skip, such as those that already exist. */
  readonly skipRoots?: readonly string[]
  /**
   * Whether everything below the roots is write-protected, as Go does it for the trees of modules. The roots themselves
   * stay writable: only the root user can rename a directory that it may not write to. The files that Go keeps next to
   * the trees are writable, too.
   */
  readonly readOnly: boolean
  /** Roots below which everything stays writable, because Go adds to them. */
  readonly writableRoots?: readonly string[]
  /**
   * Mtime in whole seconds since 1970 for every file, and for every data directory of a build cache; by default the
   * archived one.
   */
  readonly mtimeSeconds?: number
  /** Whether build cache data is dropped when its SHA-256 differs from its name. */
  readonly verifyBuildObjects?: boolean
  /**
   * Roots to hash while they are written, as Go hashes modules (golang.org/x/mod/sumdb/dirhash, Hash1). The value
   * is the name that replaces the root in the hash: `path@version` for the tree of a module, `go.mod` for a file.
   */
  readonly hashedRoots?: ReadonlyMap<string, string>
  /** Roots that are zips of modules, to be hashed while they are written (the same package, HashZip). */
  readonly hashedZips?: ReadonlySet<string>
  /** Whether to return the SHA-256 of every file. */
  readonly digests?: boolean
  /** Maximum number of threads; by default the number of processors. */
  readonly threads?: number
  /** Timeout in seconds; by default none. */
  readonly seconds?: number | undefined
  /** Whether to skip the SHA-256 of the shards, because the caller verifies that of the whole file. */
  readonly isVerified?: boolean
}

/** Result of unpacking. */
interface Unpacked {
  /** Number of files in the stage now. */
  readonly files: number
  /** Total size of the files, in bytes. */
  readonly bytes: number
  /** Number of build objects that were dropped, because their SHA-256 differs from their name. */
  readonly dropped: number
  /** Number of files that the packer omitted, as the manifest says. */
  readonly omitted: number
  /** Hashes of the requested roots and zips, such as `h1:…=`; for a broken zip, a description of the error. */
  readonly hashes: ReadonlyMap<string, string>
  /** SHA-256 of every file in hexadecimal, by its path, if requested. */
  readonly digests: ReadonlyMap<string, string>
  /** Units of the entry, including skipped ones. */
  readonly units: readonly PlacedUnit[]
  readonly seconds: number
}

/**
 * Unpacks an entry, its shards in worker threads. Nothing outside the stage changes, whatever the entry holds.
 *
 * @throws NotEnoughSpace when the disk is too small; WorkerTimeout when it takes too long; CorruptArchive when the
 *   entry is corrupt. The stage may then hold a part of the entry, which must not be used.
 */
export async function unpackEntry(request: UnpackRequest): Promise<Unpacked> {
  const seconds = elapsed()
  const { directory, stage, readOnly, mtimeSeconds, verifyBuildObjects = false } = request
  const entry = typeof directory === 'string' ? openFolder(directory) : directory
  const { manifest, places } = entry
  const { units, shards, omitted = 0 } = manifest
  const skipRoots = new Set(request.skipRoots)
  const writableRoots = new Set(request.writableRoots)
  const problem = excess(manifest)
  if (problem !== undefined) throw new CorruptArchive(`${manifestName} ${problem}`)
  const wanted = units.flatMap((unit) => unit.roots).filter((root) => !skipRoots.has(root))
  const parents = new Set(wanted.map(posix.dirname))
  if ([...parents].reduce((sum, parent) => sum + parent.split('/').length, 0) > maxMembers)
    throw new CorruptArchive(`${manifestName} needs more than ${maxMembers} directories`)
  ensureEmptyDirectory(stage)
  // The manifest has no size for each root, so the space check works only when no root is skipped.
  const shortfall = skipRoots.size === 0 ? shortage(manifest, freeSpaceAt(stage)) : undefined
  if (shortfall !== undefined) throw new NotEnoughSpace(`not enough disk space in ${stage}: ${shortfall}`)

  const threads = Math.min(shards.length, processors(), request.threads ?? shards.length)
  // Only the lengths of the frames are reliable: they truncate a member that is longer than the manifest says.
  const work = estimateWork({
    files: manifest.files,
    bytes: Math.max(rawBytes(manifest), packedBytes(manifest)),
  })
  // Threads can wait for the bytes; this one cannot, because it receives them. Little work means short shards, which
  // arrive as a whole before any is taken.
  if ('done' in entry && !isWorthThreads(work)) await entry.done
  const makeJobs = () => {
    for (const parent of parents) ensureDirectory(`${stage}/${parent}`)
    return shards.map((shard, index): WorkerTask => {
      const roots = units.filter((unit) => unit.shard === index).flatMap((unit) => unit.roots)
      const data: UnpackShardJob = {
        ...{ shard, stage, roots, mtimeSeconds, verifyBuildObjects, digests: request.digests === true },
        isVerified: request.isVerified === true,
        place: places[index] as ShardPlace,
        ends: !('isOneTar' in entry) || index === shards.length - 1,
        skipRoots: roots.filter((root) => skipRoots.has(root)),
        readOnlyRoots: roots.filter((root) => readOnly && !writableRoots.has(root)),
        hashedRoots: roots.flatMap((root) => {
          const name = request.hashedRoots?.get(root)
          return name === undefined ? [] : [[root, name] as const]
        }),
        hashedZips: roots.filter((root) => request.hashedZips?.has(root)),
      }
      return { task: 'unpack-shard', data }
    })
  }
  const unpacked = await runWorkers(threads, work, makeJobs, request.seconds).catch((error: Error) => {
    throw hasCode(error, 'corrupt-archive') ? new CorruptArchive(error.message) : error
  })

  const results = unpacked as readonly UnpackedShard[]
  const total = (field: 'files' | 'bytes' | 'dropped') =>
    results.reduce((sum, shard) => sum + shard[field], 0)
  return {
    files: total('files'),
    bytes: total('bytes'),
    dropped: total('dropped'),
    omitted,
    hashes: new Map(results.flatMap(({ hashes }) => hashes)),
    digests: new Map(results.flatMap(({ digests }) => digests)),
    units,
    seconds: seconds(),
  }
}
