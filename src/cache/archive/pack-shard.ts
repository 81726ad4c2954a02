import { createHash, type Hash } from 'node:crypto'
import { isOfBuildCache } from '../../gofiles/cache-layout.ts'
import { type FileDigest, treeHashOf } from '../../gofiles/h1.ts'
import { lstatIn } from '../../platform/files.ts'
import { platform } from '../../platform/machine.ts'
import { close, createFile, errorCode, fstat, openToRead, read, write } from '../../platform/open-files.ts'
import { renamePatiently } from '../../platform/rename.ts'
import { endRing, fillBlocking, roomToFill, type SharedRing } from '../../platform/shared-ring.ts'
import { largestPacked, partialSuffix, type ShardContent } from './manifest.ts'
import { createShardWriter, type ShardWriter } from './shard-writer.ts'
import { largestTime, type Member } from './tar.ts'
import { dataName } from './tree-writer.ts'
import { type ExpectedHash, rootOf } from './units.ts'
import { zipHash } from './zip-hash.ts'

/**
 * Reaction to content that cannot be read, has changed or has a wrong hash: packing fails, or only the unit or only the
 * file is omitted. With `fail`, a file that another process removes during packing is omitted as well, unless it is a
 * root.
 */
export type OnFault = 'fail' | 'leave-out-unit' | 'leave-out-file'

/** Something that cannot be packed. */
export interface PackFault {
  /** Path relative to the packed folder, with `/`. */
  readonly path: string
  /** Reason that continues a sentence after the path, such as `is missing`. */
  readonly why: string
}

/** Destination of a shard: a file, or memory that an upload empties. */
export type ShardTarget = { readonly file: string } | { readonly ring: SharedRing }

/** Unit for a worker thread to pack. */
export interface UnitToPack {
  readonly name: string
  readonly roots: readonly string[]
  /** Files and directories in it, as `walkUnit` lists them. */
  readonly paths: readonly string[]
  readonly expected: readonly ExpectedHash[]
}

/** Work of one worker thread. */
export interface PackShardJob {
  /** Absolute path of the folder to pack. */
  readonly base: string
  readonly units: readonly UnitToPack[]
  readonly onFault: OnFault
  /** Whether build cache data is omitted when its SHA-256 differs from its name. */
  readonly verifyBuildObjects: boolean
  readonly target: ShardTarget
  /** Mtime for every file, in seconds since 1970; undefined: each file keeps its own. */
  readonly mtimeSeconds: number | undefined
}

/** Result of packing a shard. */
export interface PackedShard extends ShardContent {
  /** Number of files that vanished or changed before they could be read completely. */
  readonly skipped: number
  /** Names of the omitted units, each with its first fault. */
  readonly unitsLeftOut: readonly (readonly [name: string, fault: PackFault])[]
  readonly filesLeftOut: readonly PackFault[]
}

/**
 * Packs a shard. Runs in a worker thread.
 *
 * Another process may be changing the packed folder. A file that it removes is omitted. So is a file whose length
 * changes during reading, because a header promises the length. The mode and time in the header are those of the opened
 * file.
 *
 * @throws when such a file is a root, or a file has become a link, unless `onFault` omits faulty content
 */
export function packShard(job: PackShardJob): PackedShard {
  const { target } = job
  if ('ring' in target) {
    const packed = packUnits(job, (bytes) => fillBlocking(target.ring, bytes))
    endRing(target.ring)
    return packed
  }
  const partial = `${target.file}${partialSuffix}`
  const fd = createFile(partial)
  let packed: PackedShard
  try {
    packed = packUnits(job, (bytes) => write(fd, bytes))
  } finally {
    close(fd)
  }
  renamePatiently(partial, target.file)
  return packed
}

/** Packs the units of a shard, and passes the bytes of the shard on. */
function packUnits(job: PackShardJob, output: (bytes: Uint8Array) => void): PackedShard {
  let skipped = 0
  const unitsLeftOut: [name: string, fault: PackFault][] = []
  const filesLeftOut: PackFault[] = []
  const writer = createShardWriter(output)
  for (const unit of job.units) {
    if (job.onFault === 'leave-out-unit') {
      let fault: PackFault | undefined
      writer.wholly(() => {
        fault = packUnit(job, unit, writer)[0]
        return fault === undefined
      })
      if (fault !== undefined) unitsLeftOut.push([unit.name, fault])
    } else {
      const faults = packUnit(job, unit, writer)
      skipped += faults.length
      if (job.onFault === 'leave-out-file') filesLeftOut.push(...faults.filter(({ why }) => why !== changed))
    }
  }
  return { ...writer.finish(), skipped, unitsLeftOut, filesLeftOut }
}

