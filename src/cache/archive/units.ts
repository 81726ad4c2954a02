import { hiddenCharacter, pathProblem } from './paths.ts'

/** Files that are packed, unpacked and moved as a whole; all of them are in one shard. */
export interface PackUnit {
  /** Name that is unique in its entry, such as `golang.org/x/text@v0.3.0`. */
  readonly name: string
  /** Files and directory trees, as paths relative to the packed folder, with `/`. No root is inside another. */
  readonly roots: readonly string[]
}

/** Expected hash of a part of a module. */
export interface ExpectedHash {
  readonly root: string
  /** Name that replaces the root in the hash, as for unpacking; undefined: the root is a zip of a module. */
  readonly name: string | undefined
  /** Accepted hashes, such as `h1:…=`; one of them must match. */
  readonly hashes: readonly string[]
}

/**
 * Returns the problem of an entry's units; undefined when they are valid.
 *
 * @param units the units, not yet trusted
 * @param platform the system that opens their roots, as Node names it (`win32`, `linux`)
 */
export function unitsProblem(units: readonly PackUnit[], platform: string): string | undefined {
  const names = new Set<string>()
  for (const { name } of units) {
    if (name === '' || names.has(name)) return `the unit name ${JSON.stringify(name)} is empty or not unique`
    if (hiddenCharacter.test(name))
      return `the unit name ${JSON.stringify(name)} holds a control character or an invisible character`
    names.add(name)
  }
  const roots = new Set<string>()
  for (const root of units.flatMap((unit) => unit.roots)) {
    const problem = pathProblem(root, platform) ?? (roots.has(root) ? 'is listed twice' : undefined)
    if (problem !== undefined) return `the root ${JSON.stringify(root)} ${problem}`
    roots.add(root)
  }
  // In this order, what is inside a root follows it. Looking up every parent of a long path takes too long: these roots
  // may come from an untrusted manifest, and no deadline interrupts this function.
  const sorted = [...roots].map((root) => root.replaceAll('/', '\0')).sort()
  const inner = sorted.findIndex((root, index) => index > 0 && root.startsWith(`${sorted[index - 1]}\0`))
  if (inner === -1) return undefined
  const [outer, root] = sorted
    .slice(inner - 1, inner + 1)
    .map((one) => JSON.stringify(one.replaceAll('\0', '/')))
  return `the root ${root} is inside another root, ${outer}`
}

/**
 * Returns the root that contains a path: the path itself or a parent; undefined when there is none.
 *
 * @param path relative, with `/`
 * @param roots the candidates
 */
export function rootOf(path: string, roots: ReadonlySet<string>): string | undefined {
  for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1)) {
    const candidate = path.slice(0, end)
    if (roots.has(candidate)) return candidate
  }
  return undefined
}

/**
 * Assigns units to shards so that the shards are about equally heavy: the heaviest unit first, each to the lightest
 * shard so far. The same weights always give the same result.
 *
 * @param weights the units' weights, in any measure of work
 * @param shards number of shards
 * @returns each unit's shard, as an index from 0
 */
export function assignShards(weights: readonly number[], shards: number): readonly number[] {
  const loads = new Array<number>(shards).fill(0)
  const assigned = new Array<number>(weights.length).fill(0)
  const heaviestFirst = [...weights.entries()].sort(([i, a], [j, b]) => b - a || i - j)
  for (const [unit, weight] of heaviestFirst) {
    const lightest = loads.indexOf(Math.min(...loads))
    assigned[unit] = lightest
    loads[lightest] = (loads[lightest] ?? 0) + weight
  }
  return assigned
}
