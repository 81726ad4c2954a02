import { Buffer } from 'node:buffer'
import { isTestLog, logStart } from '../../modules/test-log.ts'
import { close, openIfReadable, read, statusOf } from '../../system/sync-files.ts'
import { type CachedAction, objectDirectory } from './listing.ts'

/**
 * Finds the records of what tests looked at among actions. Go makes one for each test whose result it keeps.
 *
 * @param gocache absolute path of the build cache
 */
export function findLogs(gocache: string, actions: readonly CachedAction[]): readonly CachedAction[] {
  return actions.filter(
    (action) =>
      action.size >= logStart.length &&
      withData(gocache, action, (fd) => bytesAt(fd, logStart.length))?.toString() === logStart,
  )
}

/** The records of what tests looked at, as text. */
export function readLogs(gocache: string, logs: readonly CachedAction[]): readonly string[] {
  return logs.flatMap((log) => {
    const bytes = withData(gocache, log, (fd) => bytesAt(fd, log.size))
    return bytes !== undefined && isTestLog(bytes) ? [bytes.toString()] : []
  })
}

function bytesAt(fd: number, length: number): Buffer {
  const buffer = Buffer.alloc(length)
  return buffer.subarray(0, read(fd, buffer, 0, length))
}

function withData<T>(gocache: string, { output }: CachedAction, use: (fd: number) => T): T | undefined {
  // A go command that is at work may take it away.
  const fd = openIfReadable(`${gocache}/${objectDirectory(output)}/${output}-d`)
  if (fd === undefined) return undefined
  try {
    // An executable's data is a directory.
    return statusOf(fd).isFile() ? use(fd) : undefined
  } finally {
    close(fd)
  }
}
