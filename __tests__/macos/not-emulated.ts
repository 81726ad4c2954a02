/**
 * The tests that fail in the emulated macOS because of the emulation, and not because of the action. `npm run test:macos`
 * skips them; any other test that fails there fails the run.
 */

/** A test, or all tests of a `describe` or a file. */
export interface NotEmulated {
  /** Relative to `__tests__`. */
  readonly file: string
  /** Names of the surrounding `describe` and of the test, joined by ` > `; absent for the whole file. */
  readonly test?: string
  readonly reason: string
}

const esbuild = 'starts esbuild, whose program for macOS is not there'
const goOfLinux = 'compares with the go command, which is that of Linux'
const toolchain = 'needs a toolchain of macOS, which Linux cannot run'

export const notEmulated: readonly NotEmulated[] = [
  {
    file: 'platform/workers.test.ts',
    test: 'the bundle finds the worker file next to itself and contains none of its code',
    reason: esbuild,
  },
  {
    file: 'gocmd/go-env.test.ts',
    test: 'goEnvFile > is the path that the go command uses',
    reason: goOfLinux,
  },
  {
    file: 'setup-go/setup-go.test.ts',
    test: 'the toolchain module > is downloaded by a Go of the tool cache if PATH has none, and gives the list of releases',
    reason: toolchain,
  },
  {
    file: 'bundle/offline-network.test.ts',
    test: 'an offline job > accepts another Go from a folder that serves it, without the checksum database, only if it is the only source',
    reason: toolchain,
  },
  {
    file: 'bundle/credentials.test.ts',
    test: "credentials > are named first in the error when a fork's run cannot download a private module",
    reason: 'has no credentials, so git rightly asks the keychain, which fails the run here',
  },
  {
    file: 'bundle/toolchain-entry.test.ts',
    test: 'the downloaded Go is a separate entry, which is used only if it matches what Go expects: a small one',
    reason: toolchain,
  },
]

/** A test of Vitest's JSON report. */
export interface ReportedTest {
  /** Relative to `__tests__`. */
  readonly file: string
  readonly name: string
}

/** Reports why a test does not run in the emulation; undefined if it does. */
export function reasonAgainst(
  test: ReportedTest,
  list: readonly NotEmulated[] = notEmulated,
): string | undefined {
  return list.find((entry) => entry.file === test.file && includes(entry, test.name))?.reason
}

function includes(entry: NotEmulated, name: string): boolean {
  return entry.test === undefined || name === entry.test || name.startsWith(`${entry.test} > `)
}

/** The tests of Vitest's JSON report. */
export function entriesOf(report: {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[]
      readonly title: string
    }[]
  }[]
}): readonly ReportedTest[] {
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title }) => ({
      file: fileOf(name),
      name: [...ancestorTitles, title].join(' > '),
    })),
  )
}

/** Returns the path of a test file relative to `__tests__`, with `/`. */
export function fileOf(file: string): string {
  return file.slice(file.lastIndexOf('/__tests__/') + '/__tests__/'.length)
}

/** Returns the entries for tests that are in none of the files that ran. An entry for a whole file never is in them. */
export function staleEntries(list: readonly NotEmulated[], ran: readonly ReportedTest[]): readonly string[] {
  return list
    .filter(({ file, test }) => test !== undefined && ran.some((one) => one.file === file))
    .filter((entry) => !ran.some((one) => one.file === entry.file && includes(entry, one.name)))
    .map(({ file, test }) => `${file} > ${test}`)
}
