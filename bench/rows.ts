// What a scenario measured, as data: pure, so that printing, JSON and RESULTS.md all tell the same.

/** One measurement of both sides under the same conditions, close in time. */
export interface Pair {
  readonly ours: number
  /** What ours is compared with; absent where only an absolute value counts. */
  readonly other?: number
  /** What sets this pair apart from its siblings, such as the dependency that was bumped. */
  readonly note?: string
  /** What the two numbers are made of, in the row's unit. */
  readonly parts?: { readonly ours: Parts; readonly other: Parts }
}

/** Numbers by the name of a step. */
export type Parts = Readonly<Record<string, number>>

/** One line of the table. */
export interface Row {
  /** Unique among all rows. */
  readonly name: string
  /** A sentence part for the table. */
  readonly what: string
  /** What ours is compared with, `today` for setup-go's strategy. */
  readonly versus: string
  readonly unit: 'seconds' | 'megabytes'
  /** Whether ours by the other is what counts, or ours by itself. */
  readonly judged: 'ratio' | 'ours'
  /** The most that is wanted; absent for what is only recorded. */
  readonly aim?: number
  readonly pairs: readonly Pair[]
}

/** The judged value of a row over its pairs. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  /** Medians of the two sides; NaN where there is no other. */
  readonly ours: number
  readonly other: number
  readonly verdict: 'met' | 'missed' | 'recorded'
}

/** Summarizes a row; NaN everywhere for a row without pairs. */
export function summarize(row: Row): Summary {
  const judged = row.pairs.map((pair) => judge(row, pair))
  const middle = median(judged)
  return {
    median: middle,
    min: Math.min(...judged),
    max: Math.max(...judged),
    ours: median(row.pairs.map((pair) => pair.ours)),
    other: median(row.pairs.map((pair) => pair.other ?? Number.NaN)),
    verdict: row.aim === undefined ? 'recorded' : middle <= row.aim ? 'met' : 'missed',
  }
}

/** The value of one pair that counts. */
export function judge(row: Pick<Row, 'judged'>, pair: Pair): number {
  return row.judged === 'ours' ? pair.ours : pair.ours / (pair.other ?? Number.NaN)
}

/** The median; the mean of the two in the middle for an even number of values, NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const half = Math.floor(sorted.length / 2)
  const upper = sorted[half] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2
}

/** A value of a row as text: a ratio without, anything else with its unit. */
export function show(value: number, unit: Row['unit'] | 'ratio'): string {
  if (Number.isNaN(value)) return '–'
  if (unit === 'ratio') return value.toFixed(2)
  const digits = unit === 'seconds' && value < 1 ? 2 : 1
  return unit === 'seconds' ? `${value.toFixed(digits)} s` : `${value.toFixed(value < 10 ? 1 : 0)} MB`
}

/** The unit of what counts in a row. */
export function judgedUnit(row: Row): Row['unit'] | 'ratio' {
  return row.judged === 'ratio' ? 'ratio' : row.unit
}
