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

/** Everything that decisions about caches and dependencies depend on: plain data. */
export interface JobFacts {
  readonly inputs: Inputs
  readonly event: Event
  readonly job: JobIdentity
  readonly image: MachineImage
  readonly go: DetectedGo
  readonly roots: readonly Root[]
  /** Stands for the source that is checked out; empty when the build cache is off. */
  readonly source: readonly string[]
  /** Absolute path of the checkout. */
  readonly workspace: string
  /** Absolute paths of module directories that may lie in repositories of their own: none where the checkout is one. */
  readonly checkouts: readonly string[]
  /** The repository, as `owner/name`. */
  readonly repository: string
  /** Tells this attempt of this run from every other. */
  readonly run: string
  /** Patterns of modules that are not everybody's, separated by `,`: fetched or checked in another way than the others. */
  readonly privateModules: string
  /** ACTIONS_CACHE_MODE: what the cache service will allow. */
  readonly serviceMode: string
  /** Whether the token of this run allows to save; true where it does not tell. */
  readonly tokenMaySave: boolean
}

/** Everything that main is going to do, and why. */
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
