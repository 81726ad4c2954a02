import type { BundleReport } from './bundle/index.ts'
import type {
  BuildReport,
  CachePlan,
  CachePolicy,
  CacheReport,
  ExcludedModules,
  ModulesReport,
  StoreChoice,
  ToolchainPlan,
} from './cache/index.ts'
import type { Checkout } from './checkout/index.ts'
import type { DependencyPlan, DependencyReport } from './dependencies/index.ts'
import type { Event, JobIdentity } from './github-context.ts'
import type { BundleSource, DetectedGo, EnvChange, GoEnv } from './gocmd/index.ts'
import type { Root } from './gofiles/roots.ts'
import type { Inputs } from './inputs/index.ts'
import type { OfflineOutcome, OfflinePlan } from './offline/index.ts'
import type { MachineImage } from './platform/machine.ts'
import type { GoSetup } from './setup-go/index.ts'

/** The facts about a job once its environment and its Go are set up. */
export interface PreparedJob {
  readonly inputs: Inputs
  readonly event: Event
  readonly checkout: Checkout
  /** The user's environment with the values of the inputs, without the changes of the offline mode. */
  readonly inputEnv: GoEnv
  /** The environment of every go command of this step from here on. */
  readonly env: GoEnv
  /** The changes of the environment that later steps get, with their reasons. */
  readonly changes: readonly EnvChange[]
  /** The variables that point to certificates and exported credentials, for later steps. */
  readonly fileVariables: Readonly<Record<string, string>>
  /** The go command on PATH; undefined if nothing needs one, or if a dry run has none. */
  readonly go: DetectedGo | undefined
  /** The Go that an input requested; undefined when none was requested. */
  readonly provided: GoSetup | undefined
  /** Warnings about settings in the environment that disable checks of Go. */
  readonly warnings: readonly string[]
  /** The bundle that serves the modules; undefined if there is none. */
  readonly bundle: BundleSource | undefined
  /** `path@version` of the modules in a bundle, wherever it is unpacked. */
  readonly bundled: readonly string[]
  readonly offline: OfflinePlan
}

/** All facts and decisions about a job: plain data, and the input of every later step. */
export interface Job extends PreparedJob {
  readonly identity: JobIdentity
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
  /** Patterns of modules that Go verifies with no checksum database, separated by `,`. */
  readonly uncheckedModules: string
  /** ACTIONS_CACHE_MODE: what the cache service allows. */
  readonly serviceMode: string
  /** Whether the token of this run allows saving; true if its permissions are unknown. */
  readonly tokenMaySave: boolean
  readonly plan: MainPlan
}

/** Everything that main will do, and why. */
export interface MainPlan {
  readonly policy: CachePolicy
  /** Where the entries are. */
  readonly store: StoreChoice
  readonly excluded: ExcludedModules
  readonly modules: CachePlan
  readonly build: CachePlan
  readonly toolchain: ToolchainPlan
  readonly dependencies: readonly DependencyPlan[]
  /** The version that builds the modules, such as `go1.26.0`. */
  readonly goVersion: string
}

/** The outcome of main so far. Main fills it step by step, and post gets it even if main fails. */
export interface Outcome {
  /** When main began, in milliseconds since 1970. */
  readonly began: number
  modules?: ModulesReport
  build?: BuildReport
  toolchain?: CacheReport
  /** Digest of the test inputs that got stable mtimes; empty when there were none. */
  stableMtimes: string
  bundle?: BundleReport
  dependencies: readonly DependencyReport[]
  /** The offline mode of the rest of the job; absent if the job stays online. */
  offline?: OfflineOutcome
  /** Whether main already warned about the cache. */
  hasWarned: boolean
  /** Whether main's own work is incomplete. */
  hasFailed: boolean
  /** The failures of the step, as texts. */
  failures: readonly string[]
}
