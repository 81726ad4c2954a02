import { createHash } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import { CorruptArchive } from '../../errors.ts'
import { isOfBuildCache } from '../../gofiles/cache-layout.ts'
import { type FileDigest, treeHashOf } from '../../gofiles/h1.ts'
import { platform } from '../../platform/machine.ts'
import { read } from '../../platform/open-files.ts'
import { type EntryFile, type Frame, type Shard, withEntryFile } from './manifest.ts'
import { pathProblem } from './paths.ts'
import { readStoredFrame, storedLength } from './stored-frame.ts'
import { decodeMember, endLength, type Member, padded } from './tar.ts'
import { createTreeWriter, type TreeFile, type TreeOptions } from './tree-writer.ts'
import { rootOf } from './units.ts'
import { maxMembers } from './unpack.ts'
import { zipHash, zipHashOf, zipInMemory } from './zip-hash.ts'

/** What zips are kept in while they are written, one after the other: a thread writes one file at a time. */
let room = Buffer.alloc(0)

/**
 * Hashes the zip of a module while it is written, so that it need not be read again.
 *
 * @param file what it is written to
 * @param path absolute path of that file
 * @param size how many bytes will be written
 * @param hashed told the hash as go.sum has it, or what is wrong with the zip in words, when the file is there
 */
function hashedZip(file: TreeFile, path: string, size: number, hashed: (hash: string) => void): TreeFile {
  const isKept = size <= zipInMemory
  let filled = 0
  if (isKept && room.length < size) room = Buffer.allocUnsafe(size)
  return {
    write(bytes) {
      file.write(bytes)
      if (isKept) room.set(bytes, filled)
      filled += bytes.length
    },
    finish() {
      const isThere = file.finish()
      if (isThere) hashed(isKept ? zipHashOf(room.subarray(0, filled)) : zipHash(path))
      return isThere
    },
  }
}

/** How much is read at once for hashing, in bytes. */
const portion = 1024 * 1024

/** Where the bytes of a shard are. */
export interface ShardPlace {
  /** Absolute path of the file that holds it. */
  readonly file: string
  /** Where in that file it begins, in bytes; undefined: it is the whole file. */
  readonly at?: number
}

/**
 * Reads a shard frame by frame, after its length and SHA-256 were checked: zstd in Node says nothing of a
 * cut or altered input.
 *
 * @param place where it is
 * @param shard what the manifest says of it
 * @param isVerified whether its SHA-256 need not be compared, because that of everything around it is
 * @param use gets the tar of each frame, in order, for as long as it runs
 * @throws PackDamaged when the shard is not what the manifest says
 */
export function readFrames(
  place: ShardPlace,
  shard: Shard,
  isVerified: boolean,
  use: (tar: Buffer) => void,
): void {
  withEntryFile(place.file, shard.name, (file) => {
    if (isVerified) checkLength(file, place, shard)
    else checkShard(file, place, shard)
    const roomFor = (length: (frame: Frame) => number) =>
      Buffer.allocUnsafe(Math.max(0, ...shard.frames.map(length)))
    const packed = roomFor((frame) => frame.packed)
    const stored = roomFor((frame) => (frame.packed === storedLength(frame.raw) ? frame.raw : 0))
    let position = place.at ?? 0
    for (const frame of shard.frames) {
      const length = read(file.fd, packed, 0, frame.packed, position)
      position += length
      const bytes = packed.subarray(0, length)
      use(readStoredFrame(bytes, frame.raw, stored) ?? decompress(bytes, frame, shard.name))
    }
  })
}

/**
 * Compares a shard with what the manifest says, and does not look into it.
 *
 * @throws PackDamaged when its length or SHA-256 is another one
 */
export function checkPlacedShard(place: ShardPlace, shard: Shard): void {
  withEntryFile(place.file, shard.name, (file) => checkShard(file, place, shard))
}

/** @throws PackDamaged when length or SHA-256 of a shard is not what the manifest says */
function checkShard(file: EntryFile, place: ShardPlace, shard: Shard): void {
  checkLength(file, place, shard)
  if (hashOf(file, place.at ?? 0, shard.length) !== shard.sha256)
    throw new CorruptArchive(`${shard.name} does not have its SHA-256`)
}

