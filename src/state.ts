import {
  type BuildReport,
  type CacheName,
  type CachePolicy,
  type CacheReport,
  type ExcludedModules,
  isRestoreAction,
  jobHash,
  jobKindHash,
  type ModulesReport,
  matchKey,
  mayCachePrivate,
  mustBeRemovable,
  type StoreChoice,
  volatileParts,
} from './cache/index.ts'
import type { Job, Outcome } from './job.ts'
import { objectIn } from './platform/cleanup.ts'

/** The state of one cache when main ends. */
interface CacheState {
  /** Absolute path of GOMODCACHE or GOCACHE. */
  readonly directory: string
  /** The full key; entries of the module cache add a digest of their content. */
  readonly key: string
  /** Key of the restored entry; empty when there was none. */
  readonly matched: string
  /** How the restore ended; `unknown` if it was not tried or failed, so that the cache's content is unknown. */
  readonly found: 'exact' | 'partial' | 'miss' | 'unknown'
  /** Whether the cache gave no answer at all. */
  readonly unreachable: boolean
}

/** The state of the build cache when main ends. */
export interface BuildState extends CacheState {
  /** Identifies this job among all jobs, for several uses of this action in it; absent if nothing identifies it. */
  readonly job?: string
  /** What keeps the build cache from being saved: always, or when GOMODCACHE holds a module that a pattern matches. */
  readonly excluded: {
    readonly always: boolean
    readonly why: string
    readonly patterns: string
    readonly gomodcache: string
  }
  /** Whether only this job uses the build cache: it held no objects when main began. */
  readonly isExclusive: boolean
  /** Whether the restored entry came from a job of the same kind, so that a new entry replaces it. */
  readonly sameJob: boolean
  /** Identifies this kind of job among others that use the same build cache. */
  readonly family: string
  /** The repository, as `owner/name`. */
  readonly repository: string
  /** Absolute path of the checkout. */
  readonly workspace: string
  /** Absolute paths of module directories that may be repositories of their own. */
  readonly checkouts: readonly string[]
  /** Module paths of the main modules, without those below another. Their fuzzing corpora belong to this repository. */
  readonly modulePaths: readonly string[]
  readonly testCache: 'keep' | 'expire' | 'stable'
  /** Digest of the test inputs that got stable mtimes; empty when there were none. */
  readonly stableMtimes: string
  /** Part of the next entry's key that makes it differ from earlier ones, as for modules. */
  readonly salt: string
}

/** The state of the Go toolchain that the go command fetches by itself. */
interface ToolchainState extends CacheState {
  /** The toolchain's module as `path@version`. */
  readonly name: string
  /** The run, if an entry exists but is corrupt, so that its successor has another key; else empty. */
  readonly salt: string
}

/** The data that main hands to post. It holds no secret, and stays small because an environment variable carries it. */
export interface State {
  readonly version: 1
  /** Absolute path of the folder of this action's own files in RUNNER_TEMP; post removes it. */
  readonly folder: string
  /** When main began and ended, in milliseconds since 1970. */
  readonly began: number
  readonly ended: number
  /** Whether main already warned about the cache. */
  readonly warned: boolean
  /** Where the entries are. */
  readonly backend: StoreChoice
  readonly save: CachePolicy['save']
  /** The rule that decided whether to save. */
  readonly why: string
  readonly saveBuildOnFailure: boolean
  /** Set when main failed, so that its own work is incomplete. */
  readonly failed?: true
  /** Set by the sub-action `restore`: its post saves nothing, and only a step with `save` does. */
  readonly restoresOnly?: true
  /** The caches that a step with `save` has saved meanwhile; never part of what main hands over. */
  readonly saved?: readonly CacheName[]
  /** Whether entries may hold private modules: everyone who can read the cache may read them. */
  readonly keepsPrivate: boolean
  readonly modules?: ModulesState
  readonly build?: BuildState
  readonly toolchain?: ToolchainState
  /** Maximum stored size of an entry, in bytes. */
  readonly maxSize: number
  /** Absolute path of a module cache that post makes writable, because the next checkout has to remove it. */
  readonly makeRemovable?: string
  /** When post writes the job summary. */
  readonly summary: 'always' | 'on-problem' | 'never'
}

