import type { BundleReport } from '../bundle/index.ts'
import type { CacheName, CacheReport, SaveReport } from '../cache/index.ts'
import type { DependencyReport } from '../dependencies/index.ts'
import type { Outputs, SaveOutputs } from '../inputs/index.ts'
import type { Span } from '../platform/clock.ts'

/** The report of main. */
export interface MainReport {
  /** The Go that builds, such as `go1.26.0`, and its source as a clause. */
  readonly go: {
    readonly version: string
    readonly origin: string
    /** Whether the go command downloads it by itself. */
    readonly isFetched: boolean
  }
  /** The roots: the label of each, and its description. */
  readonly roots: readonly {
    readonly label: string
    readonly what: string
    readonly isWorkspace: boolean
  }[]
  /** The exported variables, without secrets. */
  readonly variables: readonly { readonly name: string; readonly shown: string; readonly why: string }[]
  readonly caches: readonly CacheReport[]
  /** The bucket that holds them, as a sentence; absent for the cache service of the runner. */
  readonly store?: string
  /** `path@version` of every module that builds need from the module cache. */
  readonly needed: readonly string[]
  /** Whether every root is vendored, so that at most the checks of this step use the module cache. */
  readonly vendored: boolean
  readonly dependencies: readonly DependencyReport[]
  /** The means that keep the rest of the job offline, as a clause; absent if the job stays online. */
  readonly offline?: string
  /** The written bundle. */
  readonly bundle?: BundleReport
  /** Whether this run saves, and the reason. */
  readonly saving: {
    readonly save: 'yes' | 'no' | 'if-nothing-found'
    readonly why: string
    /** Set when only a later step with `save` saves. */
    readonly needsStep?: true
  }
  /** Notices about something that the user may expect but does not get, with the input for it; 1–2 sentences each. */
  readonly notices: readonly string[]
  readonly timeline: readonly Span[]
  /** The failures of the step; empty when it succeeded. */
  readonly failures: readonly string[]
}

/** Returns the value of the outputs for the result of a cache. */
export function status({ outcome }: CacheReport): 'exact' | 'partial' | 'miss' | 'off' {
  return outcome?.found ?? 'off'
}

/** The titles of the caches for readers. */
export const titles: Readonly<Record<CacheName, string>> = {
  modules: 'Module cache',
  build: 'Build cache',
  toolchain: 'Go toolchain',
}

/** Returns the outputs that main sets. */
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

/** Returns the output for changed vendor directories; none if this step wrote no vendor directory. */
function vendorChanged(dependencies: readonly DependencyReport[]): Outputs {
  const changes = dependencies.flatMap((report) => report.vendorChanged ?? [])
  return changes.length === 0 ? {} : { 'vendor-changed': String(changes.includes(true)) }
}

function keyOf({ plan }: CacheReport): string {
  return plan.wanted ? plan.key.full : ''
}

/** Returns the outputs for a written bundle. */
export function bundleOutputs({ file, sha256, size, content }: BundleReport): Outputs {
  return {
    'bundle-path': file,
    'bundle-sha256': sha256,
    'bundle-size': String(size),
    'bundle-modules': String(content.modules.length),
  }
}

/** Returns the outputs of `save`. */
export function saveOutputsOf(saves: readonly SaveReport[]): SaveOutputs {
  const keys = (one: CacheName) =>
    saves.filter(({ name, outcome }) => name === one && outcome.saved).map(({ outcome }) => outcome.key)
  const [modules, build] = [keys('modules'), keys('build')]
  return {
    'modules-saved': String(modules.length > 0),
    'modules-saved-key': modules.join('\n'),
    'build-saved': String(build.length > 0),
    'build-saved-key': build.join('\n'),
  }
}
