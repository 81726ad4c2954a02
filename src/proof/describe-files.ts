import { treeHashOf } from '../modules/tree-hash.ts'
import { statusAt } from '../system/sync-files.ts'
import { type Job, processors, runWorkers } from '../system/workers.ts'
import { hashBuffer, hashFile } from './hash-files.ts'
import { zipHash, zipThreads } from './zip-hash.ts'

/** What is known of a file once it was read. */
export interface DescribedFile {
  /** Length in bytes. */
  readonly size: number
  /** SHA-256 of its content in hexadecimal. */
  readonly sha256: string
  /** As go.sum would say it: of a zip its `h1:`, of a `.mod` that of a go.mod; in words what is wrong with a zip. */
  readonly h1: string
}

/** Files for one worker thread. */
export interface DescribeFilesJob {
  /** Absolute paths; by its ending it is told what a file is. */
  readonly files: readonly string[]
}

/**
 * Reads files and says what they are; runs in a worker thread.
 *
 * @throws the error of the system when a file is gone, or cannot be read
 */
export function describeFilesHere({ files }: DescribeFilesJob): readonly DescribedFile[] {
  const buffer = hashBuffer()
  return files.map((file) => {
    const sha256 = hashFile(file, buffer)
    const h1 = file.endsWith('.zip') ? zipHash(file) : treeHashOf([{ name: 'go.mod', sha256 }])
    return { size: statusAt(file)?.size ?? 0, sha256, h1 }
  })
}

/**
 * Reads files and says what each is, in worker threads if it is worth it, each of which gets about as much to read.
 *
 * @param files absolute paths
 * @throws the error of the system when a file is gone, or cannot be read
 */
export async function describeFiles(files: readonly string[]): Promise<ReadonlyMap<string, DescribedFile>> {
  const largestFirst = files
    .map((file) => ({ file, size: statusAt(file)?.size ?? 0 }))
    .sort((a, b) => b.size - a.size)
  const work = largestFirst.reduce((sum, { size }) => sum + size, 0)
  const threads = Math.min(zipThreads, processors(), files.length)
  const parts = Array.from({ length: threads }, (_, thread) =>
    largestFirst.filter((_, at) => at % threads === thread).map(({ file }) => file),
  )
  const answers = (await runWorkers(threads, work, () =>
    parts.map((part): Job => ({ task: 'describe-files', data: { files: part } satisfies DescribeFilesJob })),
  )) as readonly (readonly DescribedFile[])[]
  return new Map(
    parts.flatMap((part, thread) =>
      part.map((file, at) => [file, answers[thread]?.[at] as DescribedFile] as const),
    ),
  )
}