/** The state of the module cache when main ends. */
export interface ModulesState extends CacheState {
  readonly zips: 'auto' | 'true' | 'false'
  /** Whether the restored entry held zips. */
  readonly hadZips: boolean
  /**
   * Whether only this job uses the module cache: it was empty when main began. Modules that other jobs fetch into a
   * shared one must not become part of this repository's entry.
   */
  readonly isExclusive: boolean
  /** Whether an entry was restored that is corrupt, in whole or in part. */
  readonly corrupt: boolean
  /** Patterns of modules that no checksum database verifies, separated by `,`. */
  readonly unchecked: string
  /** Patterns of modules that must not be packed, separated by `,`. */
  readonly excluded: string
  /**
   * Part of the next entry's key that makes it differ from earlier ones: the key of the restored entry, or the run
   * if that entry is corrupt. The cache service never overwrites an existing key.
   */
  readonly salt: string
}

/** The name of the state in the runner's saved state. */
export const stateName = 'state'

/** Maximum size of the state in bytes. Windows allows 32,767 characters, including the name and the runner's part. */
const maxStateSize = 24 * 1024

/**
 * Encodes the state as text.
 *
 * @throws RangeError when it does not fit into an environment variable on every system
 */
export function encodeState(state: State): string {
  const text = JSON.stringify(state)
  if (Buffer.byteLength(text) > maxStateSize) throw new RangeError(`the state has ${text.length} characters`)
  return text
}

/**
 * Decodes the state; undefined when it is missing, damaged or of another version: then there is nothing to save.
 *
 * @param isOwn whether this action created a folder, so that post may write there and remove it
 */
export function decodeState(text: string, isOwn: (folder: string) => boolean): State | undefined {
  const state = objectIn(text) as Partial<State> | undefined
  const caches = [state?.modules, state?.build, state?.toolchain].filter((cache) => cache !== undefined)
  const isValid =
    state?.version === 1 &&
    typeof state.folder === 'string' &&
    isOwn(state.folder) &&
    isStoreChoice(state.backend) &&
    ['yes', 'no', 'if-nothing-found'].includes(state.save ?? '') &&
    typeof state.why === 'string' &&
    caches.every((cache) => typeof cache?.directory === 'string' && typeof cache.key === 'string')
  return isValid ? (state as State) : undefined
}

function isStoreChoice(choice: StoreChoice | undefined): boolean {
  if (typeof choice !== 'object') return ['auto', 'github', 'toolkit'].includes(choice ?? '')
  const texts = [choice?.bucket, choice?.region, choice?.endpoint, choice?.save]
  return texts.every((text) => typeof text === 'string') && Array.isArray(choice.read)
}

/** The job's result, as the runner reports it in `job.status`. */
export type JobStatus = 'success' | 'failure' | 'cancelled' | 'unknown'

/** Reads the job's result from the hidden input; any value that the runner does not use counts as unknown. */
export function jobStatus(text: string): JobStatus {
  const word = text.trim().toLowerCase()
  return word === 'success' || word === 'failure' || word === 'cancelled' ? word : 'unknown'
}

/**
 * Builds the state that post needs.
 *
 * @param folder absolute path of the folder of this action's own files
 * @param ended when main ended, in milliseconds since 1970
 */
