import type { ExcludedModules } from './cache/excluded-modules.ts'
import type { ToolchainPlan } from './cache/gomodcache/toolchain.ts'
import type { CachePlan } from './cache/key.ts'
import type { CachePolicy } from './cache/policy.ts'
import type { DependencyPlan } from './dependencies/plan.ts'
import type { Event, JobIdentity } from './github-context.ts'
import type { DetectedGo } from './gocmd/detect-go.ts'
import type { Root } from './gofiles/roots.ts'
import type { Inputs } from './inputs/inputs.ts'
import type { MachineImage } from './platform/machine.ts'

/** The inputs of every decision about caches and dependencies: plain data. */
export interface JobFacts {
  readonly inputs: Inputs
  readonly event: Event
  readonly job: JobIdentity
  readonly image: MachineImage
  readonly go: DetectedGo
  readonly roots: readonly Root[]
  /** Values that identify the source that is checked out; empty when the build cache is off. */
  readonly source: readonly string[]
  /** Absolute path of the checkout. */
  readonly workspace: string
  /** Absolute paths of module directories that may be repositories of their own; empty if the checkout is one. */
  readonly checkouts: readonly string[]
  /** The repository, as `owner/name`. */
  readonly repository: string
  /** Identifies this attempt of this run. */
  readonly run: string
  /** Patterns of private modules, separated by `,`: Go fetches or verifies them in another way than public ones. */
  readonly privateModules: string
  /** ACTIONS_CACHE_MODE: what the cache service allows. */
  readonly serviceMode: string
  /** Whether the token of this run allows saving; true if its permissions are unknown. */
  readonly tokenMaySave: boolean
}

/** Everything that main will do, and why. */
export interface MainPlan {
  readonly policy: CachePolicy
  readonly excluded: ExcludedModules
  readonly modules: CachePlan
  readonly build: CachePlan
  readonly toolchain: ToolchainPlan
  readonly dependencies: readonly DependencyPlan[]
  /** The version that builds the modules, such as `go1.26.0`. */
  readonly goVersion: string
}
