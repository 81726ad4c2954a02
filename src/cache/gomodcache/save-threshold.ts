import { isDownloadPath } from '../../gofiles/cache-layout.ts'
import type { State } from '../../state.ts'
import { walkUnit } from '../archive/pack.ts'
import type { SaveRefusal } from '../save-rules.ts'
import { leastShare } from '../size-limit.ts'
import type { RestoredEntry } from './entry.ts'
import type { ModuleSelection, ModuleUnit, NamedVersions } from './select.ts'

/**
 * Decides whether the entry of an incomplete job would be a worse fallback than the previous one. Later jobs fall back
 * to the newest entry.
 *
 * @param selection content of the new entry
 * @param entry the restored entry; null when there is none
 * @returns the refusal; undefined when the new entry is as good
 */
export function worseFallback(
  selection: ModuleSelection,
  { needed }: Pick<NamedVersions, 'needed'>,
  { modules, failed }: Pick<State, 'modules' | 'failed'>,
  entry: Pick<RestoredEntry, 'trees'> | null,
): SaveRefusal | undefined {
  if (entry === null && modules?.found !== 'miss') return { rule: 'newest-unknown' }
  if (entry === null && failed === true) return { rule: 'step-failed' }
  const whole = new Set(selection.units.flatMap((unit) => (treeOf(unit) === undefined ? [] : [unit.name])))
  const missing = needed.filter((name) => !whole.has(name)).length
  if (missing > 0) return { rule: 'missing-modules', values: { needed: needed.length, missing } }
  const before = entry?.trees ?? 0
  return selection.trees < before
    ? { rule: 'fewer-modules', values: { now: selection.trees, before } }
    : undefined
}

/** Returns the path of a module's extracted tree in the module cache; undefined when it has only downloads. */
export function treeOf({ roots }: ModuleUnit): string | undefined {
  return roots.find((root) => !isDownloadPath(root))
}

/**
 * Decides whether the modules that a job added are worth a new entry.
 *
 * @param given size of the previous entry's files, in bytes
 * @returns the refusal; undefined when a new entry is worth saving
 */
export function tooLittleNew(
  gomodcache: string,
  { added, units }: ModuleSelection,
  { needed, trees }: NamedVersions,
  given: number,
): SaveRefusal | undefined {
  // Every run would download these: modules that a build needs, and modules that a step installs in addition.
  const [required, known, fresh] = [new Set(needed), new Set(trees), new Set(added)]
  const isNeeded = units.some(
    ({ name, roots }) =>
      (required.has(name) || !known.has(name)) &&
      roots.some((root) => !isDownloadPath(root) && fresh.has(root)),
  )
  if (isNeeded) return undefined
  if (added.length === 0) return { rule: 'nothing-new' }
  const { bytes } = walkUnit(gomodcache, { name: 'added', roots: added }, () => false)
  return bytes < leastShare * given ? { rule: 'little-new' } : undefined
}