export function stateOf(job: Job, outcome: Outcome, folder: string, ended: number): State {
  const { inputs, plan, go, event } = job
  const gomodcache = go.env.GOMODCACHE ?? ''
  const modules = modulesState(job, outcome.modules, plan.excluded)
  const build = buildState(job, outcome.build, outcome.stableMtimes, plan.excluded)
  const toolchain = toolchainState(job, plan.toolchain.name, outcome.toolchain)
  return {
    ...{ version: 1, folder, began: outcome.began, ended, warned: outcome.hasWarned },
    backend: plan.store,
    save: plan.policy.save,
    why: plan.policy.why,
    ...(outcome.hasFailed ? { failed: true } : {}),
    ...(isRestoreAction(inputs) ? { restoresOnly: true } : {}),
    saveBuildOnFailure: inputs['cache-save-on-failure'],
    keepsPrivate: mayCachePrivate(inputs, event),
    maxSize: inputs['cache-max-size'],
    summary: inputs.summary,
    ...(mustBeRemovable(gomodcache, job.workspace) ? { makeRemovable: gomodcache } : {}),
    ...(modules === undefined ? {} : { modules }),
    ...(build === undefined ? {} : { build }),
    ...(toolchain === undefined ? {} : { toolchain }),
  }
}

/** Builds the state of the module cache for post; undefined when that cache is off. */
function modulesState(
  job: Job,
  report: ModulesReport | undefined,
  { patterns }: ExcludedModules,
): ModulesState | undefined {
  const state = cacheState(job.go.env.GOMODCACHE, report)
  if (state === undefined || report === undefined) return undefined
  return {
    ...state,
    zips: job.inputs['cache-zips'],
    hadZips: report.hadZips,
    isExclusive: report.isExclusive,
    corrupt: report.outcome?.corrupt ?? false,
    unchecked: job.inputs.verify ? job.uncheckedModules : '',
    excluded: patterns,
    salt: report.outcome?.corrupt ? job.run : state.matched,
  }
}

/**
 * Builds the state of the build cache for post; undefined when that cache is off.
 *
 * @param stable digest of the test inputs that got stable mtimes; empty when there were none
 */
function buildState(
  job: Job,
  report: BuildReport | undefined,
  stable: string,
  excluded: ExcludedModules,
): BuildState | undefined {
  const state = cacheState(job.go.env.GOCACHE, report)
  if (state === undefined || report === undefined || !report.plan.wanted) return undefined
  const match = matchKey(report.plan.key, state.matched)
  return {
    ...state,
    excluded: {
      always: excluded.build,
      why: excluded.why,
      patterns: excluded.patterns,
      gomodcache: job.go.env.GOMODCACHE ?? '',
    },
    isExclusive: report.isExclusive,
    sameJob: match.kind === 'exact' || volatileParts.includes(match.differs.name),
    family: jobKindHash(report.plan.key, job.repository),
    job: jobHash(job),
    repository: job.repository,
    workspace: job.workspace,
    checkouts: job.checkouts,
    modulePaths: outermostModules(job.roots).slice(0, maxModules),
    testCache: job.inputs['test-cache'],
    stableMtimes: stable,
    salt: report.outcome?.corrupt ? job.run : state.matched,
  }
}

/** Builds the state of the toolchain that the go command fetches by itself; undefined when it fetches none. */
function toolchainState(job: Job, name: string, report: CacheReport | undefined): ToolchainState | undefined {
  const state = cacheState(job.go.env.GOMODCACHE, report)
  return state === undefined ? undefined : { ...state, name, salt: report?.outcome?.corrupt ? job.run : '' }
}

/** Maximum number of module paths in the state, because an environment variable carries them. */
const maxModules = 50

/** Returns the paths of the main modules, without those that begin with the path of another. */
function outermostModules(roots: Job['roots']): readonly string[] {
  const paths = roots.flatMap(({ modules }) => modules.map(({ goMod }) => goMod.module))
  return [...new Set(paths)].filter((one) => !paths.some((other) => one.startsWith(`${other}/`)))
}

function cacheState(directory = '', report: CacheReport | undefined): CacheState | undefined {
  if (report === undefined || !report.plan.wanted) return undefined
  return {
    directory,
    key: report.plan.key.full,
    matched: report.outcome?.matched ?? '',
    found: foundBy(report),
    unreachable: report.outcome?.unreachable ?? false,
  }
}

/** Returns how the restore ended. It is a miss only when the cache answered and had no entry. */
function foundBy({ outcome }: CacheReport): CacheState['found'] {
  if (outcome === undefined || outcome.error !== '') return 'unknown'
  return outcome.found
}
