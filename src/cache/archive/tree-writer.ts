import { createHash } from 'node:crypto'
import { CorruptArchive } from '../../errors.ts'
import {
  createDirectory,
  removeFile,
  removeIfEmpty,
  setDirectoryTime,
  setMode,
} from '../../platform/files.ts'
import { close, createFile, errorCode, setFileTime, write } from '../../platform/open-files.ts'
import type { Member } from './tar.ts'

/** Options for writing unpacked files and directories. */
export interface TreeOptions {
  /** Mtime for files and Go's data directories, in seconds since 1970; undefined: the archived one. */
  readonly mtimeSeconds: number | undefined
  /** Whether build cache data is dropped when its SHA-256 differs from its name. */
  readonly verifyBuildObjects: boolean
}

/** A file that is being written. */
export interface TreeFile {
  write(bytes: Uint8Array): void
  /** Ends the file. Returns whether it was kept. */
  finish(): boolean
}

/** Writer of files and directories below a folder. */
interface TreeWriter {
  /** Adds a directory. A read-only one is write-protected at the end, after its content. */
  addDirectory(member: Member, readOnly: boolean): void
  /** @param hashed receives the SHA-256 of the content, in hexadecimal, once the file is complete */
  addFile(member: Member, readOnly: boolean, hashed?: (sha256: string) => void): TreeFile
  /**
   * Completes the tree after the last file: sets times and modes that later writing would change or that would prevent
   * it.
   */
  finish(): void
}

/**
 * Name of data in a build cache: its SHA-256. Since Go 1.24 a data "file" may be a directory with an executable in it
 * (cmd/go/internal/cache/cache.go, fileName and PutExecutable).
 */
export const dataName = /(?:^|\/)([0-9a-f]{64})-d(?:\/|$)/

const dataDirectory = /(?:^|\/)[0-9a-f]{64}-d$/

const clashes: Readonly<Record<string, string>> = {
  EEXIST: 'exists twice, or has a name that this system treats as equal to another name',
  ENOENT: 'is in a directory that the tar did not list before',
  ENOTDIR: 'is in a directory that is a file',
}

/**
 * Creates a writer of a tree in an exclusive folder; only threads that write other roots also write there. Files,
 * directories and links that already exist are an error.
 *
 * @param stage absolute path of the folder, in which the directories above the roots exist
 * @param shard name of the shard, for errors
 */
export function createTreeWriter(stage: string, shard: string, options: TreeOptions): TreeWriter {
  const { mtimeSeconds, verifyBuildObjects } = options
  const directories: { readonly path: string; readonly readOnly: boolean; readonly mtime: number }[] = []
  const parentsOfDropped = new Set<string>()
  const withFiles = new Set<string>()

  function place<T>(path: string, make: (target: string) => T): T {
    try {
      return make(`${stage}/${path}`)
    } catch (error) {
      const clash = clashes[errorCode(error) ?? '']
      if (clash === undefined) throw error
      throw new CorruptArchive(`${shard}: ${JSON.stringify(path)} ${clash}`)
    }
  }

  return {
    addDirectory({ path, mtime }, readOnly) {
      place(path, createDirectory)
      directories.push({ path, readOnly, mtime })
    },
    addFile({ path, isExecutable, mtime }, readOnly, hashed) {
      for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
        if (withFiles.has(path.slice(0, end))) break
        withFiles.add(path.slice(0, end))
      }
      const mode = (isExecutable ? 0o555 : 0o444) | (readOnly ? 0 : 0o200)
      const fd = place(path, (target) => createFile(target, mode))
      const expected = verifyBuildObjects ? dataName.exec(path)?.[1] : undefined
      const hash = expected === undefined && hashed === undefined ? undefined : createHash('sha256')
      return {
        write(bytes) {
          write(fd, bytes)
          hash?.update(bytes)
        },
        finish() {
          setFileTime(fd, mtimeSeconds ?? mtime)
          close(fd)
          const sha256 = hash?.digest('hex')
          if (expected === undefined || sha256 === expected) {
            if (sha256 !== undefined) hashed?.(sha256)
            return true
          }
          removeFile(`${stage}/${path}`)
          parentsOfDropped.add(path.slice(0, path.lastIndexOf('/')))
          return false
        },
      }
    },
    finish() {
      // A directory comes before its content, so the reverse order handles the content first.
      for (const { path, readOnly, mtime } of directories.reverse()) {
        const target = `${stage}/${path}`
        // No checksum covers a directory without files, and `//go:embed` fails on it.
        if (!withFiles.has(path) && removeIfEmpty(target)) continue
        const isData = dataDirectory.test(path)
        // Go treats an empty data directory as broken, though it repairs that.
        if (isData && parentsOfDropped.has(path) && removeIfEmpty(target)) continue
        if (isData) setDirectoryTime(target, mtimeSeconds ?? mtime)
        if (readOnly) setMode(target, 0o555)
      }
    },
  }
}
