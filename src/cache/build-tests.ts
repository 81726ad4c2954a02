import { Buffer } from 'node:buffer'
import { close, openIfReadable, read, statusOf } from '../system/sync-files.ts'
import { type CachedAction, objectDirectory } from './build-listing.ts'

/** Begins the record of what a test looked at (cmd/go/internal/test/test.go, testlogMagic). */
const logStart = '# test log\n'
/** The last line of what a passing test printed. */
const passed = /(?:^|\n)ok {2}\t[^\n]*\n$/
/** `ok`, two blanks, a tab, a name and a line break. */
const shortest = 6
/** The last line fits into this, in bytes; with the names of all covered packages it takes more. */
const tailLengths = { usual: 1024, most: 256 * 1024 }
/** Test output beyond this is no reason to read through archives, in bytes. */
const longest = 16 * 1024 * 1024

/** What the data of actions is, as far as tests are concerned. */
export interface TestObjects {
  readonly logs: readonly CachedAction[]
  readonly results: readonly CachedAction[]
}

/**
 * Finds the records and results of tests among actions, by looking at how their data begins and ends.
 *
 * @param gocache absolute path of the build cache
 */
export function findTests(gocache: string, actions: readonly CachedAction[]): TestObjects {
  const found = { logs: [] as CachedAction[], results: [] as CachedAction[] }
  for (const action of actions) {
    const { size } = action
    if (size < shortest || size > longest) continue
    withData(gocache, action, (fd) => {
      if (textAt(fd, 0, logStart.length) === logStart) found.logs.push(action)
      else if (hasPassed(fd, size)) found.results.push(action)
    })
  }
  return found
}

function hasPassed(fd: number, size: number): boolean {
  const tail = (length: number) => textAt(fd, Math.max(0, size - length), length)
  const usual = tail(tailLengths.usual)
  if (passed.test(usual) || size <= tailLengths.usual) return passed.test(usual)
  const isPartOfOneLine = usual.indexOf('\n') === usual.length - 1
  return isPartOfOneLine && passed.test(tail(tailLengths.most))
}

/** The records of what tests looked at, as text. */
export function readLogs(gocache: string, logs: readonly CachedAction[]): readonly string[] {
  return logs.flatMap((log) => {
    const text = withData(gocache, log, (fd) => textAt(fd, 0, log.size))
    return text?.startsWith(logStart) ? [text] : []
  })
}

function textAt(fd: number, position: number, length: number): string {
  const buffer = Buffer.alloc(length)
  return buffer.toString('utf8', 0, read(fd, buffer, 0, length, position))
}

function withData<T>(gocache: string, { output }: CachedAction, use: (fd: number) => T): T | undefined {
  const fd = openIfReadable(`${gocache}/${objectDirectory(output)}/${output}-d`)
  if (fd === undefined) return undefined
  try {
    // An executable's data is a directory.
    return statusOf(fd).isFile() ? use(fd) : undefined
  } finally {
    close(fd)
  }
}