/**
 * Packs a unit.
 *
 * @returns the parts that were not packed, and packed parts with a wrong hash
 */
function packUnit(job: PackShardJob, unit: UnitToPack, writer: ShardWriter): readonly PackFault[] {
  const faults: PackFault[] = []
  const roots = new Set(unit.roots)
  const digests = new Map(unit.expected.map(({ root }) => [root, [] as FileDigest[]]))
  const names = new Map(unit.expected.map(({ root, name }) => [root, name]))
  for (const path of unit.paths) {
    if (path.endsWith('/')) {
      const directory = path.slice(0, -1)
      if (!job.verifyBuildObjects || isOfBuildCache(directory, true)) packDirectory(job, directory, writer)
    } else {
      const root = rootOf(path, roots) ?? path
      const [name, wanted] = [names.get(root), dataHash(job, path)]
      const hash = name === undefined && wanted === undefined ? undefined : createHash('sha256')
      let sha256 = ''
      let why: string | undefined
      if (job.verifyBuildObjects && !isOfBuildCache(path, false)) why = 'does not belong in a build cache'
      else
        writer.wholly(() => {
          why = packFile(job, path, writer, hash)
          sha256 = why === undefined ? (hash?.digest('hex') ?? '') : ''
          if (why === undefined && wanted !== undefined && wanted !== sha256)
            why = 'does not match the SHA-256 in its name'
          return why === undefined
        })
      if (why === undefined) {
        if (name !== undefined) digests.get(root)?.push({ name: `${name}${path.slice(root.length)}`, sha256 })
      } else if (job.onFault === 'fail' && roots.has(path)) throw new Error(`cannot pack ${path}: it ${why}`)
      else faults.push({ path, why })
    }
  }
  for (const { root, name, hashes } of unit.expected) {
    const found = name === undefined ? zipHash(`${job.base}/${root}`) : treeHashOf(digests.get(root) ?? [])
    if (!hashes.includes(found))
      faults.push({ path: root, why: `hashes to ${found}, not to the recorded ${hashes.join(' or ')}` })
  }
  return faults
}

/** Returns the SHA-256 that build cache data must have; undefined for other files. */
function dataHash({ verifyBuildObjects }: PackShardJob, path: string): string | undefined {
  return verifyBuildObjects ? dataName.exec(path)?.[1] : undefined
}

function packDirectory({ base, mtimeSeconds }: PackShardJob, path: string, writer: ShardWriter): void {
  const milliseconds = mtimeSeconds === undefined ? lstatIn(`${base}/${path}`)?.mtimeMs : undefined
  const mtime = mtimeSeconds ?? wholeSeconds(milliseconds ?? 0)
  writer.addDirectory({ path, isDirectory: true, isExecutable: false, size: 0, mtime })
}

/**
 * Packs a file.
 *
 * @returns the reason when the file is not packed; undefined when it is
 */
function packFile(
  { base, mtimeSeconds, onFault, target }: PackShardJob,
  path: string,
  writer: ShardWriter,
  hash: Hash | undefined,
): string | undefined {
  const opened = open(`${base}/${path}`, onFault)
  if (typeof opened === 'string') return opened
  try {
    const status = fstat(opened)
    if (!status.isFile()) return changed
    // What the main thread packs fits, unless a file has grown. Frames that are not written yet need room, too.
    if ('ring' in target && status.size + 3 * largestPacked > roomToFill(target.ring)) return changed
    const member: Member = {
      path,
      isDirectory: false,
      // Windows has no executable bit, and libuv derives one from the extension.
      isExecutable: platform() !== 'win32' && (status.mode & 0o100) !== 0,
      size: status.size,
      mtime: mtimeSeconds ?? wholeSeconds(status.mtimeMs),
    }
    let failure: string | undefined
    const isWhole = writer.addFile(member, (buffer, offset, length) => {
      try {
        const count = read(opened, buffer, offset, length)
        hash?.update(buffer.subarray(offset, offset + count))
        return count
      } catch (error) {
        if (onFault === 'fail') throw error
        failure = `cannot be read: ${(error as Error).message}`
        return 0
      }
    })
    return isWhole ? undefined : (failure ?? changed)
  } finally {
    close(opened)
  }
}

const changed = 'vanished or changed'

function open(file: string, onFault: OnFault): number | string {
  try {
    return openToRead(file)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return changed
    if (onFault === 'fail') throw error
    return `cannot be read: ${(error as Error).message}`
  }
}

function wholeSeconds(milliseconds: number): number {
  return Math.min(largestTime, Math.max(0, Math.floor(milliseconds / 1000)))
}
