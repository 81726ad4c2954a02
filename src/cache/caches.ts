import * as path from 'node:path'
import type { Facts } from '../facts/facts.ts'
import { hasGoFlag } from '../modules/goflags.ts'
import { type MainPlan, namedVersions } from '../plan/main-plan.ts'
import type { SavePlan } from '../plan/save.ts'
import { type CacheState, type ModulesState, namedFile, type State } from '../plan/state.ts'
import { missed, notSaved } from '../report/outcomes.ts'
import type { CacheReport, SaveReport } from '../report/report.ts'
import { look, writeFile } from '../system/files.ts'
import { restoreBuild, saveBuild } from './build-cache.ts'
import { restoreModules, saveModules } from './module-cache.ts'
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
  const { GOMODCACHE = '', GOFLAGS = '' } = facts.go.env
  const place = { directory: GOMODCACHE, readOnly: !hasGoFlag(GOFLAGS, 'modcacherw') }
  const restore = async (): Promise<ModulesReport> => {
    const own = look(path.join(GOMODCACHE, 'cache', 'download')) === undefined
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

/** What post has to know of the module cache; undefined when it is off. */
export function modulesState(facts: Facts, report: ModulesReport | undefined): ModulesState | undefined {
  const state = cacheState(facts.go.env.GOMODCACHE, report)
  if (state === undefined || report === undefined) return undefined
  const spoiled = report.outcome?.found === 'miss' && report.outcome.trouble !== ''
  return {
    ...state,
    zips: facts.inputs['cache-zips'],
    hadZips: report.hadZips,
    own: report.own,
    salt: spoiled ? facts.run : state.matched,
  }
}

/** What post has to know of the build cache; undefined when it is off. */
export function buildState(facts: Facts, report: CacheReport | undefined): CacheState | undefined {
  return cacheState(facts.go.env.GOCACHE, report)
}

/** Saves both caches as planned, side by side. */
export async function saveCaches(
  plan: SavePlan,
  state: State,
  transfer: Transfer,
): Promise<readonly SaveReport[]> {
  const failed = (error: unknown) => notSaved('something went wrong', reason(error))
  const [modules, build] = await Promise.all([
    plan.modules.save
      ? saveModules(transfer, state, plan.modules.why).catch(failed)
      : notSaved(plan.modules.why),
    plan.build.save ? saveBuild(transfer, state, plan.build.why).catch(failed) : notSaved(plan.build.why),
  ])
  return [
    { name: 'modules', outcome: modules },
    { name: 'build', outcome: build },
  ]
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

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
