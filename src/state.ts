import type { ExcludedModules } from './cache/excluded-modules.ts'
import { jobHash, jobKindHash, volatileParts } from './cache/gocache/key.ts'
import { matchKey } from './cache/key.ts'
import type { BuildReport, CacheReport, ModulesReport } from './cache/outcomes.ts'
import type { CachePolicy } from './cache/policy.ts'
import { uncheckedModules } from './gocmd/go-env.ts'
import type { JobFacts } from './job.ts'
import { objectIn } from './platform/cleanup.ts'

/** What main knows of one cache when it ends. */
interface CacheState {
  /** Absolute path of GOMODCACHE or GOCACHE. */
  readonly directory: string
  /** The full key; entries of the module cache add a digest of their content. */
  readonly key: string
  /** Key of the entry that was restored; empty when there was none. */
  readonly matched: string
  /** How the restore ended; `unknown`: it was not tried, or went wrong, so nobody knows what is there. */
  readonly found: 'exact' | 'partial' | 'miss' | 'unknown'
  /** Whether the cache gave no answer at all. */
  readonly unreachable: boolean
}

/** What main knows of the build cache when it ends. */
export interface BuildState extends CacheState {
  /** Tells the uses of this action in one job from those in others; absent where nothing tells. */
  readonly job?: string
  /** What keeps it from being saved: always, or where GOMODCACHE holds a module that a pattern matches. */
  readonly excluded: {
    readonly always: boolean
    readonly why: string
    readonly patterns: string
    readonly gomodcache: string
  }
  /** Whether the build cache was this job's alone: without objects when main began. */
  readonly isExclusive: boolean
  /** Whether the entry came from a job of the same kind, so that a new one takes its place. */
  readonly sameJob: boolean
  /** Tells this kind of job from others that use the same build cache. */
  readonly family: string
  /** The repository, as `owner/name`. */
  readonly repository: string
  /** Absolute path of the checkout. */
  readonly workspace: string
  /** Absolute paths of module directories that may lie in repositories of their own. */
  readonly checkouts: readonly string[]
  /** Paths of the main modules, without those below another: their fuzzing corpora are ours. */
  readonly modulePaths: readonly string[]
  readonly testCache: 'keep' | 'expire' | 'stable'
  /** Digest of the test inputs that were given settled times; empty when none were. */
  readonly stableMtimes: string
  /** What tells the next entry's key from those before, as for modules. */
  readonly salt: string
}

/** What main knows of the Go that the go command fetches by itself. */
interface ToolchainState extends CacheState {
  /** Its module as `path@version`. */
  readonly name: string
  /** The run where an entry was there and could not be used, so that its successor has another key; else empty. */
  readonly salt: string
}

/** What main hands to post. Holds no secret, and stays small: it travels in an environment variable. */
export interface State {
  readonly version: 1
  /** Folder of this action's own files in RUNNER_TEMP; post removes it. */
  readonly folder: string
  /** When main began and ended, in milliseconds since 1970. */
  readonly began: number
  readonly ended: number
  /** Whether a warning about the cache was given already. */
  readonly warned: boolean
  readonly save: CachePolicy['save']
  /** The rule that decided whether to save. */
  readonly why: string
  readonly saveBuildOnFailure: boolean
  /** Set where main failed, so that not even its own work is whole. */
  readonly failed?: true
  /** Whether what is private may be kept: everybody who can read the cache may read it. */
  readonly keepsPrivate: boolean
  readonly modules?: ModulesState
  readonly build?: BuildState
  readonly toolchain?: ToolchainState
  /** Length in bytes that a stored entry may have. */
  readonly maxSize: number
  /** A module cache whose directories post leaves writable, because the next checkout has to remove it. */
  readonly makeRemovable?: string
  /** When the job summary is written. */
  readonly summary: 'always' | 'on-problem' | 'never'
}

/** What main knows of the module cache when it ends. */
export interface ModulesState extends CacheState {
  readonly zips: 'auto' | 'true' | 'false'
  /** Whether the restored entry carried zips. */
  readonly hadZips: boolean
  /**
   * Whether the module cache was this job's alone: empty when main began. What others fetch into a shared one
   * meanwhile must not become part of this repository's entry.
   */
  readonly isExclusive: boolean
  /** Whether an entry came of which something could not be used. */
  readonly corrupt: boolean
  /** Patterns of modules that no checksum database vouches for, separated by `,`. */
  readonly unchecked: string
  /** Patterns of modules that must not be packed, separated by `,`. */
  readonly excluded: string
  /**
   * What tells the next entry's key from those before: the key of the entry that was restored, or the run
   * where an entry was there and could not be used. A key that exists already is never saved again.
   */
  readonly salt: string
}