function checkLength(file: EntryFile, { at }: ShardPlace, shard: Shard): void {
  const length = Math.min(file.length - (at ?? 0), at === undefined ? file.length : shard.length)
  if (length !== shard.length)
    throw new CorruptArchive(`${shard.name} has ${length} bytes instead of ${shard.length}`)
}

function hashOf({ fd }: EntryFile, at: number, length: number): string {
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(portion)
  for (let done = 0; done < length; ) {
    const count = read(fd, buffer, 0, Math.min(portion, length - done), at + done)
    if (count === 0) break
    hash.update(buffer.subarray(0, count))
    done += count
  }
  return hash.digest('hex')
}

function decompress(packed: Buffer, { raw }: Frame, name: string): Buffer {
  let tar: Buffer
  try {
    // With the whole output in one buffer nothing is copied; more than promised is an error of Node's.
    tar = zstdDecompressSync(packed, { chunkSize: raw, maxOutputLength: raw })
  } catch (error) {
    throw new CorruptArchive(`${name} cannot be decompressed: ${(error as Error).message}`)
  }
  if (tar.length !== raw)
    throw new CorruptArchive(`${name} has a frame of ${tar.length} bytes instead of ${raw}`)
  return tar
}

/** What a worker thread unpacks. */
export interface UnpackShardJob extends TreeOptions {
  readonly place: ShardPlace
  readonly shard: Shard
  /** Whether the tar ends with this shard, as is usual; in a single file it does so only with the last one. */
  readonly ends?: boolean
  /** Absolute path of an own folder, in which the directories above the wanted roots exist. */
  readonly stage: string
  /** The roots of the units in this shard. */
  readonly roots: readonly string[]
  /** Those of them that are not wanted. */
  readonly skipRoots: readonly string[]
  /** Those of them below which nothing can be written to afterwards. */
  readonly readOnlyRoots: readonly string[]
  /** Those of them that are hashed, and the name that stands for the root in the hash. */
  readonly hashedRoots?: readonly (readonly [root: string, name: string])[]
  /** Those of them that are zips of modules, and are hashed as such. */
  readonly hashedZips?: readonly string[]
  /** Whether the SHA-256 of every file is wanted. */
  readonly digests?: boolean
  /** Whether the SHA-256 of the shard need not be compared, because that of everything around it is. */
  readonly isVerified?: boolean
}

/** What was unpacked. */
export interface UnpackedShard {
  readonly files: number
  readonly bytes: number
  /** Build objects that were not what their names say. */
  readonly dropped: number
  /** What the hashed roots hash to. */
  readonly hashes: readonly (readonly [root: string, hash: string])[]
  /** The SHA-256 of every file in hexadecimal, by its path, if they were wanted. */
  readonly digests: readonly (readonly [path: string, sha256: string])[]
}

/** A file that goes on in the next frame, if it is wanted. */
interface Unfinished {
  readonly member: Member
  readonly file: TreeFile | undefined
  readonly left: number
}

/**
 * Unpacks a shard. Runs in a worker thread.
 *
 * @throws PackDamaged when the shard is not what the manifest says, or holds anything but files and
 *   directories under its roots. What was unpacked until then stays in the stage.
 */
