import { createHash } from 'node:crypto'
import { zstdDecompressSync } from 'node:zlib'
import { CorruptArchive } from '../../errors.ts'
import { isOfBuildCache } from '../../gofiles/cache-layout.ts'
import { type FileDigest, treeHashOf } from '../../gofiles/h1.ts'
import { recordShortLived } from '../../platform/garbage.ts'
import { platform } from '../../platform/machine.ts'
import { read } from '../../platform/open-files.ts'
import { takeBlocking } from '../../platform/shared-ring.ts'
import { uninterrupted } from '../../platform/uninterrupted.ts'
import { type EntryFile, type Frame, type Shard, withEntryFile } from './manifest.ts'
import type { FilePlace, ShardPlace } from './open-entry.ts'
import { pathProblem } from './paths.ts'
import { readStoredFrame, storedLength } from './stored-frame.ts'
import { decodeMember, endLength, type Member, padded } from './tar.ts'
import { createTreeWriter, type TreeFile, type TreeOptions } from './tree-writer.ts'
import { rootOf } from './units.ts'
import { zipHash, zipHashOf, zipInMemory } from './zip-hash.ts'

/** Buffer for zips while they are written. A single one is enough, because a thread writes one file at a time. */
let room = Buffer.alloc(0)

/**
 * Hashes the zip of a module while it is written, which avoids reading it later.
 *
 * @param file receives the bytes
 * @param path absolute path of that file
 * @param size number of bytes that will be written
 * @param hashed receives the hash as in go.sum once the file is complete, or a description of the error in the zip
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
      const isComplete = file.finish()
      if (isComplete) hashed(isKept ? zipHashOf(room.subarray(0, filled)) : zipHash(path))
      return isComplete
    },
  }
}

/** Number of bytes to read at once for hashing. */
const portion = 1024 * 1024

/**
 * Reads a shard frame by frame. zstd in Node does not report truncated or altered input, so a file is hashed first.
 * While the shard arrives, its SHA-256 is compared at the end, before the caller may use anything.
 *
 * @param place location of the shard
 * @param shard description of the shard in the manifest
 * @param isVerified whether to skip the SHA-256 of a shard in a file, because the caller verifies that of the whole file
 * @param use receives the tar data of each frame, in order; the buffer is valid only during the call
 * @throws CorruptArchive when the shard differs from the manifest; RingFailed when it does not arrive
 */
export function readFrames(
  place: ShardPlace,
  shard: Shard,
  isVerified: boolean,
  use: (tar: Buffer) => void,
): void {
  if ('ring' in place) {
    const hash = createHash('sha256')
    const takeNext = (into: Buffer) => {
      takeBlocking(place.ring, into)
      hash.update(into)
      return into.length
    }
    unpackFrames(shard, takeNext, use)
    if (hash.digest('hex') !== shard.sha256) throw wrongHash(shard)
    return
  }
  withEntryFile(place.file, shard.name, (file) => {
    if (isVerified) checkLength(file, place, shard)
    else checkShard(file, place, shard)
    let position = place.at ?? 0
    const readNext = (into: Buffer) => {
      const length = read(file.fd, into, 0, into.length, position)
      position += length
      return length
    }
    unpackFrames(shard, readNext, use)
  })
}

/**
 * Decompresses the frames of a shard.
 *
 * @param next fills a buffer with the next bytes of the shard; returns how many there were
 * @param use receives the tar data of each frame
 */
function unpackFrames(shard: Shard, next: (into: Buffer) => number, use: (tar: Buffer) => void): void {
  const roomFor = (length: (frame: Frame) => number) =>
    Buffer.allocUnsafe(shard.frames.reduce((most, frame) => Math.max(most, length(frame)), 0))
  const packed = roomFor((frame) => frame.packed)
  const stored = roomFor((frame) => (frame.packed === storedLength(frame.raw) ? frame.raw : 0))
  for (const frame of shard.frames) {
    const bytes = packed.subarray(0, next(packed.subarray(0, frame.packed)))
    recordShortLived(frame.raw)
    // Nothing is written any more once a cancelled job removes the stage.
    if (frame.raw > 0)
      uninterrupted(() =>
        use(readStoredFrame(bytes, frame.raw, stored) ?? decompress(bytes, frame, shard.name)),
      )
  }
}

