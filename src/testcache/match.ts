import type { LoggedName } from './test-log.ts'

/** Names that are resolved from the same directories. */
export interface NameGroup {
  /** Paths of directories in the workspace. */
  readonly bases: ReadonlySet<string>
  /** Whether each name was opened, by its path below a base; the empty path is the base itself. */
  readonly names: ReadonlyMap<string, boolean>
  /** The same names in order, for a search by prefix. */
  readonly sorted: readonly string[]
}

/**
 * Groups names by the directories from which they are resolved. Names in the workspace start there. Relative names
 * start from each directory that holds tests, or one directory higher for each leading `..`.
 *
 * @param names the names in test logs
 * @param inWorkspace returns the path in the workspace of an absolute name, or `elsewhere` when it is outside;
 *   undefined for a relative name
 * @param testDirectories paths in the workspace
 */
export function groupNames(
  names: Iterable<LoggedName>,
  inWorkspace: (name: string) => { readonly place: string } | 'elsewhere' | undefined,
  testDirectories: ReadonlySet<string>,
): readonly NameGroup[] {
  const groups = new Map<number | 'absolute', Map<string, boolean>>()
  for (const { name, opened } of names) {
    const within = inWorkspace(name)
    if (within === 'elsewhere') continue
    const { steps, below } = within ? { steps: 'absolute' as const, below: within.place } : splitUpward(name)
    const group = groups.get(steps) ?? new Map<string, boolean>()
    groups.set(steps, group.set(below, (group.get(below) ?? false) || opened))
  }
  return Array.from(groups, ([steps, group]) => ({
    bases: new Set(steps === 'absolute' ? [''] : [...testDirectories].flatMap((one) => above(one, steps))),
    names: group,
    sorted: [...group.keys()].sort(),
  }))
}

/**
 * Reports whether names refer to a path of the workspace. It looks up the parts of the path, so the work does not grow
 * with the product of names and directories.
 *
 * @returns whether one of the names was opened; undefined when none refers to the path
 */
export function isNamed(place: string, groups: readonly NameGroup[]): boolean | undefined {
  let named: boolean | undefined
  for (const [base, below] of splits(place)) {
    for (const { bases, names } of groups) {
      if (bases.has(base)) named = names.get(below) || named || (names.has(below) ? false : named)
    }
  }
  return named
}

/**
 * Returns what names refer to below a link to a directory.
 *
 * @param link its path in the workspace
 * @returns paths below it, and whether each was opened
 */
export function namedBelow(link: string, groups: readonly NameGroup[]): ReadonlyMap<string, boolean> {
  const found = new Map<string, boolean>()
  for (const [base, below] of splits(link)) {
    for (const { bases, names, sorted } of groups) {
      if (below === '' || !bases.has(base)) continue
      const start = `${below}/`
      for (let at = firstFrom(sorted, start); sorted[at]?.startsWith(start); at++) {
        const name = sorted[at] ?? ''
        const rest = name.slice(start.length)
        found.set(rest, (found.get(rest) ?? false) || (names.get(name) ?? false))
      }
    }
  }
  return found
}

/** Splits a relative name: `../../x` is two steps up, and `x` below. */
function splitUpward(name: string): { readonly steps: number; readonly below: string } {
  const parts = name === '.' ? [] : name.split('/')
  const first = parts.findIndex((part) => part !== '..')
  const steps = first < 0 ? parts.length : first
  return { steps, below: parts.slice(steps).join('/') }
}

/** Returns the directory a number of steps above another; empty when it is outside of the workspace. */
function above(directory: string, steps: number): readonly string[] {
  const parts = directory === '' ? [] : directory.split('/')
  return steps > parts.length ? [] : [parts.slice(0, parts.length - steps).join('/')]
}

/** Returns every way to split a path into a directory and what is below it. */
function splits(place: string): readonly (readonly [base: string, below: string])[] {
  if (place === '') return [['', '']]
  const found: [string, string][] = [
    ['', place],
    [place, ''],
  ]
  for (let at = place.indexOf('/'); at >= 0; at = place.indexOf('/', at + 1))
    found.push([place.slice(0, at), place.slice(at + 1)])
  return found
}

/** Returns the index of the first name that does not sort before a text. */
function firstFrom(sorted: readonly string[], text: string): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? '') < text) low = middle + 1
    else high = middle
  }
  return low
}
