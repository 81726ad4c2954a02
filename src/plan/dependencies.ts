import type { Inputs } from '../inputs/inputs.ts'
import { hasDependencies, type Root } from '../modules/roots.ts'

/** What is done about a root's dependencies. */
export interface DependencyPlan {
  readonly root: Root
  /** `check`: that the vendor directory agrees with go.mod. `vendor`: download, then vendor. */
  readonly action: 'download' | 'vendor' | 'check' | 'nothing'
  readonly why: string
}

/** Whether a root takes anything from the module cache. */
export function needsModuleCache(
  inputs: Pick<Inputs, 'dependencies' | 'check-vendor' | 'check-tidy'>,
  root: Root,
): boolean {
  const isUsed =
    ['download', 'vendor'].includes(inputs.dependencies) || inputs['check-vendor'] || inputs['check-tidy']
  return hasDependencies(root) && (!root.vendored || isUsed)
}

/**
 * Decides for every root what is done about its dependencies.
 *
 * @param canHold whether Go has a directory for modules
 */
export function planDependencies(
  inputs: Pick<Inputs, 'dependencies'>,
  roots: readonly Root[],
  canHold = true,
): readonly DependencyPlan[] {
  return roots.map((root) => {
    const decided = decide(inputs.dependencies, root)
    if (decided.action !== 'download' || canHold) return { root, ...decided }
    return { root, action: 'nothing', why: 'nothing downloaded, Go has no directory for modules: set HOME' }
  })
}

function decide(wish: Inputs['dependencies'], root: Root): Omit<DependencyPlan, 'root'> {
  if (wish === 'none') return { action: 'nothing', why: 'input `dependencies` is none' }
  // A vendor directory that is no longer needed goes, too.
  if (wish === 'vendor' && (hasDependencies(root) || root.vendored))
    return { action: 'vendor', why: 'input `dependencies` is vendor' }
  if (!hasDependencies(root)) return { action: 'nothing', why: 'no dependencies' }
  if (root.vendored && wish === 'auto')
    return { action: 'check', why: 'vendored, so builds need no module cache' }
  return { action: 'download', why: 'builds need them' }
}
