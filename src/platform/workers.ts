import { availableParallelism } from 'node:os'
import { parentPort, Worker } from 'node:worker_threads'
import { entryUrl } from './entry-url.ts'

/** Threads were stopped, because they took too long. */
export class WorkerTimeout extends Error {
  override readonly name = 'TooSlow'
}

/** Work for a worker thread; everything in it is copied to the thread. */
export interface WorkerTask {
  /** Names the handler in src/worker.ts. */
  readonly task: string
  readonly data: unknown
}

/** What a thread can do, by the task of its jobs. */
export type Handlers = Readonly<Record<string, (data: never) => unknown>>

/** Starting a thread costs about as much as packing, unpacking or hashing this many bytes. */
const worthThreads = 4e6

/** Opening and closing a file costs about as much as packing this many bytes. */
const fileWeight = 16 * 1024

/** Estimates what jobs cost, in bytes: the measure by which `runWorkers` decides whether threads are worth it. */
export function estimateWork({ files, bytes }: { readonly files: number; readonly bytes: number }): number {
  return bytes + files * fileWeight
}

/** How many threads this machine, or the container that we are in, runs at once. */
export function processors(): number {
  return availableParallelism()
}

/**
 * Runs jobs in worker threads and answers their results in the same order. A few small jobs run in this thread instead,
 * one after the other. When one job fails, the other threads are stopped before the promise is rejected with its error.
 * The error may be a copy: its name and message are kept, its class is not, so recognise it by name.
 *
 * @param count how many threads; where there are more jobs, each thread does several, one after the other
 * @param work how much there is to do, in bytes (see `workOf`)
 * @param prepare makes the jobs, at least as many as threads; it runs while the threads are starting, which
 *   takes them longer than most preparations
 * @param seconds after how many they are stopped, and the promise is rejected with TooSlow; by default never. Jobs in this thread are
 *   too small to be stopped
 */
export async function runWorkers(
  count: number,
  work: number,
  prepare: () => readonly WorkerTask[],
  seconds?: number,
): Promise<readonly unknown[]> {
  if (work < worthThreads) return runHere(prepare())
  const workers = Array.from({ length: count }, startWorker)
  let timer: NodeJS.Timeout | undefined
  const late =
    seconds === undefined
      ? undefined
      : new Promise<never>((_, reject) => {
          timer = setTimeout(
            () => reject(new WorkerTimeout(`it took more than ${seconds} s`)),
            seconds * 1000,
          )
        })
  late?.catch(() => {})
  try {
    const answers = workers.map(answersOf)
    // The jobs may fail to be made, or one answer may come when another has failed already.
    for (const answer of answers) answer.catch(() => {})
    const jobs = prepare()
    workers.forEach((worker, index) => {
      worker.postMessage(jobs.filter((_, job) => job % count === index))
    })
    const byWorker = await Promise.race([Promise.all(answers), ...(late === undefined ? [] : [late])])
    return jobs.map((_, job) => byWorker[job % count]?.[Math.floor(job / count)])
  } finally {
    clearTimeout(timer)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

/** Runs jobs by the code of the worker's entry, which is loaded only where it is needed. */
async function runHere(jobs: readonly WorkerTask[]): Promise<readonly unknown[]> {
  const { handlers } = (await import(entryUrl('worker').href)) as { readonly handlers: Handlers }
  return runAll(jobs, handlers)
}

/**
 * The other end, for the worker's entry: does the jobs of this thread. What a handler throws ends
 * the thread and becomes the error of `runWorkers`. Outside of a thread it does nothing.
 *
 * @param handlers what can be done, by the job's task
 */
export function serveJobs(handlers: Handlers): void {
  parentPort?.once('message', (jobs: readonly WorkerTask[]) =>
    parentPort?.postMessage(runAll(jobs, handlers)),
  )
}

function runAll(jobs: readonly WorkerTask[], handlers: Handlers): readonly unknown[] {
  return jobs.map((job) => {
    const handler = handlers[job.task] as ((data: unknown) => unknown) | undefined
    if (handler === undefined) throw new Error(`there is no task ${job.task}`)
    return handler(job.data)
  })
}

function startWorker(): Worker {
  // The flags that this process was started with are not for the worker; some keep it from starting.
  // A small young generation is collected often, and with it the buffers that it holds: hashing 400 MB of zips took
  // 320 MB of memory without, and 250 MB with it, in the same time.
  return new Worker(entryUrl('worker'), { execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: 8 } })
}

function answersOf(worker: Worker): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('messageerror', reject)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`a worker thread ended with code ${code} and no answer`)))
  })
}
