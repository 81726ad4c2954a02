import { CorruptArchive, hasCode } from '../../errors.ts'
import { HttpTimeout } from '../../platform/http.ts'
import { inParallel, TransferFailure, type TransferOptions } from '../../platform/remote-object.ts'
import { downloadEntry, openEntry } from './object.ts'
import type { ObjectService, ObjectUpload } from './object-service.ts'
import type {
  Store,
  StoreDeadlines,
  StoreLookupResult,
  StoreRestoreResult,
  StoreSaveResult,
} from './store.ts'

/**
 * Returns a store that keeps every entry as one object of a service.
 *
 * @param deadlines maximum duration of a restore and of a save, in seconds
 */
export function objectStore(service: ObjectService, deadlines: StoreDeadlines): Store {
  return {
    unavailable: service.unavailable,
    restore: async (key, prefixes, folder): Promise<StoreRestoreResult> => {
      const deadline = startDeadline(deadlines.restore)
      try {
        const options = { signal: deadline.signal }
        const found = await service.find(key, prefixes, options)
        if (found === undefined) return deadline.end({ kind: 'nothing', message: '' })
        const stop = () => deadline.end(undefined)
        const arrival = await downloadEntry(found.object, folder, options, stop)
        arrival.done.then(stop, stop)
        return { kind: 'restored', key: found.key, arrival }
      } catch (error) {
        deadline.end(undefined)
        if (error instanceof CorruptArchive) return { kind: 'corrupt', why: error.message }
        return failureOf(error)
      }
    },
    holds: (key) =>
      within<StoreLookupResult>(deadlines.restore, async (options) => {
        const found = await service.find(key, [], options)
        // The service may match the key as a prefix: only the identical key counts.
        return found?.key === key ? { kind: 'exists' } : { kind: 'nothing', message: '' }
      }),
    save: (key, folder, onAccepted = () => undefined) =>
      within<StoreSaveResult>(deadlines.save, async (options) => {
        const upload = await service.create(key, options)
        if ('kind' in upload) return upload
        onAccepted()
        return uploadEntry(upload, folder)
      }),
  }
}

/** A deadline for the requests of an operation. */
interface Deadline {
  readonly signal: AbortSignal
  /** Ends the deadline and all requests that are left, and returns a result. */
  readonly end: <T>(result: T) => T
}

function startDeadline(seconds: number): Deadline {
  const controller = new AbortController()
  const late = new HttpTimeout(`no answer within ${seconds} s`)
  const timer = setTimeout(() => controller.abort(late), seconds * 1000)
  return {
    signal: controller.signal,
    end: (result) => {
      clearTimeout(timer)
      controller.abort(new TransferFailure('the transfer was stopped', { isTransient: false }))
      return result
    },
  }
}

/** Runs an operation with a deadline. A failure of the transfer becomes a result. */
async function within<T>(
  seconds: number,
  operation: (options: TransferOptions) => Promise<T>,
): Promise<T | StoreFailure> {
  const deadline = startDeadline(seconds)
  try {
    return deadline.end(await operation({ signal: deadline.signal }))
  } catch (error) {
    deadline.end(undefined)
    return failureOf(error)
  }
}

type StoreFailure = { readonly kind: 'failed'; readonly why: string }

/** Returns the result for a failed transfer. Any other error is thrown on. */
function failureOf(error: unknown): StoreFailure {
  if (hasCode(error, 'transfer', 'http-timeout')) return { kind: 'failed', why: (error as Error).message }
  throw error
}

/** Length of a part, in bytes, and of the largest object that needs only one request. */
const partLength = 16 * 1024 * 1024

/** Number of parts that are uploaded at once. */
const partsAtOnce = 4

/** Uploads the folder of an entry as an object. */
async function uploadEntry(upload: ObjectUpload, folder: string): Promise<StoreSaveResult> {
  const content = openEntry(folder)
  try {
    if (content.length <= partLength) return await upload.putWhole(content.slice(0, content.length))
    const count = Math.ceil(content.length / partLength)
    const numbers = Array.from({ length: count }, (_, index) => index + 1)
    const tasks = numbers.map((number) => () => {
      const to = Math.min(content.length, number * partLength)
      return upload.putPart(number, content.slice((number - 1) * partLength, to))
    })
    await inParallel(partsAtOnce, tasks)
    return await upload.complete(numbers, content.length)
  } catch (error) {
    await upload.abort()
    throw error
  } finally {
    content.close()
  }
}
