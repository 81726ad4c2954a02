import * as path from 'node:path'
import { encodeSums, type RecordedSums, recordedSums } from '../gofiles/go-sum.ts'
import { compareModules } from '../gofiles/module-changes.ts'
import { splitModuleVersion } from '../gofiles/module-path.ts'
import { sumsOf } from '../gofiles/roots.ts'
import { hasGoFlag } from '../gosettings/goflags.ts'
import { matchesModulePatterns } from '../gosettings/module-patterns.ts'
import type { Job } from '../job.ts'
import { now } from '../platform/clock.ts'
import type { Variables } from '../platform/environment.ts'
import { lstat, writeFile } from '../platform/files.ts'
import type { State } from '../state.ts'
import { type Transfer, writeAccess } from './entries.ts'
import { jobHash, jobKindHash } from './gocache/key.ts'
import { registerBuildUse, restoreBuild } from './gocache/restore.ts'
import { finishWithoutSaving, saveBuild } from './gocache/save.ts'
import { noRecordedSums, queryChecksumDatabase } from './gomodcache/checksum-database.ts'
import { namedFile } from './gomodcache/entry.ts'
import { mustBeRemovable } from './gomodcache/install.ts'
import { namedVersions } from './gomodcache/key.ts'
import { type ModuleCacheLocation, type ModuleProof, restoreModules } from './gomodcache/restore.ts'
import { saveModules, shareWithOtherUses } from './gomodcache/save.ts'
import { restoreToolchain, saveToolchain } from './gomodcache/toolchain.ts'
import { lookUpEntry } from './lookup.ts'
import {
  type BuildReport,
  type CacheReport,
  cacheMiss,
  type ModulesReport,
  type SaveOutcome,
  type SaveReport,
} from './outcomes.ts'
import { isRestoreAction } from './policy.ts'
import { refuse, type SaveDecision, type SavePlan, type SaveRefusal } from './save-rules.ts'
import { chooseStore, openS3Store, type StoreChoice, storeId } from './store/choose.ts'

/**
 * Restores the module cache as planned. Records the modules that the checksum files name, for post.
 *
 * @param mayQueryDatabase whether this job may query the checksum database for modules that no checksum file names
 */
export async function restoreModuleCache(
  job: Job,
  transfer: Transfer,
  mayQueryDatabase: boolean,
): Promise<ModulesReport> {
  const { modules: plan, policy } = job.plan
  if (!plan.wanted) return { name: 'modules', plan, hadZips: false, isExclusive: false }
  const location = moduleCacheLocation(job)
  const restore = async (): Promise<ModulesReport> => {
    const isExclusive = lstat(path.join(location.directory, 'cache', 'download')) === undefined
    const named = namedVersions(job)
    const { needed } = named
    const sums = recordedSums(job.roots.flatMap(sumsOf))
    writeFile(path.join(transfer.folder, namedFile), JSON.stringify({ ...named, sums: encodeSums(sums) }))
    const save = isRestoreAction(job.inputs) ? 'no' : policy.save
    shareWithOtherUses(
      transfer.folder,
      { key: plan.key.full, store: storeId(job.plan.store), save, began: now() },
      named,
    )
    if (!policy.restore)
      return { name: 'modules', plan, skipped: policy.why, hadZips: false, isExclusive: isExclusive }
    const proof = job.inputs.verify ? proofFor(job, sums, transfer, mayQueryDatabase) : undefined
    const { hadZips, held, wrong, ...outcome } = await restoreModules(
      transfer,
      location,
      plan.key,
      needed,
      proof,
    )
    const report = { name: 'modules', plan, outcome, hadZips, isExclusive, wrong } as const
    if (outcome.found !== 'partial' || outcome.alreadyCached) return report
    // A module that the checksum files name but no build needs counts neither as removed nor as added.
    const [builds, files] = [new Set(needed), new Set(named.trees)]
    const before = held.filter((name) => builds.has(name) || !files.has(name))
    return { ...report, changes: compareModules(before, needed) }
  }
  return restore().catch((error) => ({
    name: 'modules',
    plan,
    outcome: cacheMiss(reason(error)),
    hadZips: false,
    isExclusive: false,
  }))
}

/** Restores the build cache as planned. */
export async function restoreBuildCache(job: Job, transfer: Transfer): Promise<BuildReport> {
  const { build: plan, policy } = job.plan
  const base = { name: 'build', plan, isExclusive: false, testInputs: [] } as const
  if (!plan.wanted) return base
  const restore = async (): Promise<BuildReport> => {
    const directory = job.go.env.GOCACHE ?? ''
    const location = {
      ...{ directory, family: jobKindHash(plan.key, job.repository) },
      ...{ repository: job.repository, job: jobHash(job), folder: transfer.folder },
    }
    if (!policy.restore)
      return { ...base, skipped: policy.why, isExclusive: registerBuildUse(location, plan.key) }
    const { isExclusive, testInputs, ...outcome } = await restoreBuild(transfer, location, plan.key)
    return { name: 'build', plan, outcome, isExclusive: isExclusive, testInputs }
  }
  return restore().catch((error) => ({ ...base, outcome: cacheMiss(reason(error)) }))
}

