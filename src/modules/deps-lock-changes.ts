/** How a list of modules differs from what the checkout says. */
import { type LockedModule, type LockedRoot, lineKey, lineOf, type ParsedLock } from './deps-lock.ts'

/** One difference. */
export interface LockChange {
  readonly kind: 'added' | 'removed' | 'changed'
  /** What it is, as a sentence part. */
  readonly text: string
  /** Lines to show, with `+` or `-` in front. */
  readonly shown: readonly string[]
  /** Where in the list, counted from 1. */
  readonly line: number
}

/**
 * Compares a list with what the checkout says.
 *
 * @param list the list as it was read
 * @param actual the lists of the roots as they are now
 * @returns in the order of the labels and modules; none where both say the same
 */
export function lockChanges(list: ParsedLock, actual: readonly LockedRoot[]): readonly LockChange[] {
  const byLabel = (roots: readonly LockedRoot[]) => new Map(roots.map((root) => [root.label, root.modules]))
  const [before, after] = [byLabel(list.roots), byLabel(actual)]
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((label) => {
    const lineAt = (module?: LockedModule) =>
      (module && list.lines.get(lineKey(label, module))) ?? list.lines.get(label) ?? 1
    const where = label === '.' ? '' : ` in ${label}`
    const changes = compare(before.get(label) ?? [], after.get(label) ?? [], where, lineAt)
    // A place without modules still has its line.
    if (changes.length > 0 || before.has(label) === after.has(label)) return changes
    const kind = after.has(label) ? 'added' : 'removed'
    const shown = [`${kind === 'added' ? '+' : '-'} [${label}]`]
    return [{ kind, text: `the place ${label}`, shown, line: lineAt() } as const]
  })
}

function compare(
  before: readonly LockedModule[],
  after: readonly LockedModule[],
  where: string,
  lineAt: (module?: LockedModule) => number,
): readonly LockChange[] {
  const same = new Set(after.map(lineOf).filter((line) => before.some((module) => lineOf(module) === line)))
  const [gone, come] = [before, after].map((all) => byPath(all.filter((one) => !same.has(lineOf(one)))))
  const paths = [...new Set([...(gone?.keys() ?? []), ...(come?.keys() ?? [])])].sort()
  return paths.flatMap((path): readonly LockChange[] => {
    const [from = [], to = []] = [gone?.get(path), come?.get(path)]
    const [old, now] = [from[0], to[0]]
    if (from.length === 1 && to.length === 1 && old !== undefined && now !== undefined) {
      const shown = [`- ${lineOf(old)}`, `+ ${lineOf(now)}`]
      return [{ kind: 'changed', text: `${path}${where}: ${difference(old, now)}`, shown, line: lineAt(old) }]
    }
    return [
      ...from.map((module) => ({
        kind: 'removed' as const,
        text: `${module.path} ${module.version}${where}`,
        shown: [`- ${lineOf(module)}`],
        line: lineAt(module),
      })),
      ...to.map((module) => ({
        kind: 'added' as const,
        text: `${module.path} ${module.version}${where}`,
        shown: [`+ ${lineOf(module)}`],
        line: lineAt(),
      })),
    ]
  })
}

function difference(old: LockedModule, now: LockedModule): string {
  if (old.version !== now.version) return `${old.version} in the list, ${now.version} now`
  if (old.replacement !== now.replacement) {
    const text = ({ replacement }: LockedModule) =>
      replacement === '' ? 'not replaced' : `replaced by ${replacement}`
    return `${old.version} is ${text(old)} in the list, and ${text(now)} now`
  }
  if (old.h1 !== now.h1) return `${old.version} has the hash ${old.h1} in the list, and ${now.h1} now`
  return `${old.version} is ${old.kind} in the list, and ${now.kind} now`
}

function byPath(modules: readonly LockedModule[]): ReadonlyMap<string, readonly LockedModule[]> {
  const found = new Map<string, LockedModule[]>()
  for (const module of modules) found.set(module.path, [...(found.get(module.path) ?? []), module])
  return found
}
