import type { ModuleChanges } from '../modules/module-changes.ts'
import type { BuildCounts } from './outcomes.ts'
import type { FetchedFrom } from './report.ts'

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
  const all = reused.objects + fresh.objects
  const texts = [
    all === 0
      ? 'nothing was built'
      : `${percentText(reused.objects, all)} of ${all} build object${all === 1 ? '' : 's'} reused`,
  ]
  if (pruned.objects > 0) texts.push(`${pruned.objects} unused left out of the entry`)
  return texts.join(', ')
}

/** A share as people read it: all or nothing only where it is. */
export function percentText(part: number, all: number): string {
  if (part > 0 && part * 100 < all) return 'under 1 %'
  return `${Math.floor((part * 100) / all)} %`
}

/** What is said of dependencies that were all there. */
export const nothingMissing = 'nothing was missing'

/**
 * How many modules came from where, such as `3 downloaded, 2 taken from the bundle`; empty where none did.
 *
 * @param noun `modules`, where nothing before it says of what they are so many
 */
export function fetchedText(
  { network, bundle, folder, zips }: FetchedFrom,
  noun: 'modules' | '' = '',
): string {
  const counts = [
    [network, 'downloaded'],
    [bundle, 'taken from the bundle'],
    [folder, 'taken from the folder in GOPROXY'],
    [zips, 'unpacked from zips in the module cache'],
  ] as const
  const [first, ...others] = counts.filter(([count]) => count > 0)
  if (first === undefined) return ''
  const what = noun === '' ? '' : first[0] === 1 ? 'module ' : `${noun} `
  return [`${first[0]} ${what}${first[1]}`, ...others.map(([count, words]) => `${count} ${words}`)].join(', ')
}
