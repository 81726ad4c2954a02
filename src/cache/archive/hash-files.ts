import { createHash } from 'node:crypto'
import * as path from 'node:path'
import { treeHashOf } from '../../gofiles/h1.ts'
import { filesBelow, lstat, lstatIn } from '../../platform/files.ts'
import { close, fstat, openToRead, read } from '../../platform/open-files.ts'
import { estimateWork, processors, runWorkers, type WorkerTask } from '../../platform/workers.ts'
import { zipHash, zipThreads } from './zip-hash.ts'

/** Files for one worker thread to hash. */
export interface HashFilesJob {
  /** Absolute path of their directory. */
  readonly directory: string
  /** Their paths in the directory, with `/`. */
  readonly files: readonly string[]
}

/** A file and the SHA-256 of its content in hexadecimal. */
interface HashedFile {
  readonly file: string
  readonly sha256: string
}

/** Size of the pieces in which a file is hashed, in bytes. */
const pieceSize = 1024 * 1024

/**
 * Hashes files. Runs in a worker thread.
 *
 * @throws the system's error when a file is missing or cannot be read
 */
export function hashFiles({ directory, files }: HashFilesJob): readonly HashedFile[] {
  const buffer = hashBuffer()
  return files.map((file) => ({ file, sha256: hashFile(`${directory}/${file}`, buffer) }))
}

/** Returns a buffer for hashing one file after the other. */
export function hashBuffer(): Buffer {
  return Buffer.allocUnsafe(pieceSize)
}

/**
 * Returns the SHA-256 of a file's content in hexadecimal.
 *
 * @param file absolute path
 * @param buffer buffer for reading
 */
export function hashFile(file: string, buffer: Buffer): string {
  const fd = openToRead(file)
  try {
    const hash = createHash('sha256')
    for (let left = fstat(fd).size; ; ) {
      const count = read(fd, buffer, 0, buffer.length)
      hash.update(buffer.subarray(0, count))
      left -= count
      if (count === 0 || left <= 0) return hash.digest('hex')
    }
  } finally {
    close(fd)
  }
}

/** Description of a file that was read. */
export interface DescribedFile {
  /** Length in bytes. */
  readonly size: number
  /** SHA-256 of its content in hexadecimal. */
  readonly sha256: string
  /**
   * Hash as in go.sum: the `h1:` of a zip, or of a `.mod` as a go.mod; for a broken zip, a description of the error.
   */
  readonly h1: string
}

/** Files for one worker thread to describe. */
interface DescribeFilesJob {
  /** Absolute paths; the extension determines the type of a file. */
  readonly files: readonly string[]
}

/**
 * Reads and describes files. Runs in a worker thread.
 *
 * @throws the system's error when a file is missing or cannot be read
 */
export function describeFilesInWorker({ files }: DescribeFilesJob): readonly DescribedFile[] {
  const buffer = hashBuffer()
  return files.map((file) => {
    const sha256 = hashFile(file, buffer)
    const h1 = file.endsWith('.zip') ? zipHash(file) : treeHashOf([{ name: 'go.mod', sha256 }])
    return { size: lstatIn(file)?.size ?? 0, sha256, h1 }
  })
}

/**
 * Reads and describes files, in worker threads if that pays off. Each thread reads about the same amount.
 *
 * @param files absolute paths
 * @throws the system's error when a file is missing or cannot be read
 */
export async function describeFiles(files: readonly string[]): Promise<ReadonlyMap<string, DescribedFile>> {
  const largestFirst = files
    .map((file) => ({ file, size: lstatIn(file)?.size ?? 0 }))
    .sort((a, b) => b.size - a.size)
  const work = largestFirst.reduce((sum, { size }) => sum + size, 0)
  const threads = Math.min(zipThreads, processors(), files.length)
  const parts = Array.from({ length: threads }, (_, thread) =>
    largestFirst.filter((_, at) => at % threads === thread).map(({ file }) => file),
  )
  const results = (await runWorkers(threads, work, () =>
    parts.map(
      (part): WorkerTask => ({ task: 'describe-files', data: { files: part } satisfies DescribeFilesJob }),
    ),
  )) as readonly (readonly DescribedFile[])[]
  return new Map(
    parts.flatMap((part, thread) =>
      part.map((file, at) => [file, results[thread]?.[at] as DescribedFile] as const),
    ),
  )
}

/** Time for hashing a byte, as a share of the time for packing it. */
const costOfHashing = 1 / 8

/**
 * Hashes a file in the background, in a worker thread if that pays off.
 *
 * @param file absolute path
 * @returns the SHA-256 of its content in hexadecimal
 * @throws the system's error when the file is missing or cannot be read
 */
export async function hashInBackground(file: string): Promise<string> {
  const work = (lstat(file)?.size ?? 0) * costOfHashing
  const data: HashFilesJob = { directory: path.dirname(file), files: [path.basename(file)] }
  const [result] = (await runWorkers(1, work, () => [
    { task: 'hash-files', data },
  ])) as readonly HashedFile[][]
  return result?.[0]?.sha256 ?? ''
}

/**
 * Hashes a module's tree as Go does for go.sum, in worker threads.
 *
 * @param directory absolute path of the tree
 * @param name the module as `path@version`, the prefix of every file's name in the hash
 * @param without files that are not part of the module, as paths in the tree with `/`
 * @returns the hash, such as `h1:…=`
 * @throws Error when something in the tree is neither a file nor a directory
 */
export async function treeHash(
  directory: string,
  name: string,
  without: ReadonlySet<string> = new Set(),
): Promise<string> {
  const files = filesBelow(directory)
    .map((file) => sized(directory, file))
    .filter(({ file }) => !without.has(file))
  const threads = Math.max(1, Math.min(4, processors()))
  const work = estimateWork({ files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) })
  const digests = (await runWorkers(threads, work, () =>
    share(files, threads).map((part): WorkerTask => {
      const data: HashFilesJob = { directory, files: part.map(({ file }) => file) }
      return { task: 'hash-files', data }
    }),
  )) as readonly (readonly HashedFile[])[]
  return treeHashOf(digests.flat().map(({ file, sha256 }) => ({ name: `${name}/${file}`, sha256 })))
}

interface SizedFile {
  readonly file: string
  readonly size: number
}

function sized(directory: string, file: string): SizedFile {
  const stats = lstat(`${directory}/${file}`)
  if (stats?.isFile() !== true) throw new Error(`${file} is neither a file nor a directory`)
  return { file, size: stats.size }
}

/** Number of bytes that take as long to hash as opening a file takes. */
const fileWeight = 16 * 1024

/**
 * Splits files into parts of about equal work. Adjacent files stay together, so that each thread reads one part of the
 * disk.
 */
function share(files: readonly SizedFile[], parts: number): readonly (readonly SizedFile[])[] {
  const total = files.reduce((sum, { size }) => sum + size + fileWeight, 0)
  const shares: SizedFile[][] = Array.from({ length: parts }, () => [])
  let done = 0
  for (const file of files) {
    shares[Math.min(parts - 1, Math.floor((done / total) * parts))]?.push(file)
    done += file.size + fileWeight
  }
  return shares
}
