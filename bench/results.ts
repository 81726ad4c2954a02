// The numbers as JSON and as RESULTS.md. Pure.
import type { Surroundings } from './machine.ts'
import type { Options } from './options.ts'
import { median, type Pair, type Parts, type Row, show, summarize, unitOf } from './rows.ts'

/** All measurements, and their conditions. */
export interface Results extends Surroundings {
  /** Conditions of every row. */
  readonly conditions: Conditions
  readonly rows: readonly DatedRow[]
}

/** User options that change the numbers. */
export type Conditions = Pick<Options, 'quick' | 'bandwidth' | 'latency' | 'testSeconds'>

/** A row, and when it was measured with which version. */
export interface DatedRow extends Row {
  /** Such as `2026-01-31`. */
  readonly date: string
  /** The version of this action, and a digest of its bundles. */
  readonly action: string
}

/** The text of RESULTS.md on a scenario. */
export interface Note {
  readonly name: string
  readonly does: string
  readonly note?: string
}

/**
 * Merges newly measured rows into earlier results. Each row compares both sides in one run, so a table may hold rows
 * of two versions of this action, as long as each names its own.
 *
 * @param before measured under the same conditions
 */
export function mergeResults(before: Results, now: Results): Results {
  const measured = new Map(now.rows.map((row) => [row.name, row]))
  const known = new Set(before.rows.map((row) => row.name))
  return {
    ...now,
    rows: [
      ...before.rows.map((row) => measured.get(row.name) ?? row),
      ...now.rows.filter((row) => !known.has(row.name)),
    ],
  }
}

/**
 * Lists the conditions that differ, such as `go 1.26.0, now 1.27.0`. Rows that were measured under different conditions
 * do not belong in one table.
 */
export function changedConditions(before: Results, now: Results): readonly string[] {
  const flat = ({
    versions,
    machine,
    compression,
    conditions,
  }: Results): Readonly<Record<string, unknown>> => ({
    ...{ ...versions, ...machine, ...conditions },
    compression,
  })
  const [old, current] = [flat(before), flat(now)]
  return [...new Set([...Object.keys(old), ...Object.keys(current)])].flatMap((name) =>
    old[name] === current[name] ? [] : [`${name} ${old[name] ?? 'none'}, now ${current[name] ?? 'none'}`],
  )
}

/** The table for the terminal and for RESULTS.md: the header, and a line for each row. */
export function tableOf(rows: readonly Row[]): readonly (readonly string[])[] {
  return [
    ['what', 'against', 'ours', 'theirs', 'median', 'min', 'max', 'pairs', 'aim', ''],
    ...rows.map((row) => {
      const summary = summarize(row)
      const unit = unitOf(row)
      return [
        row.what,
        row.versus === '' ? '–' : row.versus,
        ...[summary.ours, summary.other].map((value) => show(value, row.unit)),
        ...[summary.median, summary.min, summary.max].map((value) => show(value, unit)),
        String(row.pairs.length),
        row.aim === undefined ? '–' : `≤ ${show(row.aim, unit)}`,
        summary.verdict === 'missed' ? '**missed**' : summary.verdict,
      ]
    }),
  ]
}

/** Formats the lines of a table as plain text with aligned columns. */
export function textTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  return lines.join('\n').replaceAll('**', '')
}

/**
 * The text of RESULTS.md.
 *
 * @param notes the scenarios, for what has to be known of them
 */