/** Restores the toolchain that the go command would otherwise download, as planned. */
export async function restoreToolchainCache(job: Job, transfer: Transfer): Promise<CacheReport> {
  const { toolchain, policy } = job.plan
  const { plan, name } = toolchain
  if (!plan.wanted) return { name: 'toolchain', plan }
  if (!policy.restore) return { name: 'toolchain', plan, skipped: policy.why }
  const outcome = await restoreToolchain(transfer, moduleCacheLocation(job), plan.key, name, job.env).catch(
    (error) => cacheMiss(reason(error)),
  )
  return { name: 'toolchain', plan, outcome }
}

/** Looks up which entries of the module cache and the build cache a restore would get, as planned. */
export function lookUpCaches(
  { plan }: Job,
  transfer: Transfer,
): Promise<readonly [CacheReport, CacheReport]> {
  const { policy } = plan
  const lookUp = async (name: 'modules' | 'build'): Promise<CacheReport> => {
    const one = plan[name]
    if (!one.wanted) return { name, plan: one }
    if (!policy.restore) return { name, plan: one, skipped: policy.why }
    const outcome = await lookUpEntry(transfer, one.key).catch((error) => cacheMiss(reason(error)))
    return { name, plan: one, outcome }
  }
  return Promise.all([lookUp('modules'), lookUp('build')])
}

/** Saves the caches as planned, in parallel. */
export async function saveCaches(
  plan: SavePlan,
  state: State,
  transfer: Transfer,
): Promise<readonly SaveReport[]> {
  const saveOne = async (
    decision: SaveDecision,
    save: (why: string) => Promise<SaveOutcome>,
    finish: (refusal: SaveRefusal) => SaveOutcome = (refusal) => refuse(refusal),
  ): Promise<SaveOutcome> => {
    try {
      return decision.save ? await save(decision.why) : finish(decision.refusal)
    } catch (error) {
      return refuse({ rule: 'error' }, reason(error))
    }
  }
  const whole = plan.isWholeJob
  const [modules, build, toolchain] = await Promise.all([
    saveOne(plan.modules, (why) => saveModules(transfer, state, why, whole)),
    saveOne(
      plan.build,
      (why) => saveBuild(transfer, state, { why, whole }),
      (refusal) => finishWithoutSaving(state, refusal),
    ),
    saveOne(plan.toolchain, (why) => saveToolchain(transfer, state, why)),
  ])
  return [
    { name: 'modules', outcome: modules },
    { name: 'build', outcome: build },
    { name: 'toolchain', outcome: toolchain },
  ]
}

function proofFor(
  { go, env, uncheckedModules }: Job,
  sums: RecordedSums,
  { folder }: Transfer,
  mayQueryDatabase: boolean,
): ModuleProof {
  const { GOMODCACHE: gomodcache = '', GOPROXY: goproxy = '' } = go.env
  return {
    sums,
    ask: async (all, stage) => {
      const names = all.filter(
        (name) => !matchesModulePatterns(uncheckedModules, splitModuleVersion(name).path),
      )
      if (!mayQueryDatabase || names.length === 0) return noRecordedSums
      return queryChecksumDatabase(names, stage, { gomodcache, goproxy, folder, env })
    },
  }
}

function moduleCacheLocation({ go, workspace }: Pick<Job, 'go' | 'workspace'>): ModuleCacheLocation {
  const { GOMODCACHE = '', GOFLAGS = '' } = go.env
  const readOnly = !hasGoFlag(GOFLAGS, 'modcacherw') && !mustBeRemovable(GOMODCACHE, workspace)
  return { directory: GOMODCACHE, readOnly }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/**
 * Returns the access to the cache store of this job.
 *
 * @param folder absolute path of this action's own folder in RUNNER_TEMP
 * @param variables the variables of the runner, and of the programs that access the store
 * @param choice where the entries are
 * @param isChecked whether to check at once that this run can use a store of the user's own
 */
export async function startTransfer(
  folder: string,
  variables: Variables,
  choice: StoreChoice,
  isChecked: boolean,
): Promise<Transfer> {
  const store =
    typeof choice === 'object'
      ? await openS3Store(variables, choice, isChecked)
      : chooseStore(variables, folder, choice)
  return { store, folder, variables, access: writeAccess() }
}
