import type { ModuleChanges } from '../modules/module-changes.ts'
import type { Amount, BuildCounts } from './outcomes.ts'
import { bytesText } from './report.ts'

/** How many modules are not as in the entry, such as `1 changed, 2 added`; empty where all are. */
export function changesText({ added, removed, changed }: ModuleChanges): string {
  const counts = [
    [changed.length, 'changed'],
    [added.length, 'added'],
    [removed.length, 'removed'],
  ] as const
  return counts.flatMap(([count, word]) => (count === 0 ? [] : [`${count} ${word}`])).join(', ')
}

/**
 * Each module that is not as in the entry, one a line.
 *
 * @param most as many lines are written; a last one says how many more there are
 */
export function changeLines({ added, removed, changed }: ModuleChanges, most: number): readonly string[] {
  const lines = [
    ...changed.map(({ path, from, to }) => `${path} ${from} -> ${to}`),
    ...added.map((name) => `added ${name.replace('@', ' ')}`),
    ...removed.map((name) => `removed ${name.replace('@', ' ')}`),
  ]
  const more = lines.length - most
  return more > 0 ? [...lines.slice(0, most), `and ${more} more`] : lines
}

/** What became of the build objects in this job, as a sentence part. */
export function countsText({ reused, fresh, pruned }: BuildCounts): string {
  const texts = [`${amountText(reused)} reused`, `${amountText(fresh)} made anew`]
  if (pruned.objects > 0) texts.push(`${amountText(pruned)} left out of the entry, because nothing uses them`)
  return texts.join(', ')
}

function amountText({ objects, bytes }: Amount): string {
  return objects === 0 ? 'no objects' : `${objects} object${objects === 1 ? '' : 's'} (${bytesText(bytes)})`
}