export function renderResults(results: Results, notes: readonly Note[]): string {
  const { conditions, versions, machine, compression } = results
  const list = (values: Readonly<Record<string, string>>) =>
    Object.entries(values)
      .map(([name, value]) => `${name} ${value}`)
      .join(' · ')
  const aimed = results.rows.filter((row) => row.aim !== undefined)
  const recorded = results.rows.filter((row) => row.aim === undefined)
  return `# Results of the bench

Written by \`npm run bench -- --write\`. Do not edit.

- Measured: ${measuredText(results.rows)}
- Versions: ${list(versions)}
- Machine: ${list(machine)}
- Cache service: on this machine, ${conditions.bandwidth} MB/s each way, ${conditions.latency} ms for each request. Modules come from a proxy on this machine, with the same latency and no limit of bandwidth.
- \`setup-go\` and a version: the bundles of actions/setup-go as they are, with the Go on PATH. GOMODCACHE and GOCACHE are one entry; its key is exact and made of system, architecture, image, Go version and go.mod; there is no fallback, and a hit saves nothing.
- \`today\`: the same strategy, carried out with @actions/cache ${versions['@actions/cache']}, where setup-go itself was not at hand. GOMODCACHE and GOCACHE are one entry, compressed by ${compression}.
- \`cache-go\`: the strategy of capnspacehook/cache-go. GOMODCACHE and the objects of GOCACHE are two entries, each falls back to the newest of its job and system, and every run saves both.
- \`two entries by hand\`: two steps of actions/cache. GOMODCACHE has a key made of go.sum, GOCACHE one of go.sum and commit, and both fall back to the newest.
- All sides run the same jobs on the same repository, on fresh homes, in turns. A ratio is ours by theirs: less than 1 is less than theirs. What is on the machine besides the bench makes times vary, and ratios much less.

${markdownTable(tableOf(aimed))}

## Where the seconds go

Medians. \`main\` restores, and downloads what is missing.

${markdownTable(partsTable(aimed))}

## What decisions rest on

${markdownTable(tableOf(recorded))}

## What was measured

${notes.map(({ name, does, note }) => `- \`${name}\`: ${does}.${note === undefined ? '' : ` ${note}`}`).join('\n')}
`
}

/** States when and with which bundles rows were measured; the largest group first, and without names if it has all rows. */
function measuredText(rows: readonly DatedRow[]): string {
  const runs = Map.groupBy(rows, ({ date, action }) => `${date} with action ${action}`)
  return [...runs]
    .sort(([, a], [, b]) => b.length - a.length)
    .map(([run, of], index) => (index === 0 ? run : `${run}: ${of.map(({ name }) => name).join(', ')}`))
    .join(' · ')
}

/** The rows for users, and the input that each needs here. */
const rowsForUsers: Readonly<Record<string, string>> = {
  unchanged: '',
  caddy: '',
  edited: '',
  bump: '',
  tests: '`test-cache: stable`',
  matrix: '',
}
/** Suffixes of the names of rows against other set-ups than setup-go. */
const otherSetUps = ['', '-cache-go', '-two-entries']

/** The short table for README: set-ups that users have against ours, with ranges, and which aims are missed. */
export function shortTable({ rows }: Pick<Results, 'rows'>): string {
  const lines = Object.entries(rowsForUsers).flatMap(([name, input]) =>
    otherSetUps.flatMap((ending) => {
      const row = rows.find((one) => one.name === `${name}${ending}`)
      return row === undefined ? [] : [shortLine(row, input)]
    }),
  )
  return markdownTable([['', 'compared with', 'its value', 'this action', 'ratio', 'aim', 'input'], ...lines])
}

function shortLine(row: Row, input: string): readonly string[] {
  const { ours, other, median: ratio, min, max, verdict } = summarize(row)
  const range = row.pairs.length === 1 ? '' : ` (${show(min, 'ratio')} to ${show(max, 'ratio')})`
  return [
    row.what,
    row.versus === 'today' ? 'setup-go’s strategy' : row.versus,
    ...[other, ours].map((value) => show(value, row.unit)),
    `**${show(ratio, 'ratio')}**${range}`,
    row.aim === undefined ? '–' : `${show(row.aim, 'ratio')}, ${verdict}`,
    input === '' ? '–' : input,
  ]
}

/** The components of both numbers of a row, for rows that know them. */
function partsTable(rows: readonly Row[]): readonly (readonly string[])[] {
  const lines = rows.flatMap((row) => {
    if (row.pairs.every((pair) => pair.parts === undefined)) return []
    return [[row.name, partsText(row, 'ours'), partsText(row, 'other')]]
  })
  return [['row', 'ours', 'theirs'], ...lines]
}

function partsText(row: Row, side: keyof NonNullable<Pair['parts']>): string {
  const all = row.pairs.flatMap((pair): readonly Parts[] =>
    pair.parts === undefined ? [] : [pair.parts[side]],
  )
  const names = [...new Set(all.flatMap((parts) => Object.keys(parts)))]
  const value = (name: string) => median(all.map((parts) => parts[name]).filter((one) => one !== undefined))
  return names.map((name) => `${name} ${show(value(name), row.unit)}`).join(', ')
}

function markdownTable(rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const [header = [], ...body] = rows
  return [line(header), line(header.map(() => '---')), ...body.map(line)].join('\n')
}
