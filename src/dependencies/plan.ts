import { hasNoSums } from '../gofiles/requirements.ts'
import { hasDependencies, type Root } from '../gofiles/roots.ts'
import type { Inputs } from '../inputs/inputs.ts'

/** What is done about a root's dependencies. */
export interface DependencyPlan {
  readonly root: Root
  /** `check`: that the vendor directory agrees with go.mod. `vendor`: download, then vendor. */
  readonly action: 'download' | 'vendor' | 'check' | 'nothing'
  readonly why: string
  /** Whether nothing is done because no checksum file tells what modules must be. */
  readonly lacksSums?: true
}

/**
 * Whether modules are required and nothing tells what they must be: no go.sum is here yet. A later step may be about to
 * make it. Until then nothing is downloaded, because nothing could be compared.
 */
export function isUnverifiable({ dependencies }: Pick<Inputs, 'dependencies'>, root: Root): boolean {
  return hasNoSums(root) && dependencies !== 'none' && !(root.vendored && dependencies === 'auto')
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

function decide(requested: Inputs['dependencies'], root: Root): Omit<DependencyPlan, 'root'> {
  if (requested === 'none') return { action: 'nothing', why: 'input `dependencies` is none' }
  // A vendor directory that is no longer needed goes, too.
  if (requested === 'vendor' && (hasDependencies(root) || root.vendored))
    return { action: 'vendor', why: 'input `dependencies` is vendor' }
  if (!hasDependencies(root)) return { action: 'nothing', why: 'no dependencies' }
  if (isUnverifiable({ dependencies: requested }, root))
    return { action: 'nothing', why: noSums, lacksSums: true }
  if (root.vendored && requested === 'auto')
    return { action: 'check', why: 'vendored, so builds need no module cache' }
  return { action: 'download', why: 'builds need them' }
}

/** What is told of one root's dependencies. */
export interface DependencyReport {
  readonly label: string
  /** What was done or why nothing was. */
  readonly text: string
  /** `path@version` of what was fetched, wherever it came from. */
  readonly fetched: readonly string[]
  /** Where it came from, by the number of modules; absent where nothing was fetched. */
  readonly sources?: FetchedFrom
  /** Whether go.sum holds no hash of any module, so that nothing can be downloaded. */
  readonly lacksHashes?: true
  /** Whether the vendor directory is another one than before; absent where nothing was vendored. */
  readonly vendorChanged?: boolean
  /** Whether there was no vendor directory before. */
  readonly vendorIsNew?: true
}

/** How many modules came from where. */
export interface FetchedFrom {
  readonly bundle: number
  /** Their zips lay in the module cache already. */
  readonly zips: number
  /** A folder that GOPROXY names. */
  readonly folder: number
  readonly network: number
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

export function isVendored({ vendored }: Root): boolean {
  return vendored
}
