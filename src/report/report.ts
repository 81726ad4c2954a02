import type { BundleContent } from '../modules/bundle.ts'
import type { ModuleChanges } from '../modules/module-changes.ts'
import type { CachePlan } from '../plan/caches.ts'
import type { WrongModule } from '../proof/prove-entry.ts'
import type { RestoreOutcome, SaveOutcome } from './outcomes.ts'
import type { Span } from './timeline.ts'

/** What an entry holds. */
export type CacheName = 'modules' | 'build' | 'toolchain'

/** What is told of one cache when main ends. */
export interface CacheReport {
  readonly name: CacheName
  readonly plan: CachePlan
  /** Absent when nothing was tried. */
  readonly outcome?: RestoreOutcome
  /** Why nothing was tried although the cache is of use here. */
  readonly skipped?: string
  /** How the modules of the checkout differ from those of the entry; absent where they are the same. */
  readonly changes?: ModuleChanges
  /** Modules of the entry that were not what is recorded of them, and were left out. */
  readonly wrong?: readonly WrongModule[]
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

/** What is told of a bundle that was written. */
export interface BundleReport {
  /** Absolute path. */
  readonly file: string
  /** Length in bytes. */
  readonly size: number
  readonly sha256: string
  readonly content: BundleContent
  readonly seconds: number
}

/** What is told when main ends. */
export interface MainReport {
  /** The Go that builds, such as `go1.26.0`, and where it comes from as a sentence part. */
  readonly go: {
    readonly version: string
    readonly origin: string
    /** Whether the go command fetches it by itself. */
    readonly isFetched: boolean
  }
  /** What was found: each place by its label, and what is there. */
  readonly roots: readonly {
    readonly label: string
    readonly what: string
    readonly isWorkspace: boolean
  }[]
  /** Variables that were exported, without secrets. */
  readonly variables: readonly { readonly name: string; readonly shown: string; readonly why: string }[]
  readonly caches: readonly CacheReport[]
  /** `path@version` of every module that builds need from the module cache. */
  readonly needed: readonly string[]
  /** Whether every root is vendored, so that a module cache serves the checks of this step at most. */
  readonly vendored: boolean
  readonly dependencies: readonly DependencyReport[]
  /** What keeps the rest of the job off the network, as a sentence part; absent where nothing does. */
  readonly offline?: string
  /** The bundle that was written. */
  readonly bundle?: BundleReport
  /** Whether and why this run saves. */
  readonly saving: { readonly save: 'yes' | 'no' | 'if-nothing-found'; readonly why: string }
  /** What takes away something that the user may expect, and which input changes that, one sentence or two each. */
  readonly notices: readonly string[]
  readonly timeline: readonly Span[]
  /** What made the step fail; empty when it did not. */
  readonly failures: readonly string[]
}

/** What is told of one cache when post ends. */
export interface SaveReport {
  readonly name: CacheName
  readonly outcome: SaveOutcome
}

/** The word that the outputs use for what became of a cache. */
export function status({ outcome }: CacheReport): 'exact' | 'partial' | 'miss' | 'off' {
  return outcome?.found ?? 'off'
}

/** What the names mean to a reader. */
export const titles: Readonly<Record<CacheName, string>> = {
  modules: 'Module cache',
  build: 'Build cache',
  toolchain: 'Go toolchain',
}

/** A number of bytes as people read it: 1 kB is 1000 bytes. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let value = bytes / 1000
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`
}

/** Seconds as people read them. */
export function secondsText(seconds: number): string {
  return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
}
