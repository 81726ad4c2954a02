import * as path from 'node:path'
import type { Facts } from '../facts/facts.ts'
import { uncheckedModules } from '../modules/go-env.ts'
import { compareModules } from '../modules/module-changes.ts'
import { splitModuleVersion } from '../modules/module-version.ts'
import { sumsOf } from '../modules/roots.ts'
import { hasGoFlag } from '../modules/settings/goflags.ts'
import { matchesModulePatterns } from '../modules/settings/match-patterns.ts'
import { type MainPlan, namedVersions } from '../plan/main-plan.ts'
import type { SaveDecision, SavePlan } from '../plan/save.ts'
import { namedFile, type State } from '../plan/state.ts'
import { encodeSums, type RecordedSums, recordedSums } from '../proof/recorded-sums.ts'
import { missed, notSaved, type SaveOutcome } from '../report/outcomes.ts'
import type { CacheReport, SaveReport } from '../report/report.ts'
import { look, writeFile } from '../system/files.ts'
import { joinBuild, restoreBuild } from './build/restore.ts'
import { leaveBuild, saveBuild } from './build/save.ts'
import { restoreModules, saveModules } from './modules/cache.ts'
import { askDatabase, noSums } from './modules/checksum-lookups.ts'
import type { ModuleCachePlace, ModuleProof } from './modules/install-proven.ts'
import { isLeftWritable } from './modules/left-writable.ts'
import { tellOtherUses } from './modules/other-uses.ts'
import { type BuildReport, familyOf, jobOf, type ModulesReport } from './states.ts'
import { restoreToolchain, saveToolchain } from './toolchain.ts'
import type { Transfer } from './transfer.ts'

/**
 * Restores the module cache as planned, and notes what the checksum files name, for post.
 *
 * @param asksDatabase whether the checksum database may be asked about what no checksum file names
 */
export async function restoreModuleCache(
  facts: Facts,
  { modules: plan, policy }: MainPlan,
  transfer: Transfer,
  asksDatabase: boolean,
): Promise<ModulesReport> {
  if (!plan.wanted) return { name: 'modules', plan, hadZips: false, own: false }
  const place = moduleCachePlace(facts)
  const restore = async (): Promise<ModulesReport> => {
    const own = look(path.join(place.directory, 'cache', 'download')) === undefined
    const named = namedVersions(facts)
    const { needed } = named
    const sums = recordedSums(facts.roots.flatMap(sumsOf))
    writeFile(path.join(transfer.folder, namedFile), JSON.stringify({ ...named, sums: encodeSums(sums) }))
    tellOtherUses(transfer.folder, { key: plan.key.full, save: policy.save }, named)
    if (!policy.restore) return { name: 'modules', plan, skipped: policy.why, hadZips: false, own }
    const proof = facts.inputs.verify ? proofFor(facts, sums, transfer, asksDatabase) : undefined
    const { hadZips, held, wrong, ...outcome } = await restoreModules(
      transfer,
      place,
      plan.key,
      needed,
      proof,
    )
    const report = { name: 'modules', plan, outcome, hadZips, own, wrong } as const
    if (outcome.found !== 'partial' || outcome.alreadyThere) return report
    // What the checksum files name and no build needs has not gone, and has not come.
    const [builds, files] = [new Set(needed), new Set(named.trees)]
    const before = held.filter((name) => builds.has(name) || !files.has(name))
    return { ...report, changes: compareModules(before, needed) }
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
): Promise<BuildReport> {
  const unknown = { name: 'build', plan, own: false, testInputs: [] } as const
  if (!plan.wanted) return unknown
  const restore = async (): Promise<BuildReport> => {
    const directory = facts.go.env.GOCACHE ?? ''
    const place = {
      ...{ directory, family: familyOf(plan.key, facts.repository) },
      ...{ repository: facts.repository, job: jobOf(facts), folder: transfer.folder },
    }
    if (!policy.restore) return { ...unknown, skipped: policy.why, own: joinBuild(place, plan.key) }
    const { own, testInputs, ...outcome } = await restoreBuild(transfer, place, plan.key)
    return { name: 'build', plan, outcome, own, testInputs }
  }
  return restore().catch((error) => ({ ...unknown, outcome: missed(reason(error)) }))
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

/** Saves the caches as planned, side by side. */
export async function saveCaches(
  plan: SavePlan,
  state: State,
  transfer: Transfer,
): Promise<readonly SaveReport[]> {
  const one = async (
    { save, why }: SaveDecision,
    saved: (why: string) => Promise<SaveOutcome>,
    left: (why: string) => SaveOutcome = notSaved,
  ): Promise<SaveOutcome> => {
    try {
      return save ? await saved(why) : left(why)
    } catch (error) {
      return notSaved('something went wrong', reason(error))
    }
  }
  const [modules, build, toolchain] = await Promise.all([
    one(plan.modules, (why) => saveModules(transfer, state, why, plan.build.whole)),
    one(
      plan.build,
      () => saveBuild(transfer, state, plan.build),
      (why) => leaveBuild(state, why),
    ),
    one(plan.toolchain, (why) => saveToolchain(transfer, state, why)),
  ])
  return [
    { name: 'modules', outcome: modules },
    { name: 'build', outcome: build },
    { name: 'toolchain', outcome: toolchain },
  ]
}

function proofFor(
  { go }: Facts,
  sums: RecordedSums,
  { folder }: Transfer,
  asksDatabase: boolean,
): ModuleProof {
  const { GOMODCACHE: gomodcache = '', GOPROXY: goproxy = '' } = go.env
  const unchecked = uncheckedModules(go.env)
  return {
    sums,
    ask: async (all, stage) => {
      const names = all.filter((name) => !matchesModulePatterns(unchecked, splitModuleVersion(name).path))
      if (!asksDatabase || names.length === 0) return noSums
      return askDatabase(names, stage, { gomodcache, goproxy, folder })
    },
  }
}

function moduleCachePlace({ go, workspace }: Pick<Facts, 'go' | 'workspace'>): ModuleCachePlace {
  const { GOMODCACHE = '', GOFLAGS = '' } = go.env
  const readOnly = !hasGoFlag(GOFLAGS, 'modcacherw') && !isLeftWritable(GOMODCACHE, workspace)
  return { directory: GOMODCACHE, readOnly }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
