import { isOfBuildCache } from '../modules/build-cache-paths.ts'
import { type FileDigest, treeHashOf } from '../modules/tree-hash.ts'
import { platform } from '../system/sync-files.ts'
import { PackDamaged } from './damaged.ts'
import { hashedZip } from './hashed-zip.ts'
import { mostMembers } from './limits.ts'
import type { Shard } from './manifest.ts'
import { pathProblem } from './paths.ts'
import { readFrames, type ShardPlace } from './shard-reader.ts'
import { decodeMember, endLength, type Member, padded } from './tar.ts'
import { createTreeWriter, type TreeFile, type TreeOptions } from './tree-writer.ts'
import { rootOf } from './units.ts'

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
  readonly isVouchedFor?: boolean
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

  function damaged(problem: string): PackDamaged {
    return new PackDamaged(`${shard.name}: its tar ${problem}`)
  }

  /** Begins a member; answers what is still to come of it. */
  function begin(member: Member): Unfinished | undefined {
    // Directories have no length that a manifest could promise.
    if (++members > mostMembers) throw damaged(`holds more than ${mostMembers} files and directories`)
    const problem = pathProblem(member.path, platform)
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

  readFrames(place, shard, job.isVouchedFor === true, (tar) => {
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