export function unpackShard(job: UnpackShardJob): UnpackedShard {
  const { shard, place, stage, ends = true } = job
  const roots = new Set(job.roots)
  const unwanted = new Set(job.skipRoots)
  const writeProtected = new Set(job.readOnlyRoots)
  const names = new Map(job.hashedRoots?.filter(([root]) => !unwanted.has(root)))
  const hashed = new Map([...names.keys()].map((root) => [root, [] as FileDigest[]]))
  const zips = job.hashedZips?.filter((root) => !unwanted.has(root)) ?? []
  const zipHashes = new Map(zips.map((root) => [root, 'no hash: it is no file']))
  const digests: [path: string, sha256: string][] = []
  const tree = createTreeWriter(stage, shard.name, job)
  const promised = { files: 0, bytes: 0 }
  let members = 0
  const kept = { files: 0, bytes: 0, dropped: 0 }
  let unfinished: Unfinished | undefined
  let hasEnded = false

  function damaged(problem: string): CorruptArchive {
    return new CorruptArchive(`${shard.name}: its tar ${problem}`)
  }

  /** Begins a member; answers what is still to come of it. */
  function begin(member: Member): Unfinished | undefined {
    // Directories have no length that a manifest could promise.
    if (++members > maxMembers) throw damaged(`holds more than ${maxMembers} files and directories`)
    const problem = pathProblem(member.path, platform())
    if (problem !== undefined)
      throw damaged(`holds the path ${JSON.stringify(member.path)}, which ${problem}`)
    const root = rootOf(member.path, roots)
    if (root === undefined)
      throw damaged(`holds ${JSON.stringify(member.path)}, which is under none of its roots`)
    if (job.verifyBuildObjects && !isOfBuildCache(member.path, member.isDirectory))
      throw damaged(`holds ${JSON.stringify(member.path)}, which is no part of a build cache`)
    const isWanted = !unwanted.has(root)
    const readOnly = member.path !== root && writeProtected.has(root)
    if (member.isDirectory) {
      if (isWanted) tree.addDirectory(member, readOnly)
      return undefined
    }
    promised.files++
    promised.bytes += member.size
    // At once, before it is written: frames can be much longer than the shard.
    if (promised.bytes > shard.bytes) throw damaged(`holds more than ${shard.bytes} bytes`)
    if (!isWanted) return { member, file: undefined, left: member.size }
    const file = tree.addFile(member, readOnly, digestTo(member.path, root))
    if (!zipHashes.has(member.path)) return { member, file, left: member.size }
    const zip = hashedZip(file, `${stage}/${root}`, member.size, (hash) => zipHashes.set(root, hash))
    return { member, file: zip, left: member.size }
  }

  /** Where the digest of a file goes, if it is wanted. */
  function digestTo(path: string, root: string): ((sha256: string) => void) | undefined {
    const name = names.get(root)
    if (name === undefined && job.digests !== true) return undefined
    return (sha256) => {
      if (job.digests === true) digests.push([path, sha256])
      if (name !== undefined) hashed.get(root)?.push({ name: `${name}${path.slice(root.length)}`, sha256 })
    }
  }

  /** Writes what a frame has of a file; answers what is still to come. */
  function proceed({ member, file, left }: Unfinished, bytes: Buffer): Unfinished | undefined {
    if (file !== undefined && bytes.length > 0) file.write(bytes)
    if (bytes.length < left) return { member, file, left: left - bytes.length }
    if (file?.finish()) {
      kept.files++
      kept.bytes += member.size
    } else if (file !== undefined) kept.dropped++
    return undefined
  }

  readFrames(place, shard, job.isVerified === true, (tar) => {
    let at = 0
    while (at < tar.length) {
      if (hasEnded) throw damaged('goes on after its end')
      if (unfinished === undefined) {
        if (ends && tar[at] === 0) {
          hasEnded = true
          if (tar.length - at !== endLength || !tar.subarray(at).every((byte) => byte === 0))
            throw damaged('has no proper end')
          break
        }
        const decoded = decodeMember(tar, at)
        if (typeof decoded === 'string') throw damaged(decoded)
        at = decoded.end
        unfinished = begin(decoded.member)
      }
      if (unfinished !== undefined) {
        const end = Math.min(tar.length, at + unfinished.left)
        unfinished = proceed(unfinished, tar.subarray(at, end))
        at = padded(end)
      }
    }
  })
  if (ends ? !hasEnded : unfinished !== undefined) throw damaged('is cut off')
  if (promised.files !== shard.files || promised.bytes !== shard.bytes) {
    throw damaged(
      `holds ${promised.files} files of ${promised.bytes} bytes instead of ${shard.files} of ${shard.bytes}`,
    )
  }
  tree.finish()
  const treeHashes = [...hashed].map(([root, files]) => [root, treeHashOf(files)] as const)
  return { ...kept, digests, hashes: [...treeHashes, ...zipHashes] }
}