/** The name under which the state travels. */
export const stateName = 'state'

/** Windows gives a variable 32,767 characters, for its name and the runner's own part as well. */
const largest = 24 * 1024

/**
 * Writes the state as text.
 *
 * @throws RangeError when it would not fit into an environment variable everywhere
 */
export function encodeState(state: State): string {
  const text = JSON.stringify(state)
  if (Buffer.byteLength(text) > largest) throw new RangeError(`the state has ${text.length} characters`)
  return text
}

/**
 * Reads the state; undefined when it is missing, damaged or of another version: then there is nothing to save.
 *
 * @param isOwn whether a folder is one that this action has made, so that post may write there and remove it
 */
export function decodeState(text: string, isOwn: (folder: string) => boolean): State | undefined {
  const state = objectIn(text) as Partial<State> | undefined
  const caches = [state?.modules, state?.build, state?.toolchain].filter((cache) => cache !== undefined)
  const isRight =
    state?.version === 1 &&
    typeof state.folder === 'string' &&
    isOwn(state.folder) &&
    ['yes', 'no', 'if-nothing-found'].includes(state.save ?? '') &&
    typeof state.why === 'string' &&
    caches.every((cache) => typeof cache?.directory === 'string' && typeof cache.key === 'string')
  return isRight ? (state as State) : undefined
}

/** How the job ended, as the runner says it in `job.status`. */
export type JobStatus = 'success' | 'failure' | 'cancelled' | 'unknown'

/** The job's result from the hidden input; everything else than the runner's words counts as unknown. */
export function jobStatus(text: string): JobStatus {
  const word = text.trim().toLowerCase()
  return word === 'success' || word === 'failure' || word === 'cancelled' ? word : 'unknown'
}

/** What post has to know of the module cache; undefined when it is off. */
export function modulesState(
  facts: JobFacts,
  report: ModulesReport | undefined,
  { patterns }: ExcludedModules,
): ModulesState | undefined {
  const state = cacheState(facts.go.env.GOMODCACHE, report)
  if (state === undefined || report === undefined) return undefined
  return {
    ...state,
    zips: facts.inputs['cache-zips'],
    hadZips: report.hadZips,
    isExclusive: report.isExclusive,
    corrupt: report.outcome?.corrupt ?? false,
    unchecked: facts.inputs.verify ? uncheckedModules(facts.go.env) : '',
    excluded: patterns,
    salt: report.outcome?.corrupt ? facts.run : state.matched,
  }
}

/**
 * What post has to know of the build cache; undefined when it is off.
 *
 * @param stable digest of the test inputs that were given settled times; empty when none were
 */
export function buildState(
  facts: JobFacts,
  report: BuildReport | undefined,
  stable: string,
  excluded: ExcludedModules,
): BuildState | undefined {
  const state = cacheState(facts.go.env.GOCACHE, report)
  if (state === undefined || report === undefined || !report.plan.wanted) return undefined
  const match = matchKey(report.plan.key, state.matched)
  return {
    ...state,
    excluded: {
      always: excluded.build,
      why: excluded.why,
      patterns: excluded.patterns,
      gomodcache: facts.go.env.GOMODCACHE ?? '',
    },
    isExclusive: report.isExclusive,
    sameJob: match.kind === 'exact' || volatileParts.includes(match.differs.name),
    family: jobKindHash(report.plan.key, facts.repository),
    job: jobHash(facts),
    repository: facts.repository,
    workspace: facts.workspace,
    checkouts: facts.checkouts,
    modulePaths: outermostModules(facts.roots).slice(0, mostModules),
    testCache: facts.inputs['test-cache'],
    stableMtimes: stable,
    salt: report.outcome?.corrupt ? facts.run : state.matched,
  }
}

/** What post has to know of the Go that the go command fetches by itself; undefined when it fetches none. */
export function toolchainState(
  facts: JobFacts,
  name: string,
  report: CacheReport | undefined,
): ToolchainState | undefined {
  const state = cacheState(facts.go.env.GOMODCACHE, report)
  return state === undefined ? undefined : { ...state, name, salt: report?.outcome?.corrupt ? facts.run : '' }
}

/** More are not handed to post: they travel in an environment variable. */
const mostModules = 50

/** Paths of the main modules, without those that begin with the path of another. */
function outermostModules(roots: JobFacts['roots']): readonly string[] {
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

/** A miss is one only when the cache could be asked and had nothing. */
function foundBy({ outcome }: CacheReport): CacheState['found'] {
  if (outcome === undefined || outcome.error !== '') return 'unknown'
  return outcome.found
}
