import * as path from 'node:path'

/** The start of a test log (testing/internal/testdeps/deps.go, StartTestLog). */
export const logStart = '# test log\n'

/** A file or directory that a test accessed. */
export interface LoggedName {
  /** Normalized, with `/`. Absolute, or relative to the package's directory, which no log names. */
  readonly name: string
  /** Whether it was opened, not only queried. For an opened directory, each of its entries counts. */
  readonly opened: boolean
}

/**
 * Reports whether a file of the build cache is a test log, by the same check as in Go (cmd/go/internal/test/test.go,
 * tryCacheWithID).
 */
export function isTestLog(bytes: Uint8Array): boolean {
  const begin = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(logStart.length, bytes.length))
  return begin.toString('latin1') === logStart && bytes.at(-1) === 0x0a
}

/**
 * Returns the names in a test log of files and directories on which the cached test result depends. The log has them in
 * lines of `open`, `stat` and `chdir` (cmd/go/internal/test/test.go, computeTestInputsID). After a `chdir`, which is
 * always absolute, Go joins relative names to that directory, and so does this.
 *
 * @param log text of a test log
 * @param platform the system that the test ran on, as in `process.platform` (`win32`, `linux`)
 * @returns each name once, in the order of their first lines; empty when the text is no test log
 */
export function testLogNames(log: string, platform: string): readonly LoggedName[] {
  if (!log.startsWith(logStart)) return []
  const names = new Map<string, boolean>()
  let directory: string | undefined
  for (const line of log.slice(logStart.length).split('\n')) {
    const space = line.indexOf(' ')
    const [operation, text] = [line.slice(0, space), line.slice(space + 1)]
    if (space < 0 || text === '' || !['open', 'stat', 'chdir'].includes(operation)) continue
    const name = cleaned(text, directory, platform)
    if (operation === 'chdir') directory = name
    names.set(name, (names.get(name) ?? false) || operation === 'open')
  }
  return Array.from(names, ([name, opened]) => ({ name, opened }))
}

/** Reports whether a name is absolute by Go's rules, with `/` or as in the log (path/filepath, IsAbs). */
export function isAbsoluteName(name: string, platform: string): boolean {
  // Unlike Node, Go does not treat \name as absolute on Windows, because it has no drive.
  return platform === 'win32' ? /^(?:[A-Za-z]:[\\/]|[\\/]{2}[^\\/])/.test(name) : name.startsWith('/')
}

function cleaned(name: string, directory: string | undefined, platform: string): string {
  const { join, normalize } = platform === 'win32' ? path.win32 : path.posix
  const relative = directory !== undefined && !isAbsoluteName(name, platform)
  const clean = relative ? join(directory, name) : normalize(name)
  const slashed = platform === 'win32' ? clean.replaceAll('\\', '/') : clean
  return slashed.replace(/(?<=[^/:])\/+$/, '')
}
