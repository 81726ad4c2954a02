import { removeCredentials } from './auth/credentials.ts'
import { removeSecretInputs } from './auth/missing-secrets.ts'
import { removeSsh } from './auth/ssh.ts'
import { bundleOutputProblems, isBundleCheck } from './bundle/output-checks.ts'
import { saveCaches, startTransfer } from './cache/cache.ts'
import { excludeForOtherUses, privatePatternsVariable } from './cache/excluded-modules.ts'
import { makeRemovable, mustBeRemovable } from './cache/gomodcache/install.ts'
import { planSave } from './cache/save-rules.ts'
import { UserError } from './errors.ts'
import { readInputs, variableOf } from './inputs/inputs.ts'
import { goOfflineAfterFailure, goOfflineWithoutModules } from './offline/offline.ts'
import { checkBundle } from './phases/check-bundle.ts'
import { collectFacts, planMain } from './phases/plan.ts'
import {
  failStep,
  logPlan,
  logSetup,
  type Planned,
  reportFailure,
  reportNothing,
  reportPlan,
  reportSaves,
} from './phases/report.ts'
import { restoreAndFetch } from './phases/restore-and-fetch.ts'
import { exportToLaterSteps, type ReadyJob, setUpJob } from './phases/set-up.ts'
import { removeJobTempDir, type TempDirKind } from './platform/cleanup.ts'
import { startTimeline } from './platform/clock.ts'
import { processEnv, removeRelativePaths } from './platform/environment.ts'
import { isWithin, makeDirectory, removeIfPossible } from './platform/files.ts'
import * as runner from './platform/runner.ts'
import { isJobDir, makeJobDir, workspaceFolder } from './platform/temp-dirs.ts'
import { decodeState, jobStatus, stateName } from './state.ts'
import { planGoRequirements } from './validate/go-version.ts'

/** The main phase: prepare, look, plan, restore, fetch what is missing, report. */
export async function runMain(): Promise<void> {
  removeRelativePaths()
  if (isBundleCheck()) return checkBundle()
  const timeline = startTimeline()
  let folder: string | undefined
  let handedOver = false
  let published = false
  let prepared: ReadyJob | undefined
  try {
    prepared = await setUpJob(timeline, () => {
      folder ??= makeJobDir()
      return folder
    })
    logSetup(prepared)
    const planned = await planFor(prepared)
    if (!prepared.inputs['dry-run']) {
      exportToLaterSteps(prepared)
      published = true
    }
    if (planned === undefined) await finishWithoutModules(prepared)
    else if (prepared.inputs['dry-run']) await reportPlan(prepared, planned)
    else {
      logPlan(planned.plan, planned.facts)
      folder ??= makeJobDir()
      handedOver = true
      await restoreAndFetch(prepared, planned, startTransfer(folder), timeline)
    }
  } catch (error) {
    await reportFailure(failStep(error), prepared?.inputs)
    await sealIfAsked(prepared)
  } finally {
    // Else post removes it, when it has saved what is in it; and where nothing better was to be had, the Go is in it.
    const root = prepared?.provided?.root ?? ''
    const holdsGo = folder !== undefined && root !== '' && isWithin(folder, root)
    if (folder !== undefined && !handedOver && !holdsGo) removeIfPossible(folder)
    const { inputs, credentials, ssh } = prepared ?? {}
    const areForLaterSteps = published && inputs?.['export-credentials'] === true
    if (credentials !== undefined && !areForLaterSteps) removeCredentials(credentials)
    if (ssh !== undefined && !areForLaterSteps) removeSsh(ssh)
  }
}

/** Steps that run although this one failed have no more of a network than it was asked to leave them. */
async function sealIfAsked(prepared: ReadyJob | undefined): Promise<void> {
  const { offline, 'dry-run': isDry } = prepared?.inputs ?? readInputs(processEnv()).inputs
  if (offline === 'false' || isDry) return
  goOfflineAfterFailure(prepared)
}

/** Where there is nothing to build, a job can be sealed all the same. */
async function finishWithoutModules(prepared: ReadyJob): Promise<void> {
  if (prepared.offline.mode !== 'false' && !prepared.inputs['dry-run']) {
    goOfflineWithoutModules(prepared)
  }
  await reportNothing(prepared)
}

/** Looks at the rest and plans; undefined where there is nothing to plan for. */
async function planFor({ inputs, checkout, go, settings, offline }: ReadyJob): Promise<Planned | undefined> {
  if (checkout.roots.length === 0 || go === undefined) return undefined
  const facts = await collectFacts(inputs, checkout, go, settings)
  const { problems, warnings } = planGoRequirements(facts)
  const all = [...problems, ...bundleOutputProblems(facts)]
  if (all.length > 0) throw new UserError(all)
  for (const warning of warnings) runner.warning(warning)
  const sealedSource = offline.mode === 'false' ? '' : offline.source
  return { facts, plan: planMain(facts, { settings, sealedSource }) }
}

/** The post phase: save what main's state says, report, leave nothing. It never fails a job. */
export async function runPost(): Promise<void> {
  removeRelativePaths()
  // First of all: a cancelled job has little time.
  removeSecretInputs()
  // In reverse order, because each gives back what was before it.
  removeOwn('ssh')
  removeOwn('credentials')
  try {
    await saveAll()
  } finally {
    removeOwn('bundle')
    // What is saved may go to a server that only they vouch for.
    removeOwn('certificates')
  }
}

/** What goes wrong with one folder keeps no other from being removed. */
function removeOwn(kind: TempDirKind): void {
  try {
    removeJobTempDir(kind)
  } catch (error) {
    runner.warning(`Not everything was cleaned up (${kind}): ${(error as Error).message}`)
  }
}

async function saveAll(): Promise<void> {
  const text = runner.savedState(stateName)
  const state = decodeState(text, isJobDir)
  if (state === undefined) {
    const damaged = 'Nothing is saved: what the main step said of the caches cannot be read.'
    runner.info(text === '' ? 'There is nothing to save.' : damaged)
    return
  }
  try {
    // A step may have cleared RUNNER_TEMP.
    makeDirectory(state.folder)
    const status = jobStatus(processEnv()[variableOf('job-status')] ?? '')
    const kept = excludeForOtherUses(state, processEnv()[privatePatternsVariable] ?? '')
    const saves = await saveCaches(planSave(kept, status), kept, startTransfer(state.folder))
    await reportSaves(saves, state)
  } catch (error) {
    runner.warning(`Nothing was saved: ${(error as Error).message}`)
  } finally {
    const { makeRemovable: removable = '' } = state
    if (mustBeRemovable(removable, workspaceFolder())) makeRemovable(removable)
    removeIfPossible(state.folder)
  }
}
