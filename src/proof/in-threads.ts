import { statusAt } from '../system/sync-files.ts'
import { type Job, processors, runWorkers } from '../system/workers.ts'

/**
 * Does something to files in worker threads, each of which gets about as much to read.
 *
 * @param task the name of the job, whose data is `{ files }` and whose answer is a list, one for each file
 * @param files absolute paths
 * @returns the answers by the files
 */
export async function overFiles<T>(task: string, files: readonly string[]): Promise<ReadonlyMap<string, T>> {
  const threads = Math.max(1, Math.min(4, processors(), files.length))
  const largestFirst = files
    .map((file) => ({ file, size: statusAt(file)?.size ?? 0 }))
    .sort((a, b) => b.size - a.size)
  const parts = Array.from({ length: threads }, (_, thread) =>
    largestFirst.filter((_, at) => at % threads === thread).map(({ file }) => file),
  )
  if (files.length === 0) return new Map()
  const answers = (await runWorkers(threads, () =>
    parts.map((part): Job => ({ task, data: { files: part } })),
  )) as readonly (readonly T[])[]
  return new Map(
    parts.flatMap((part, thread) => part.map((file, at) => [file, answers[thread]?.[at] as T] as const)),
  )
}
