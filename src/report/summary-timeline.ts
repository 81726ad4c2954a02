import { escaped, table } from './markdown.ts'
import { secondsCell } from './summary-caches.ts'
import type { Span } from './timeline.ts'

/** Characters in a bar: as many as stand beside a time on a phone of 320 pixels. */
const width = 20
/** What takes less, in seconds, is not worth a line. */
const least = 0.05
/** As many lines as are read. */
const most = 12

const columns = [
  ['step', 'left'],
  ['time', 'right'],
] as const

/**
 * What took how long, as a table with bars that begin where the work began, so that work side by side is seen.
 *
 * @param spans in the order in which they began; of too many, the longest stay
 */
export function timelineTable(spans: readonly Span[]): readonly string[] {
  const noted = spans.filter((span) => seconds(span) >= least)
  if (noted.length === 0) return []
  const longest = new Set([...noted].sort((a, b) => seconds(b) - seconds(a)).slice(0, most))
  const total = Math.max(...noted.map((span) => span.to))
  const rows = noted
    .filter((span) => longest.has(span))
    .map((span) => [`${escaped(span.what, 60)}<br>\`${bar(span, total)}\``, secondsCell(seconds(span))])
  const more = noted.length - rows.length
  return table(columns, [
    ...rows,
    ...(more > 0 ? [[`and ${more} shorter`, '']] : []),
    ['**in all**', `**${secondsCell(total)}**`],
  ])
}

function seconds({ from, to }: Span): number {
  return to - from
}

function bar({ from, to }: Span, total: number): string {
  const start = Math.min(width - 1, Math.floor((from / total) * width))
  const end = Math.max(start + 1, Math.round((to / total) * width))
  // Two characters of one Unicode block, so that any font gives both the same width.
  return `${'▁'.repeat(start)}${'█'.repeat(end - start)}${'▁'.repeat(width - end)}`
}
