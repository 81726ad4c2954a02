import { posix } from 'node:path'
import { CorruptArchive } from '../../errors.ts'
import { elapsed } from '../../platform/clock.ts'
import { ensureDirectory, ensureEmptyDirectory, freeSpaceAt } from '../../platform/files.ts'
import { estimateWork, processors, runWorkers, type WorkerTask } from '../../platform/workers.ts'
import { type Manifest, manifestName, type PlacedUnit, readManifest } from './manifest.ts'
import type { SingleFile } from './single-file.ts'
import type { ShardPlace, UnpackedShard, UnpackShardJob } from './unpack-shard.ts'

/** Files and directories of a shard, and files of an entry, at most: the largest module caches have some 300,000. */
export const maxMembers = 2_000_000

/**
 * What an entry unpacks to, against its packed length, in bytes. Source code shrinks to a fifth and build objects to a third; a
 * few long files of zeros among them may shrink to nothing.
 */
const mostShare = 100

const slack = 1024 ** 3

/** Room on a disk. */
interface FreeSpace {
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
  if (files > maxMembers) return `holds ${files} files, and ${maxMembers} are the most`
  const packed = shards.reduce((sum, shard) => sum + shard.length, 0)
  const raw = rawBytes({ shards })
  const most = packed * mostShare + slack
  return raw > most ? `unpacks to ${raw} bytes, and it has only ${packed}` : undefined
}

/** What the shards unpack to, in bytes: tars, so a little more than their files. */
function rawBytes({ shards }: Pick<Manifest, 'shards'>): number {
  return shards.flatMap(({ frames }) => frames).reduce((sum, frame) => sum + frame.raw, 0)
}

/** What a disk lacks for an entry; undefined when it lacks nothing. */
export function shortage(
  { files, bytes }: Pick<Manifest, 'files' | 'bytes'>,
  room: FreeSpace,
): string | undefined {
  if (bytes > room.bytes) return `it needs ${bytes} bytes, and ${room.bytes} are free`
  if (room.files !== undefined && files > room.files)
    return `it needs ${files} files, and the file system takes ${room.files} more`
  return undefined
}

/** An entry cannot be unpacked here, which says nothing of the entry. */
class NotEnoughSpace extends Error {
  override readonly name = 'NoRoom'
}

/** What is to be unpacked, and how. */
export interface UnpackRequest {
  /** The entry's folder, or what was read of its single file. */
  readonly directory: string | SingleFile
  /** Absolute path of the folder to unpack into: absent or empty, and nobody else's. */
  readonly stage: string
  /** Roots that are not wanted, such as those that are there already. */
  readonly skipRoots?: readonly string[]
  /**
   * Whether what is below the roots is write-protected, as Go does it to the trees of modules. The roots
   * themselves never are: only root can rename a directory that it may not write to, and the files that
   * Go keeps beside the trees are writable.
   */
  readonly readOnly: boolean
  /** Roots below which everything stays writable all the same, because Go adds to them. */
  readonly writableRoots?: readonly string[]
  /**
   * Time in whole seconds since 1970 that every file gets, and every data directory of a build cache;
   * by default the archived one.
   */
  readonly mtimeSeconds?: number
  /** Whether the data of a build cache is dropped when its SHA-256 is not what its name says. */
  readonly verifyBuildObjects?: boolean
  /**
   * Roots that are hashed while they are written, as Go hashes modules (golang.org/x/mod/sumdb/dirhash, Hash1), and the
   * name that stands for each in the hash: `path@version` for the tree of a module, `go.mod` for a file.
   */
  readonly hashedRoots?: ReadonlyMap<string, string>
  /** Roots that are zips of modules, and are hashed while they are written (the same package, HashZip). */
  readonly hashedZips?: ReadonlySet<string>
  /** Whether the SHA-256 of every file is wanted. */
  readonly digests?: boolean
  /** No more threads than so many; by default as many as there are processors. */
  readonly threads?: number
  /** After how many seconds it is given up; by default never. */
  readonly seconds?: number | undefined
  /** Whether the SHA-256 of the shards need not be compared, because that of everything around them is. */
  readonly isVerified?: boolean
}

