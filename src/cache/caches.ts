import * as path from 'node:path'
import type { Facts } from '../facts/facts.ts'
import { hasGoFlag } from '../modules/settings/goflags.ts'
import { type MainPlan, namedVersions } from '../plan/main-plan.ts'
import type { SaveDecision, SavePlan } from '../plan/save.ts'
import {
  type CacheState,
  type ModulesState,
  namedFile,
  type State,
  type ToolchainState,
} from '../plan/state.ts'
import { missed, notSaved, type SaveOutcome } from '../report/outcomes.ts'
import type { CacheReport, SaveReport } from '../report/report.ts'
import { look, writeFile } from '../system/files.ts'
import { restoreBuild, saveBuild } from './build-cache.ts'
import { type ModuleCachePlace, restoreModules, saveModules } from './module-cache.ts'
import { restoreToolchain, saveToolchain } from './toolchain-cache.ts'
import type { Transfer } from './transfer.ts'

/** What became of the module cache in main. */
export interface ModulesReport extends CacheReport {
  readonly hadZips: boolean
  /** Whether the module cache was empty when main began. */
  readonly own: boolean
}

/** Restores the module cache as planned, and notes what the checksum files name, for post. */
export async function restoreModuleCache(
  facts: Facts,
  { modules: plan, policy }: MainPlan,
  transfer: Transfer,
): Promise<ModulesReport> {
  if (!plan.wanted) return { name: 'modules', plan, hadZips: false, own: false }
  const place = moduleCachePlace(facts)
  const restore = async (): Promise<ModulesReport> => {
    const own = look(path.join(place.directory, 'cache', 'download')) === undefined
    const { needed, ...named } = namedVersions(facts)
    writeFile(path.join(transfer.folder, namedFile), JSON.stringify(named))
    if (!policy.restore) return { name: 'modules', plan, skipped: policy.why, hadZips: false, own }
    const { hadZips, ...outcome } = await restoreModules(transfer, place, plan.key, needed)
    return { name: 'modules', plan, outcome, hadZips, own }
  }
  return restore().catch((error) => ({
    name: 'modules',
    plan,
    outcome: missed(reason(error)),
    hadZips: false,
    own: false,
  }))
}

/** Restores the build cache as planned. */
export async function restoreBuildCache(
  facts: Facts,
  { build: plan, policy }: MainPlan,
  transfer: Transfer,
): Promise<CacheReport> {
  if (!plan.wanted) return { name: 'build', plan }
  if (!policy.restore) return { name: 'build', plan, skipped: policy.why }
  const outcome = await restoreBuild(transfer, facts.go.env.GOCACHE ?? '', plan.key).catch((error) =>
    missed(reason(error)),
  )
  return { name: 'build', plan, outcome }
}

/** Restores the Go that the go command would fetch, as planned. */
export async function restoreToolchainCache(
  facts: Facts,
  { toolchain: { plan, name }, policy }: MainPlan,
  transfer: Transfer,
): Promise<CacheReport> {
  if (!plan.wanted) return { name: 'toolchain', plan }
  if (!policy.restore) return { name: 'toolchain', plan, skipped: policy.why }
  const outcome = await restoreToolchain(transfer, moduleCachePlace(facts), plan.key, name).catch((error) =>
    missed(reason(error)),
  )
  return { name: 'toolchain', plan, outcome }
}

/** What post has to know of the module cache; undefined when it is off. */
export function modulesState(facts: Facts, report: ModulesReport | undefined): ModulesState | undefined {
  const state = cacheState(facts.go.env.GOMODCACHE, report)
  if (state === undefined || report === undefined) return undefined
  return {
    ...state,
    zips: facts.inputs['cache-zips'],
    hadZips: report.hadZips,
    own: report.own,
    salt: isSpoiled(report) ? facts.run : state.matched,
  }
}

/** What post has to know of the build cache; undefined when it is off. */
export function buildState(facts: Facts, report: CacheReport | undefined): CacheState | undefined {
  return cacheState(facts.go.env.GOCACHE, report)
}

/** What post has to know of the Go that the go command fetches by itself; undefined when it fetches none. */
export function toolchainState(
  facts: Facts,
  name: string,
  report: CacheReport | undefined,
): ToolchainState | undefined {
  const state = cacheState(facts.go.env.GOMODCACHE, report)
  return state === undefined ? undefined : { ...state, name, salt: isSpoiled(report) ? facts.run : '' }
}

/** Saves the caches as planned, side by side. */
export async function saveCaches(
  plan: SavePlan,
  state: State,
  transfer: Transfer,
): Promise<readonly SaveReport[]> {
  const failed = (error: unknown) => notSaved('something went wrong', reason(error))
  const one = (decision: SaveDecision, save: (why: string) => Promise<SaveOutcome>) =>
    decision.save ? save(decision.why).catch(failed) : notSaved(decision.why)
  const [modules, build, toolchain] = await Promise.all([
    one(plan.modules, (why) => saveModules(transfer, state, why)),
    one(plan.build, (why) => saveBuild(transfer, state, why)),
    one(plan.toolchain, (why) => saveToolchain(transfer, state, why)),
  ])
  return [
    { name: 'modules', outcome: modules },
    { name: 'build', outcome: build },
    { name: 'toolchain', outcome: toolchain },
  ]
}

function moduleCachePlace({ go }: Pick<Facts, 'go'>): ModuleCachePlace {
  const { GOMODCACHE = '', GOFLAGS = '' } = go.env
  return { directory: GOMODCACHE, readOnly: !hasGoFlag(GOFLAGS, 'modcacherw') }
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

/** Whether an entry was there and could not be used. */
function isSpoiled(report: CacheReport | undefined): boolean {
  return report?.outcome?.found === 'miss' && report.outcome.trouble !== ''
}

/** A miss is one only when the cache could be asked and had nothing. */
function foundBy({ outcome }: CacheReport): CacheState['found'] {
  if (outcome === undefined || outcome.trouble !== '') return 'unknown'
  return outcome.found
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
