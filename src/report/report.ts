import type { BundleReport } from '../bundle/content.ts'
import type { CacheName, CacheReport } from '../cache/outcomes.ts'
import type { DependencyReport } from '../dependencies/plan.ts'
import type { Outputs } from '../inputs/outputs.ts'
import type { Span } from '../platform/clock.ts'

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

/** The outputs that main sets. */
export function mainOutputs(
  modules: CacheReport,
  build: CacheReport,
  dependencies: readonly DependencyReport[],
  go: { readonly version: string; readonly env: Readonly<Record<string, string>> },
): Outputs {
  return {
    'cache-hit': String(status(modules) === 'exact'),
    'modules-cache': status(modules),
    'build-cache': status(build),
    'modules-cache-key': keyOf(modules),
    'modules-cache-matched-key': modules.outcome?.matched ?? '',
    'build-cache-key': keyOf(build),
    'build-cache-matched-key': build.outcome?.matched ?? '',
    ...vendorChanged(dependencies),
    'go-version': go.version.replace(/^go/, ''),
    gomodcache: go.env.GOMODCACHE ?? '',
    gocache: go.env.GOCACHE ?? '',
  }
}

/** Whether any vendor directory changed; nothing is said where none was made. */
function vendorChanged(dependencies: readonly DependencyReport[]): Outputs {
  const changes = dependencies.flatMap((report) => report.vendorChanged ?? [])
  return changes.length === 0 ? {} : { 'vendor-changed': String(changes.includes(true)) }
}

function keyOf({ plan }: CacheReport): string {
  return plan.wanted ? plan.key.full : ''
}

/** The outputs that tell of a bundle that was written. */
export function bundleOutputs({ file, sha256, size, content }: BundleReport): Outputs {
  return {
    'bundle-path': file,
    'bundle-sha256': sha256,
    'bundle-size': String(size),
    'bundle-modules': String(content.modules.length),
  }
}
