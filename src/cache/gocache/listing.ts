import { Buffer } from 'node:buffer'
import { namesIfReadable } from '../../platform/files.ts'
import { close, fstat, openIfReadable, read } from '../../platform/open-files.ts'
import { isTestLog, logStart } from '../../testcache/index.ts'

/** Go's record of one build result: the hash of its inputs and the hash of its data. */
export interface CachedAction {
  /** Hash of the inputs, in hex: the name of its file without `-a`. */
  readonly id: string
  /** Hash of the data, in hex: the name of the data's file without `-d`. */
  readonly output: string
  /** Length of the data in bytes. */
  readonly size: number
  /** Creation time, in milliseconds since 1970. */
  readonly made: number
  /** Last use that Go recorded, in milliseconds since 1970; Go records one at most once an hour. */
  readonly used: number
}

/**
 * Content of an action's file (cmd/go/internal/cache/cache.go, putIndexEntry): version, both hashes, length and time,
 * padded with blanks to a fixed length.
 */
const actionText = /^v1 ([0-9a-f]{64}) ([0-9a-f]{64}) +(\d+) +(\d+)\n$/

const actionLength = 175

const actionName = /^([0-9a-f]{64})-a$/

const nanosecondsInMillisecond = 1e6

/** Returns the directory of a build cache for an object with this hash, as Go names it. */
export function objectDirectory(id: string): string {
  return id.slice(0, 2)
}

/** Lists the directories of a build cache that hold objects. */
export function objectDirectories(gocache: string): readonly string[] {
  return namesIfReadable(gocache).filter((name) => /^[0-9a-f]{2}$/.test(name))
}

/** Reports whether a build cache holds an action, and so something that Go could use. */
export function holdsObjects(gocache: string): boolean {
  return objectDirectories(gocache).some((directory) =>
    namesIfReadable(`${gocache}/${directory}`).some((name) => actionName.test(name)),
  )
}

/**
 * Lists the actions in a build cache whose data exists. Files that Go would not write (another format, another name)
 * and actions without data are skipped. The data itself is not read.
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
  // A running go command may remove the file.
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
 * Finds the test logs among actions. A test log records what a test read; Go makes one for each cached test result.
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

/** Returns test logs, the records of what tests read, as text. */
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
  // A running go command may remove the data.
  const fd = openIfReadable(`${gocache}/${objectDirectory(output)}/${output}-d`)
  if (fd === undefined) return undefined
  try {
    // An executable's data is a directory.
    return fstat(fd).isFile() ? use(fd) : undefined
  } finally {
    close(fd)
  }
}