/**
 * Compares the length and SHA-256 of a shard with the manifest, without unpacking it.
 *
 * @throws CorruptArchive when one of them differs
 */
export function checkPlacedShard(place: FilePlace, shard: Shard): void {
  withEntryFile(place.file, shard.name, (file) => checkShard(file, place, shard))
}

/**
 * Checks the length and SHA-256 of a shard.
 *
 * @throws CorruptArchive when one of them differs from the manifest
 */
function checkShard(file: EntryFile, place: FilePlace, shard: Shard): void {
  checkLength(file, place, shard)
  if (hashOf(file, place.at ?? 0, shard.length) !== shard.sha256) throw wrongHash(shard)
}

function wrongHash({ name }: Shard): CorruptArchive {
  return new CorruptArchive(`${name} does not match its SHA-256`)
}

function checkLength(file: EntryFile, { at }: FilePlace, shard: Shard): void {
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
    // One buffer for the whole output avoids copies. Node reports an error when the output exceeds the stated length.
    tar = zstdDecompressSync(packed, { chunkSize: raw, maxOutputLength: raw })
  } catch (error) {
    throw new CorruptArchive(`${name} cannot be decompressed: ${(error as Error).message}`)
  }
  if (tar.length !== raw)
    throw new CorruptArchive(`${name} has a frame of ${tar.length} bytes instead of ${raw}`)
  return tar
}

/**
 * Maximum number of files and directories in a shard, and of files in an entry; the largest module caches have some
 * 300,000.
 */
export const maxMembers = 2_000_000

/** Work of one worker thread. */
export interface UnpackShardJob extends TreeOptions {
  readonly place: ShardPlace
  readonly shard: Shard
  /** Whether the tar ends with this shard, by default true; in a single file only the last shard ends it. */
  readonly ends?: boolean
  /** Absolute path of an exclusive folder, in which the directories above the wanted roots exist. */
  readonly stage: string
  /** The roots of the units in this shard. */
  readonly roots: readonly string[]
  /** Roots to skip. */
  readonly skipRoots: readonly string[]
  /** Roots below which everything becomes read-only. */
  readonly readOnlyRoots: readonly string[]
  /** Roots to hash, each with the name that replaces it in the hash. */
  readonly hashedRoots?: readonly (readonly [root: string, name: string])[]
  /** Roots that are zips of modules, to be hashed as such. */
  readonly hashedZips?: readonly string[]
  /** Whether to return the SHA-256 of every file. */
  readonly digests?: boolean
  /** Whether to skip the SHA-256 of the shard, because the caller verifies that of the whole file. */
  readonly isVerified?: boolean
}

/** Result of unpacking a shard. */
export interface UnpackedShard {
  readonly files: number
  readonly bytes: number
  /** Number of build objects that were dropped, because their SHA-256 differs from their name. */
  readonly dropped: number
  /** Hashes of the requested roots. */
  readonly hashes: readonly (readonly [root: string, hash: string])[]
  /** SHA-256 of every file in hexadecimal, by its path, if requested. */
  readonly digests: readonly (readonly [path: string, sha256: string])[]
}

/** File that continues in the next frame; `file` is undefined when it is skipped. */
interface Unfinished {
  readonly member: Member
  readonly file: TreeFile | undefined
  readonly left: number
}

/**
 * Unpacks a shard. Runs in a worker thread.
 *
 * @throws CorruptArchive when the shard differs from the manifest, or holds anything but files and directories under
 *   its roots. What was unpacked until then stays in the stage.
 */
