import { Buffer } from 'node:buffer'
import { namesIfReadable } from '../../platform/files.ts'
import { close, fstat, openIfReadable, read } from '../../platform/open-files.ts'
import { isTestLog, logStart } from '../../testcache/test-log.ts'

/** What Go remembers of one thing it made: which data came of which inputs. */
export interface CachedAction {
  /** Hash of the inputs, in hex: the name of its file without `-a`. */
  readonly id: string
  /** Hash of the data, in hex: the name of the data's file without `-d`. */
  readonly output: string
  /** Length of the data in bytes. */
  readonly size: number
  /** When Go made it, in milliseconds since 1970. */
  readonly made: number
  /** When Go last marked it as used, in milliseconds since 1970: no more often than once an hour. */
  readonly used: number
}

/**
 * An action's file (cmd/go/internal/cache/cache.go, putIndexEntry): version, both hashes, length and time, with
 * blanks to a fixed length.
 */
const actionText = /^v1 ([0-9a-f]{64}) ([0-9a-f]{64}) +(\d+) +(\d+)\n$/

const actionLength = 175

const actionName = /^([0-9a-f]{64})-a$/

const nanosecondsInMillisecond = 1e6

/** The directory of a build cache that holds what begins like this, as Go names it. */
export function objectDirectory(id: string): string {
  return id.slice(0, 2)
}

/** The directories of a build cache that hold objects. */
export function objectDirectories(gocache: string): readonly string[] {
  return namesIfReadable(gocache).filter((name) => /^[0-9a-f]{2}$/.test(name))
}

/** Whether a build cache holds anything that Go could use. */
export function holdsObjects(gocache: string): boolean {
  return objectDirectories(gocache).some((directory) =>
    namesIfReadable(`${gocache}/${directory}`).some((name) => actionName.test(name)),
  )
}

/**
 * Lists what a build cache holds: every action whose data is there. What is not as Go writes it (another format, another
 * name, no data) is left out; the data itself is not looked at.
 *
 * @param gocache absolute path of the build cache
 */
export function listActions(gocache: string): readonly CachedAction[] {
  const actions: CachedAction[] = []
  const data = new Set<string>()
  const buffer = Buffer.alloc(actionLength + 1)
  for (const directory of objectDirectories(gocache)) {
    for (const name of namesIfReadable(`${gocache}/${directory}`)) {
      if (name.endsWith('-d')) data.add(name.slice(0, -2))
      const id = actionName.exec(name)?.[1]
      const action = id === undefined ? undefined : readAction(`${gocache}/${directory}/${name}`, id, buffer)
      if (action !== undefined) actions.push(action)
    }
  }
  return actions.filter(({ output }) => data.has(output))
}

function readAction(file: string, id: string, buffer: Buffer): CachedAction | undefined {
  // A go command that is at work may take a file away.
  const fd = openIfReadable(file)
  if (fd === undefined) return undefined
  try {
    const status = fstat(fd)
    if (!status.isFile()) return undefined
    const length = read(fd, buffer, 0, buffer.length)
    const [, named, output, size, made] = actionText.exec(buffer.toString('latin1', 0, length)) ?? []
    if (named !== id || output === undefined || length !== actionLength) return undefined
    return {
      id,
      output,
      size: Number(size),
      made: Number(made) / nanosecondsInMillisecond,
      used: status.mtimeMs,
    }
  } finally {
    close(fd)
  }
}

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
    return fstat(fd).isFile() ? use(fd) : undefined
  } finally {
    close(fd)
  }
}
