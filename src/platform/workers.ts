import { availableParallelism } from 'node:os'
import { parentPort, Worker } from 'node:worker_threads'
import { ActionError } from '../errors.ts'
import { entryUrl } from './entry-url.ts'
import { stopBetweenCalls, stoppableThread } from './uninterrupted.ts'

/** An error for threads that were stopped after a timeout. */
export class WorkerTimeout extends ActionError {
  constructor(message: string) {
    super('worker-timeout', message)
  }
}

/** A task for a worker thread; everything in it is copied to the thread. */
export interface WorkerTask {
  /** Name of the handler in src/worker.ts. */
  readonly task: string
  readonly data: unknown
}

/** The functions of a thread, by the name of the task. */
type Handlers = Readonly<Record<string, (data: never) => unknown>>

/** The cost of starting a thread, as the number of bytes that could be packed, unpacked or hashed instead. */
const threadCost = 4e6

/** The cost of opening and closing a file, as the number of bytes that could be packed instead. */
const fileCost = 16 * 1024

/** Estimates the cost of tasks in bytes. `runWorkers` uses it to decide whether threads are worth it. */
export function estimateWork({ files, bytes }: { readonly files: number; readonly bytes: number }): number {
  return bytes + files * fileCost
}

/** Reports whether work, in bytes, is worth threads. Less runs in this thread. */
export function isWorthThreads(work: number): boolean {
  return work >= threadCost
}

/** Returns how many threads this machine, or the container that we are in, runs at once. */
export function processors(): number {
  return availableParallelism()
}

/**
 * Runs tasks in worker threads and returns their results in the same order. A few small tasks run in this thread
 * instead, one after the other. When one task fails, the other threads are stopped before the promise is rejected with
 * its error. The error may be a copy that keeps its name and message but not its class, so recognise it by name.
 *
 * @param count number of threads; when there are more tasks, each thread runs several, one after the other
 * @param work the amount of work, in bytes (see `estimateWork`)
 * @param prepare makes the tasks, at least as many as threads. It runs while the threads are starting, which usually
 *   takes them longer
 * @param seconds after how many seconds the threads are stopped and the promise is rejected with a WorkerTimeout; by
 *   default never. Tasks in this thread are too small to be stopped
 */
export async function runWorkers(
  count: number,
  work: number,
  prepare: () => readonly WorkerTask[],
  seconds?: number,
): Promise<readonly unknown[]> {
  if (!isWorthThreads(work)) return runHere(prepare())
  const threads = Array.from({ length: count }, stoppableThread)
  const workers = threads.map(startWorker)
  // The process may end earlier, because the job is cancelled. Others then remove what the threads write.
  const stop = () => threads.forEach(stopBetweenCalls)
  process.prependOnceListener('exit', stop)
  let timer: NodeJS.Timeout | undefined
  const timeout =
    seconds === undefined
      ? undefined
      : new Promise<never>((_, reject) => {
          timer = setTimeout(
            () => reject(new WorkerTimeout(`it took more than ${seconds} s`)),
            seconds * 1000,
          )
        })
  timeout?.catch(() => {})
  try {
    const answers = workers.map(answersOf)
    // `prepare` may throw, or one answer may arrive when another has failed already.
    for (const answer of answers) answer.catch(() => {})
    const jobs = prepare()
    workers.forEach((worker, index) => {
      worker.postMessage(jobs.filter((_, job) => job % count === index))
    })
    const byWorker = await Promise.race([Promise.all(answers), ...(timeout === undefined ? [] : [timeout])])
    return jobs.map((_, job) => byWorker[job % count]?.[Math.floor(job / count)])
  } finally {
    clearTimeout(timer)
    stop()
    process.off('exit', stop)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

/** Runs tasks with the code of the worker's entry, which is loaded only where it is needed. */
async function runHere(jobs: readonly WorkerTask[]): Promise<readonly unknown[]> {
  const { handlers } = (await import(entryUrl('worker').href)) as { readonly handlers: Handlers }
  return runAll(jobs, handlers)
}

/**
 * Serves the worker's entry: runs the tasks of this thread. An error of a handler ends the thread and becomes the error
 * of `runWorkers`. Outside of a thread, this function does nothing.
 *
 * @param handlers the functions, by the name of the task
 */
export function serveJobs(handlers: Handlers): void {
  parentPort?.once('message', (jobs: readonly WorkerTask[]) =>
    parentPort?.postMessage(runAll(jobs, handlers)),
  )
}

function runAll(jobs: readonly WorkerTask[], handlers: Handlers): readonly unknown[] {
  return jobs.map((job) => {
    const handler = handlers[job.task] as ((data: unknown) => unknown) | undefined
    if (handler === undefined) throw new Error(`unknown task ${job.task}`)
    return handler(job.data)
  })
}

function startWorker(workerData: object): Worker {
  // Some flags of this process would keep a worker from starting, so it gets none of them. A small young generation is
  // collected often, and with it the buffers that it holds. Hashing 400 MB of zips took 320 MB of memory without a
  // limit, and 250 MB with one of 8 MB, in the same time. Saving 1 GB of build objects took about 330 MB with 8 MB, and
  // 270 MB with 2 MB.
  const resourceLimits = { maxYoungGenerationSizeMb: 2 }
  return new Worker(entryUrl('worker'), { execArgv: [], resourceLimits, workerData })
}

function answersOf(worker: Worker): Promise<readonly unknown[]> {
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('messageerror', reject)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`a worker thread ended with code ${code} and no answer`)))
  })
}
