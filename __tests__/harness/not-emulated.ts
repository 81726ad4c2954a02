/** A test, or all tests of a `describe` or a file, that an emulated system cannot run, although the real one can. */
export interface NotEmulated {
  /** Relative to `__tests__`. */
  readonly file: string
  /** Names of the surrounding `describe` and of the test, joined by ` > `; absent for the whole file. */
  readonly test?: string
  /** What the emulation lacks, or does otherwise than the real system. */
  readonly reason: string
}

/** A test of Vitest's JSON report. */
export interface ReportedTest {
  /** Relative to `__tests__`. */
  readonly file: string
  readonly name: string
}

/** Returns the files of which no test can run, relative to the repository. */
export function filesNotEmulated(list: readonly NotEmulated[]): readonly string[] {
  return list.flatMap(({ file, test }) => (test === undefined ? [`__tests__/${file}`] : []))
}

/** Returns why a test does not run in the emulation; undefined if it does. */
export function reasonAgainst(test: ReportedTest, list: readonly NotEmulated[]): string | undefined {
  return list.find((entry) => entry.file === test.file && includes(entry, test.name))?.reason
}

function includes(entry: NotEmulated, name: string): boolean {
  return entry.test === undefined || name === entry.test || name.startsWith(`${entry.test} > `)
}

/** What a list is compared with, in Vitest's JSON report. */
interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly {
      readonly ancestorTitles: readonly string[]
      readonly title: string
    }[]
  }[]
}

/** Returns the tests of Vitest's JSON report. */
export function entriesOf(report: Report): readonly ReportedTest[] {
  return report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title }) => ({
      file: fileOf(name),
      name: [...ancestorTitles, title].join(' > '),
    })),
  )
}

/** Returns the path of a test file relative to `__tests__`, with `/`. */
export function fileOf(file: string): string {
  const slashed = file.replaceAll('\\', '/')
  return slashed.slice(slashed.lastIndexOf('/__tests__/') + '/__tests__/'.length)
}

/** Returns the entries for tests that are in none of the files that ran. An entry for a whole file never is in them. */
export function staleEntries(list: readonly NotEmulated[], ran: readonly ReportedTest[]): readonly string[] {
  return list
    .filter(({ file, test }) => test !== undefined && ran.some((one) => one.file === file))
    .filter((entry) => !ran.some((one) => one.file === entry.file && includes(entry, one.name)))
    .map(({ file, test }) => `${file} > ${test}`)
}

/**
 * Returns the problems of a list after a run: entries for tests that do not exist.
 *
 * @param system folder of the list in `__tests__`
 */
export function listProblems(
  system: 'macos' | 'windows',
  list: readonly NotEmulated[],
  report: Report,
): readonly string[] {
  return staleEntries(list, entriesOf(report)).map(
    (name) => `__tests__/${system}/not-emulated.ts lists a test that does not exist: ${name}`,
  )
}
