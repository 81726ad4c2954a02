import type { Inputs } from '../inputs/inputs.ts'
import { lacksSums } from '../modules/needed.ts'
import { hasDependencies, type Root } from '../modules/roots.ts'

/** What is done about a root's dependencies. */
export interface DependencyPlan {
  readonly root: Root
  /** `check`: that the vendor directory agrees with go.mod. `vendor`: download, then vendor. */
  readonly action: 'download' | 'vendor' | 'check' | 'nothing'
  readonly why: string
  /** Whether nothing is done because no checksum file tells what modules must be. */
  readonly lacksSums?: true
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
 * Whether modules are required and nothing tells what they must be: no go.sum is here yet. A later step may be about to
 * make it. Until then nothing is downloaded, because nothing could be compared.
 */
export function isUnverifiable({ dependencies }: Pick<Inputs, 'dependencies'>, root: Root): boolean {
  return lacksSums(root) && dependencies !== 'none' && !(root.vendored && dependencies === 'auto')
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

const noSums = 'nothing downloaded, there is no go.sum to compare a download with'

function decide(wish: Inputs['dependencies'], root: Root): Omit<DependencyPlan, 'root'> {
  if (wish === 'none') return { action: 'nothing', why: 'input `dependencies` is none' }
  // A vendor directory that is no longer needed goes, too.
  if (wish === 'vendor' && (hasDependencies(root) || root.vendored))
    return { action: 'vendor', why: 'input `dependencies` is vendor' }
  if (!hasDependencies(root)) return { action: 'nothing', why: 'no dependencies' }
  if (isUnverifiable({ dependencies: wish }, root)) return { action: 'nothing', why: noSums, lacksSums: true }
  if (root.vendored && wish === 'auto')
    return { action: 'check', why: 'vendored, so builds need no module cache' }
  return { action: 'download', why: 'builds need them' }
}
