import {
  close,
  createFile,
  errorCode,
  openToRead,
  platform,
  read,
  rename,
  statusAt,
  statusOf,
} from '../system/sync-files.ts'
import { partialSuffix, type ShardContent } from './manifest.ts'
import { createShardWriter, type ShardWriter } from './shard-writer.ts'
import { largestTime, type Member } from './tar.ts'

/** What a worker thread packs. */
export interface PackShardJob {
  /** Absolute path of the packed folder. */
  readonly base: string
  /** Files and directories in it, as `walkUnit` lists them. */
  readonly paths: readonly string[]
  /** The files among them that must be there. */
  readonly required: readonly string[]
  /** Absolute path of the shard to write. */
  readonly target: string
  /** Time that every file gets, in seconds since 1970; undefined: its own. */
  readonly mtimeSeconds: number | undefined
}

/** What was packed. */
export interface PackedShard extends ShardContent {
  /** Files that vanished or changed before they could be read as one piece. */
  readonly skipped: number
}

/**
 * Packs a shard. Runs in a worker thread.
 *
 * Another process may be at work in the packed folder. A file that it removes is left out, and so is one
 * whose length changes while it is read, because a header promises the length; the mode and time in the
 * header are those of the file that was open.
 *
 * @throws when a required file is one of those, or a file has turned into a link
 */
export function packShard(job: PackShardJob): PackedShard {
  const required = new Set(job.required)
  const partial = `${job.target}${partialSuffix}`
  const fd = createFile(partial)
  let skipped = 0
  let content: ShardContent
  try {
    const writer = createShardWriter(fd)
    for (const path of job.paths) {
      if (path.endsWith('/')) packDirectory(job, path.slice(0, -1), writer)
      else if (!packFile(job, path, writer)) {
        if (required.has(path)) throw new Error(`cannot pack ${path}: it vanished or changed`)
        skipped++
      }
    }
    content = writer.finish()
  } finally {
    close(fd)
  }
  rename(partial, job.target)
  return { ...content, skipped }
}

function packDirectory({ base, mtimeSeconds }: PackShardJob, path: string, writer: ShardWriter): void {
  const milliseconds = mtimeSeconds === undefined ? statusAt(`${base}/${path}`)?.mtimeMs : undefined
  const mtime = mtimeSeconds ?? wholeSeconds(milliseconds ?? 0)
  writer.addDirectory({ path, isDirectory: true, isExecutable: false, size: 0, mtime })
}

function packFile({ base, mtimeSeconds }: PackShardJob, path: string, writer: ShardWriter): boolean {
  const fd = openIfThere(`${base}/${path}`)
  if (fd === undefined) return false
  try {
    const status = statusOf(fd)
    if (!status.isFile()) return false
    const member: Member = {
      path,
      isDirectory: false,
      // Windows has no such bit, and libuv makes one up from the extension.
      isExecutable: platform !== 'win32' && (status.mode & 0o100) !== 0,
      size: status.size,
      mtime: mtimeSeconds ?? wholeSeconds(status.mtimeMs),
    }
    return writer.addFile(member, (buffer, offset, length) => read(fd, buffer, offset, length))
  } finally {
    close(fd)
  }
}

function openIfThere(file: string): number | undefined {
  try {
    return openToRead(file)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

function wholeSeconds(milliseconds: number): number {
  return Math.min(largestTime, Math.max(0, Math.floor(milliseconds / 1000)))
}
