// Measurements of a scenario as data: pure, so that terminal, JSON and RESULTS.md agree.

/** One measurement of both sides under the same conditions, close in time. */
export interface Pair {
  readonly ours: number
  /** Value of the side that ours is compared with; absent for an absolute value. */
  readonly other?: number
  /** The difference to the other pairs, such as the bumped dependency. */
  readonly note?: string
  /** The components of both numbers, in the unit of the row. */
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
  /** The side that ours is compared with; `today` is the stand-in for setup-go. */
  readonly versus: string
  readonly unit: 'seconds' | 'megabytes'
  /** Whether the result is ours divided by the other side, or ours alone. */
  readonly judged: 'ratio' | 'ours'
  /** The wanted maximum; absent for a row that is only recorded. */
  readonly aim?: number
  readonly pairs: readonly Pair[]
}

/** The result of a row over its pairs. */
export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  /** Medians of the two sides; NaN without another side. */
  readonly ours: number
  readonly other: number
  readonly verdict: 'met' | 'missed' | 'recorded'
}

/** Summarizes a row; NaN everywhere for a row without pairs. */
export function summarize(row: Row): Summary {
  const compared = row.pairs.map((pair) => valueIn(row, pair))
  const middle = median(compared)
  return {
    median: middle,
    min: Math.min(...compared),
    max: Math.max(...compared),
    ours: median(row.pairs.map((pair) => pair.ours)),
    other: median(row.pairs.map((pair) => pair.other ?? Number.NaN)),
    verdict: row.aim === undefined ? 'recorded' : middle <= row.aim ? 'met' : 'missed',
  }
}

/** The result of one pair. */
export function valueIn(row: Pick<Row, 'judged'>, pair: Pair): number {
  return row.judged === 'ours' ? pair.ours : pair.ours / (pair.other ?? Number.NaN)
}

/** The median; the mean of the two middle values for an even number, NaN for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const half = Math.floor(sorted.length / 2)
  const upper = sorted[half] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? Number.NaN) + upper) / 2
}

/** Formats a value of a row: a ratio without unit, anything else with its unit. */
export function show(value: number, unit: Row['unit'] | 'ratio'): string {
  if (Number.isNaN(value)) return '–'
  if (unit === 'ratio') return value.toFixed(2)
  const digits = unit === 'seconds' && value < 1 ? 2 : 1
  return unit === 'seconds' ? `${value.toFixed(digits)} s` : `${value.toFixed(value < 10 ? 1 : 0)} MB`
}

/** The unit of the result of a row. */
export function unitOf(row: Row): Row['unit'] | 'ratio' {
  return row.judged === 'ratio' ? 'ratio' : row.unit
}
