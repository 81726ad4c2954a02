import type { TaskMeta } from 'vitest'
import type { Damages, Fault } from '../__tests__/faults/fault.ts'

/** The part of Vitest's JSON report that the tables use. */
export interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly assertionResults: readonly {
      readonly status: string
      readonly meta?: { readonly fault?: TaskMeta['fault']; readonly damages?: Damages }
    }[]
  }[]
}

/** The headings of the tables, in the order of a job. */
const groups = [
  'Requesting an entry from the cache service',
  'Downloading an entry',
  'An entry damaged in transit',
  'A complete entry with wrong content',
  'A forged envelope',
  'A forged entry',
  'An entry with changed modules',
  'A module cache that a step changed before packing',
  'An entry with changed build objects',
  'The module proxy',
  'Checksum files',
  'Committed files',
  'Saving an entry',
  'Caches in an S3 bucket',
  'The machine',
  'The job after an interrupted job',
]

/**
 * Returns the tables of all faults, one per group.
 *
 * @returns undefined for a short run, or when a fault test did not pass: then the report does not contain every row
 * @throws Error for a group that is not among the headings
 */
export function faultTables(report: Report): string | undefined {
  const tests = faultTests(report)
  const rows = tests.flatMap(({ meta }) => meta?.fault ?? [])
  if (tests.some(({ status }) => status !== 'passed') || rows.some(({ isFull }) => !isFull)) return undefined
  const unknown = rows.find(({ group }) => !groups.includes(group))
  if (unknown !== undefined)
    throw new Error(`scripts/reliability-tables.ts has no place for "${unknown.group}"`)
  return groups
    .map((group) =>
      tableOf(
        group,
        rows.filter((row) => row.group === group),
      ),
    )
    .join('\n')
}

/** Returns the rows of faults that a run tested and that a page does not contain. */
export function untoldFaults(report: Report, page: string): readonly string[] {
  const rows = faultTests(report).flatMap(({ status, meta }) =>
    status === 'passed' ? (meta?.fault ?? []) : [],
  )
  const pageLines = new Set(page.split('\n'))
  return rows.map(lineOf).filter((line) => !pageLines.has(line))
}

function faultTests({ testResults }: Report) {
  return testResults
    .filter(({ name }) => /__tests__[\\/]faults[\\/]/.test(name))
    .flatMap(({ assertionResults }) => assertionResults)
}

function lineOf({ fault, step, log, modules }: Fault): string {
  return `| ${fault.replaceAll('|', '\\|')} | ${step} | ${log} | ${modules} |`
}

function tableOf(group: string, rows: readonly Fault[]): string {
  const lines = rows.map(lineOf)
  const head = [
    '| What goes wrong | The step | Highest annotation | Modules afterwards |',
    '|---|---|---|---|',
  ]
  return [`### ${group}`, '', ...head, ...new Set(lines), ''].join('\n')
}

/** Describes the result of the random damages of a full run; undefined for a shorter run. */
export function damagesText(report: Report): string | undefined {
  const damages = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .flatMap(({ status, meta }) => (status === 'passed' ? (meta?.damages ?? []) : []))
    .find(({ isFull }) => isFull)
  if (damages === undefined) return undefined
  const { count, first, noticed } = damages
  return `The last full run: ${count} damages, seeds ${first} to ${first + count - 1}. ${noticed} of them cost a module or the entry, the others changed nothing that is recorded. No tree differed from go.sum afterwards.`
}
