import { hasNoSums } from '../gofiles/requirements.ts'
import { hasDependencies, type Root } from '../gofiles/roots.ts'
import type { Inputs } from '../inputs/index.ts'

/** The plan for a root's dependencies. */
export interface DependencyPlan {
  readonly root: Root
  /** `check`: check that the vendor directory agrees with go.mod. `vendor`: download, then vendor. */
  readonly action: 'download' | 'vendor' | 'check' | 'nothing'
  readonly why: string
  /** Whether nothing is done because no checksum file has the hashes of the modules. */
  readonly lacksSums?: true
}

/**
 * Whether a root requires modules, but has no go.sum to compare them with. A later step may create it. Until then
 * nothing is downloaded.
 */
export function isUnverifiable({ dependencies }: Pick<Inputs, 'dependencies'>, root: Root): boolean {
  return hasNoSums(root) && dependencies !== 'none' && !(root.vendored && dependencies === 'auto')
}

/**
 * Plans what to do about the dependencies of every root.
 *
 * @param hasModuleCache whether Go has a directory for modules
 */
export function planDependencies(
  inputs: Pick<Inputs, 'dependencies'>,
  roots: readonly Root[],
  hasModuleCache = true,
): readonly DependencyPlan[] {
  return roots.map((root) => {
    const decided = decide(inputs.dependencies, root)
    if (decided.action !== 'download' || hasModuleCache) return { root, ...decided }
    return {
      root,
      action: 'nothing',
      why: 'nothing downloaded, Go has no directory for modules: set GOMODCACHE',
    }
  })
}

const noSums = 'nothing downloaded, because there is no go.sum to verify downloads'

function decide(requested: Inputs['dependencies'], root: Root): Omit<DependencyPlan, 'root'> {
  if (requested === 'none') return { action: 'nothing', why: 'input `dependencies` is none' }
  // Vendoring also removes a vendor directory that is no longer needed.
  if (requested === 'vendor' && (hasDependencies(root) || root.vendored))
    return { action: 'vendor', why: 'input `dependencies` is vendor' }
  if (!hasDependencies(root)) return { action: 'nothing', why: 'no dependencies' }
  if (isUnverifiable({ dependencies: requested }, root))
    return { action: 'nothing', why: noSums, lacksSums: true }
  if (root.vendored && requested === 'auto')
    return { action: 'check', why: 'vendored, so builds need no module cache' }
  return { action: 'download', why: 'builds need them' }
}

/** The report on one root's dependencies. */
export interface DependencyReport {
  readonly label: string
  /** What was done, or why nothing was. */
  readonly text: string
  /** `path@version` of the fetched modules, from any source. */
  readonly fetched: readonly string[]
  /** The number of modules by source; absent when nothing was fetched. */
  readonly sources?: FetchedFrom
  /** Whether go.sum holds no hash of any module, so that nothing can be downloaded. */
  readonly lacksHashes?: true
  /** Whether the vendor directory changed; absent when nothing was vendored. */
  readonly vendorChanged?: boolean
  /** Whether there was no vendor directory before. */
  readonly vendorIsNew?: true
}

/** The number of modules by source. */
export interface FetchedFrom {
  readonly bundle: number
  /** Modules whose zips were in the module cache already. */
  readonly zips: number
  /** Modules from a folder that GOPROXY names. */
  readonly folder: number
  readonly network: number
}

/** The text for dependencies that were all present. */
export const nothingMissing = 'nothing was missing'

/**
 * Describes how many modules came from where, such as `3 downloaded, 2 taken from the bundle`; empty when none did.
 *
 * @param noun `modules`, when the text before does not name what is counted
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

export function isVendored({ vendored }: Root): boolean {
  return vendored
}