/** What came of unpacking. */
export interface Unpacked {
  /** How many files are in the stage now. */
  readonly files: number
  /** Their lengths together. */
  readonly bytes: number
  /** Build objects that were not what their names say, and were left out. */
  readonly dropped: number
  /** What the hashed roots and zips that were wanted hash to, such as `h1:…=`; of a zip also what is wrong with it. */
  readonly hashes: ReadonlyMap<string, string>
  /** The SHA-256 of every file in hexadecimal, by its path, if they were wanted. */
  readonly digests: ReadonlyMap<string, string>
  /** The units of the entry, also those that were not wanted. */
  readonly units: readonly PlacedUnit[]
  readonly seconds: number
}

/**
 * Unpacks an entry, its shards in worker threads. Nothing outside the stage is touched, whatever the
 * entry holds.
 *
 * @throws NoRoom when the disk is too small; TooSlow when it takes too long; PackDamaged when the entry is not what was
 *   packed. The stage may then hold a part of it, of
 *   which nothing may be used.
 */
export async function unpackEntry(request: UnpackRequest): Promise<Unpacked> {
  const seconds = elapsed()
  const { directory, stage, readOnly, mtimeSeconds, verifyBuildObjects = false } = request
  const { manifest, places } = typeof directory === 'string' ? inFolder(directory) : directory
  const { units, shards } = manifest
  const skipRoots = new Set(request.skipRoots)
  const writableRoots = new Set(request.writableRoots)
  const problem = excess(manifest)
  if (problem !== undefined) throw new CorruptArchive(`${manifestName} ${problem}`)
  ensureEmptyDirectory(stage)
  // Of what is there already nobody knows the length before it is unpacked.
  const lacks = skipRoots.size === 0 ? shortage(manifest, freeSpaceAt(stage)) : undefined
  if (lacks !== undefined) throw new NotEnoughSpace(`${stage} has too little room: ${lacks}`)

  const threads = Math.min(shards.length, processors(), request.threads ?? shards.length)
  // Of the lengths only those of the frames are sure: they end a member that is longer than it was promised.
  const work = estimateWork({ files: manifest.files, bytes: rawBytes(manifest) })
  const makeJobs = () => {
    const wanted = units.flatMap((unit) => unit.roots).filter((root) => !skipRoots.has(root))
    for (const parent of new Set(wanted.map(posix.dirname))) ensureDirectory(`${stage}/${parent}`)
    return shards.map((shard, index): WorkerTask => {
      const roots = units.filter((unit) => unit.shard === index).flatMap((unit) => unit.roots)
      const data: UnpackShardJob = {
        ...{ shard, stage, roots, mtimeSeconds, verifyBuildObjects, digests: request.digests === true },
        isVerified: request.isVerified === true,
        place: places[index] as ShardPlace,
        ends: typeof directory === 'string' || index === shards.length - 1,
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
    throw error.name === 'PackDamaged' ? new CorruptArchive(error.message) : error
  })

  const results = unpacked as readonly UnpackedShard[]
  const total = (field: 'files' | 'bytes' | 'dropped') =>
    results.reduce((sum, shard) => sum + shard[field], 0)
  return {
    files: total('files'),
    bytes: total('bytes'),
    dropped: total('dropped'),
    hashes: new Map(results.flatMap(({ hashes }) => hashes)),
    digests: new Map(results.flatMap(({ digests }) => digests)),
    units,
    seconds: seconds(),
  }
}

function inFolder(directory: string): {
  readonly manifest: Manifest
  readonly places: readonly ShardPlace[]
} {
  const manifest = readManifest(directory)
  return { manifest, places: manifest.shards.map(({ name }) => ({ file: `${directory}/${name}` })) }
}
