import { availableParallelism } from 'node:os'
import { parentPort, Worker } from 'node:worker_threads'

/** Work for a worker thread; everything in it is copied to the thread. */
export interface Job {
  /** Names the handler in src/worker.ts. */
  readonly task: string
  readonly data: unknown
}

/** How many threads this machine, or the container that we are in, runs at once. */
export function processors(): number {
  return availableParallelism()
}

/**
 * Runs jobs in worker threads and answers their results in the same order. When one fails, the others are stopped before
 * the promise is rejected with its error. The error is a copy: its name and message are kept, its class is not, so
 * recognise it by name.
 *
 * @param count how many threads; where there are more jobs, each thread does several, one after the other
 * @param prepare makes the jobs, at least as many as threads; it runs while the threads are starting, which
 *   takes them longer than most preparations
 */
export async function runWorkers(count: number, prepare: () => readonly Job[]): Promise<readonly unknown[]> {
  const workers = Array.from({ length: count }, startWorker)
  try {
    const answers = workers.map(answersOf)
    // The jobs may fail to be made, or one answer may come when another has failed already.
    for (const answer of answers) answer.catch(() => {})
    const jobs = prepare()
    workers.forEach((worker, index) => {
      worker.postMessage(jobs.filter((_, job) => job % count === index))
    })
    const byWorker = await Promise.all(answers)
    return jobs.map((_, job) => byWorker[job % count]?.[Math.floor(job / count)])
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

/**
 * The other end, for the worker's entry: does the jobs of this thread. What a handler throws ends
 * the thread and becomes the error of `runWorkers`.
 *
 * @param handlers what can be done, by the job's task
 */
export function serveJobs(handlers: Readonly<Record<string, (data: never) => unknown>>): void {
  parentPort?.once('message', (jobs: readonly Job[]) => {
    const answers = jobs.map((job) => {
      const handler = handlers[job.task] as ((data: unknown) => unknown) | undefined
      if (handler === undefined) throw new Error(`there is no task ${job.task}`)
      return handler(job.data)
    })
    parentPort?.postMessage(answers)
  })
}

function startWorker(): Worker {
  // The entry lies beside the bundles, or at the top of the sources.
  const location = new URL(import.meta.url.endsWith('.ts') ? '../worker.ts' : './worker.mjs', import.meta.url)
  // The flags that this process was started with are not for the worker; some keep it from starting.
  // A small young generation is collected often, and with it the buffers that it holds: hashing 400 MB of zips took
  // 320 MB of memory without, and 250 MB with it, in the same time.
  return new Worker(location, { execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: 8 } })
}

function answersOf(worker: Worker): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('messageerror', reject)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`a worker thread ended with code ${code} and no answer`)))
  })
}
