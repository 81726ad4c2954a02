import type { Facts } from '../facts/facts.ts'
import { uncheckedModules } from '../modules/go-env.ts'
import { type Key, matchKey, shortHash } from '../plan/keys.ts'
import type { BuildState, CacheState, ModulesState, ToolchainState } from '../plan/state.ts'
import type { Withheld } from '../plan/withheld.ts'
import type { CacheReport } from '../report/report.ts'

/** What became of the module cache in main. */
export interface ModulesReport extends CacheReport {
  readonly hadZips: boolean
  /** Whether the module cache was empty when main began. */
  readonly own: boolean
}

/** What became of the build cache in main. */
export interface BuildReport extends CacheReport {
  /** Whether the build cache was without objects when main began. */
  readonly own: boolean
  /** The files and directories that cached tests looked at, relative to the checkout. */
  readonly testInputs: readonly string[]
}

/** What post has to know of the module cache; undefined when it is off. */
export function modulesState(
  facts: Facts,
  report: ModulesReport | undefined,
  { patterns }: Withheld,
): ModulesState | undefined {
  const state = cacheState(facts.go.env.GOMODCACHE, report)
  if (state === undefined || report === undefined) return undefined
  return {
    ...state,
    zips: facts.inputs['cache-zips'],
    hadZips: report.hadZips,
    own: report.own,
    spoiled: report.outcome?.spoiled ?? false,
    unchecked: facts.inputs.verify ? uncheckedModules(facts.go.env) : '',
    withheld: patterns,
    salt: report.outcome?.spoiled ? facts.run : state.matched,
  }
}

/**
 * What post has to know of the build cache; undefined when it is off.
 *
 * @param settled digest of the test inputs that were given settled times; empty when none were
 */
export function buildState(
  facts: Facts,
  report: BuildReport | undefined,
  settled: string,
  withheld: Withheld,
): BuildState | undefined {
  const state = cacheState(facts.go.env.GOCACHE, report)
  if (state === undefined || report === undefined || !report.plan.wanted) return undefined
  const match = matchKey(report.plan.key, state.matched)
  return {
    ...state,
    withheld: {
      always: withheld.build,
      why: withheld.why,
      patterns: withheld.patterns,
      gomodcache: facts.go.env.GOMODCACHE ?? '',
    },
    own: report.own,
    sameJob: match.kind === 'exact' || volatileParts.includes(match.differs.name),
    family: familyOf(report.plan.key, facts.repository),
    job: jobOf(facts),
    repository: facts.repository,
    workspace: facts.workspace,
    checkouts: facts.checkouts,
    modulePaths: outermostModules(facts.roots).slice(0, mostModules),
    testCache: facts.inputs['test-cache'],
    settled,
    salt: report.outcome?.spoiled ? facts.run : state.matched,
  }
}

/** What post has to know of the Go that the go command fetches by itself; undefined when it fetches none. */
export function toolchainState(
  facts: Facts,
  name: string,
  report: CacheReport | undefined,
): ToolchainState | undefined {
  const state = cacheState(facts.go.env.GOMODCACHE, report)
  return state === undefined ? undefined : { ...state, name, salt: report?.outcome?.spoiled ? facts.run : '' }
}

/** More are not handed to post: they travel in an environment variable. */
const mostModules = 50

/** Paths of the main modules, without those that begin with the path of another. */
function outermostModules(roots: Facts['roots']): readonly string[] {
  const paths = roots.flatMap(({ modules }) => modules.map(({ goMod }) => goMod.module))
  return [...new Set(paths)].filter((one) => !paths.some((other) => one.startsWith(`${other}/`)))
}

/** The parts of the build key that change within one kind of job. */
export const volatileParts = ['module graph', 'source']

/** Tells kinds of jobs apart that share a build cache on a machine that keeps it. */
export function familyOf({ parts }: Key, repository: string): string {
  const stable = parts.filter(({ name }) => !volatileParts.includes(name))
  return shortHash([repository, ...stable.map(({ value }) => value)])
}

/** Tells the uses of this action in one job from those in others, also on a machine that works at several. */
export function jobOf({ repository, run, job }: Pick<Facts, 'repository' | 'run' | 'job'>): string {
  return shortHash([repository, run, job.workflow, job.id, job.matrix])
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
  if (outcome === undefined || outcome.trouble !== '') return 'unknown'
  return outcome.found
}