export function unpackShard(job: UnpackShardJob): UnpackedShard {
  const { shard, place, stage, ends = true } = job
  const roots = new Set(job.roots)
  const unwanted = new Set(job.skipRoots)
  const writeProtected = new Set(job.readOnlyRoots)
  const names = new Map(job.hashedRoots?.filter(([root]) => !unwanted.has(root)))
  const hashed = new Map([...names.keys()].map((root) => [root, [] as FileDigest[]]))
  const zips = job.hashedZips?.filter((root) => !unwanted.has(root)) ?? []
  const zipHashes = new Map(zips.map((root) => [root, 'no hash: it is not a file']))
  const digests: [path: string, sha256: string][] = []
  const tree = createTreeWriter(stage, shard.name, job)
  const counted = { files: 0, bytes: 0 }
  let members = 0
  const kept = { files: 0, bytes: 0, dropped: 0 }
  let unfinished: Unfinished | undefined
  let hasEnded = false

  function damaged(problem: string): CorruptArchive {
    return new CorruptArchive(`${shard.name}: its tar ${problem}`)
  }

  /** Begins a member. Returns the rest of it that is still to come. */
  function begin(member: Member): Unfinished | undefined {
    // The manifest does not state the number of directories, so it needs a limit.
    if (++members > maxMembers) throw damaged(`holds more than ${maxMembers} files and directories`)
    const problem = pathProblem(member.path, platform())
    if (problem !== undefined)
      throw damaged(`holds the path ${JSON.stringify(member.path)}, which ${problem}`)
    const root = rootOf(member.path, roots)
    if (root === undefined) throw damaged(`holds ${JSON.stringify(member.path)}, which is outside its roots`)
    if (job.verifyBuildObjects && !isOfBuildCache(member.path, member.isDirectory))
      throw damaged(`holds ${JSON.stringify(member.path)}, which does not belong in a build cache`)
    const isWanted = !unwanted.has(root)
    const readOnly = member.path !== root && writeProtected.has(root)
    if (member.isDirectory) {
      if (isWanted) tree.addDirectory(member, readOnly)
      return undefined
    }
    counted.files++
    counted.bytes += member.size
    // This check comes before writing, because frames can unpack to much more than the shard's length.
    if (counted.bytes > shard.bytes) throw damaged(`holds more than ${shard.bytes} bytes`)
    if (!isWanted) return { member, file: undefined, left: member.size }
    const file = tree.addFile(member, readOnly, digestTo(member.path, root))
    if (!zipHashes.has(member.path)) return { member, file, left: member.size }
    const zip = hashedZip(file, `${stage}/${root}`, member.size, (hash) => zipHashes.set(root, hash))
    return { member, file: zip, left: member.size }
  }

  /** Returns the receiver of a file's digest; undefined when the digest is not wanted. */
  function digestTo(path: string, root: string): ((sha256: string) => void) | undefined {
    const name = names.get(root)
    if (name === undefined && job.digests !== true) return undefined
    return (sha256) => {
      if (job.digests === true) digests.push([path, sha256])
      if (name !== undefined) hashed.get(root)?.push({ name: `${name}${path.slice(root.length)}`, sha256 })
    }
  }

  /** Writes the part of a file that a frame holds. Returns the rest that is still to come. */
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
      if (hasEnded) throw damaged('continues after its end')
      if (unfinished === undefined) {
        if (ends && tar[at] === 0) {
          hasEnded = true
          if (tar.length - at !== endLength || !tar.subarray(at).every((byte) => byte === 0))
            throw damaged('has an invalid end')
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
  if (ends ? !hasEnded : unfinished !== undefined) throw damaged('is truncated')
  if (counted.files !== shard.files || counted.bytes !== shard.bytes) {
    throw damaged(
      `holds ${counted.files} files of ${counted.bytes} bytes instead of ${shard.files} of ${shard.bytes}`,
    )
  }
  tree.finish()
  const treeHashes = [...hashed].map(([root, files]) => [root, treeHashOf(files)] as const)
  return { ...kept, digests, hashes: [...treeHashes, ...zipHashes] }
}
