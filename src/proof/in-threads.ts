import { statusAt } from '../system/sync-files.ts'
import { type Job, processors, runWorkers } from '../system/workers.ts'

/** What a worker thread does to files, by the name that src/worker.ts knows it by. */
export interface FileTask<T> {
  readonly name: string
  /** Answers for each file, in their order. */
  readonly run: (job: { readonly files: readonly string[] }) => readonly T[]
}

/** So many bytes are read before a thread has started. */
const worthThreads = 2e6

/** No more threads hash zips: each takes up to 70 MB of memory, most of it for what was inflated and is not yet collected. */
export const zipThreads = 3

/**
 * Does something to files, in worker threads if it is worth it, each of which gets about as much to read.
 *
 * @param files absolute paths
 * @returns the answers by the files
 */
export async function overFiles<T>(
  task: FileTask<T>,
  files: readonly string[],
): Promise<ReadonlyMap<string, T>> {
  const largestFirst = files
    .map((file) => ({ file, size: statusAt(file)?.size ?? 0 }))
    .sort((a, b) => b.size - a.size)
  if (largestFirst.reduce((sum, { size }) => sum + size, 0) < worthThreads) {
    const answers = task.run({ files })
    return new Map(files.map((file, at) => [file, answers[at] as T]))
  }
  const threads = Math.min(zipThreads, processors(), files.length)
  const parts = Array.from({ length: threads }, (_, thread) =>
    largestFirst.filter((_, at) => at % threads === thread).map(({ file }) => file),
  )
  const answers = (await runWorkers(threads, () =>
    parts.map((part): Job => ({ task: task.name, data: { files: part } })),
  )) as readonly (readonly T[])[]
  return new Map(
    parts.flatMap((part, thread) => part.map((file, at) => [file, answers[thread]?.[at] as T] as const)),
  )
}
