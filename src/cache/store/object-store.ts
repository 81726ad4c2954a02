import { CorruptArchive, hasCode } from '../../errors.ts'
import { elapsed } from '../../platform/clock.ts'
import { HttpTimeout, openConnections } from '../../platform/http.ts'
import { type TransferCounts, TransferFailure, type TransferOptions } from '../../platform/transfer.ts'
import { downloadEntry } from './download.ts'
import type { ObjectService } from './object-service.ts'
import type {
  Store,
  StoreDeadlines,
  StoreFindResult,
  StoreLookupResult,
  StoreRestoreResult,
  StoreSaveResult,
  TransferFigures,
} from './store.ts'
import { uploadEntry } from './upload.ts'

/**
 * Returns a store that keeps every entry as one object of a service.
 *
 * @param deadlines maximum duration of a restore and of a save, in seconds
 */
export function objectStore(service: ObjectService, deadlines: StoreDeadlines): Store {
  return {
    unavailable: service.unavailable,
    restore: async (key, prefixes): Promise<StoreRestoreResult> => {
      const deadline = startDeadline(deadlines.restore)
      try {
        const { options } = deadline
        const found = await service.find(key, prefixes, options)
        if (found === undefined) return deadline.end({ kind: 'nothing', message: '' })
        const stop = () => deadline.end(undefined)
        const entry = await downloadEntry(found.object, options, stop)
        entry.done.then(stop, stop)
        return { kind: 'restored', key: found.key, entry, figures: () => deadline.figures(service.name) }
      } catch (error) {
        deadline.end(undefined)
        if (error instanceof CorruptArchive) return { kind: 'corrupt', why: error.message }
        return failureOf(error)
      }
    },
    find: (key, prefixes) =>
      within<StoreFindResult>(deadlines.restore, async (options) => {
        const found = await service.find(key, prefixes, options)
        return found === undefined ? { kind: 'nothing', message: '' } : { kind: 'found', key: found.key }
      }),
    holds: (key) =>
      within<StoreLookupResult>(deadlines.restore, async (options) => {
        const found = await service.find(key, [], options)
        // The service may match the key as a prefix: only the identical key counts.
        return found?.key === key ? { kind: 'exists' } : { kind: 'nothing', message: '' }
      }),
    save: (key, entry, _, onAccepted = () => undefined) =>
      within<StoreSaveResult>(deadlines.save, async (options, figures) => {
        const upload = await service.create(key, options)
        if ('kind' in upload) return upload
        onAccepted()
        const result = await uploadEntry(upload, entry, options.signal)
        return result.kind === 'saved' ? { ...result, figures: figures(service.name) } : result
      }),
  }
}

/** A deadline for the requests of an operation. */
interface Deadline {
  readonly options: TransferOptions
  /** Ends the deadline and all requests that are left, and returns a result. */
  readonly end: <T>(result: T) => T
  /** Returns what the requests took until now, or until the end. */
  readonly figures: (store: string) => TransferFigures
}

function startDeadline(seconds: number): Deadline {
  const controller = new AbortController()
  const late = new HttpTimeout(`no answer within ${seconds} s`)
  const timer = setTimeout(() => controller.abort(late), seconds * 1000)
  const connections = openConnections()
  const counts: TransferCounts = { bytes: 0, requests: 0, retries: 0 }
  const clock = elapsed()
  let duration: number | undefined
  return {
    options: { signal: controller.signal, connections, counts },
    figures: (store) => ({ store, ...counts, seconds: duration ?? clock() }),
    end: (result) => {
      duration ??= clock()
      clearTimeout(timer)
      controller.abort(new TransferFailure('the transfer was stopped', { isTransient: false }))
      connections.close()
      return result
    },
  }
}

/** Runs an operation with a deadline. A failure of the transfer becomes a result. */
async function within<T>(
  seconds: number,
  operation: (options: TransferOptions, figures: Deadline['figures']) => Promise<T>,
): Promise<T | StoreFailure> {
  const deadline = startDeadline(seconds)
  try {
    return deadline.end(await operation(deadline.options, deadline.figures))
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
