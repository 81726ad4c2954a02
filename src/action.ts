import { saveCaches } from './cache/caches.ts'
import { isLeftWritable, leaveWritable } from './cache/modules/left-writable.ts'
import { lookAround } from './facts/facts.ts'
import { BadInput } from './inputs/problem.ts'
import { readInputs, variableOf } from './inputs/read.ts'
import { planGoRequirements } from './plan/go-requirements.ts'
import { planMain } from './plan/main-plan.ts'
import { planSave } from './plan/save.ts'
import { decodeState, jobStatus, stateName } from './plan/state.ts'
import { withheldVariable, withoutOthers } from './plan/withheld.ts'
import { bundleOutputProblems, isBundleCheck } from './steps/bundle-wish.ts'
import { carryOut } from './steps/carry-out.ts'
import { removeCredentials } from './steps/credentials.ts'
import { failStep } from './steps/fail.ts'
import { type OwnFolderKind, removeOwnFolder } from './steps/own-folder.ts'
import { type Prepared, prepare, publish } from './steps/prepare.ts'
import {
  type Planned,
  reportFailure,
  reportNothing,
  reportPlan,
  reportSaves,
  tellPlan,
  tellPrepared,
} from './steps/report.ts'
import { forgetSecretInputs } from './steps/secretless.ts'
import { removeSsh } from './steps/ssh.ts'
import { startTimeline } from './steps/timeline.ts'
import { startTransfer } from './steps/transfer.ts'
import {
  environment,
  forgetRelativePaths,
  isJobFolder,
  makeJobFolder,
  workspaceFolder,
} from './system/environment.ts'
import { isWithin, makeDirectory, removeIfPossible } from './system/files.ts'
import * as runner from './system/runner.ts'

/** The main phase: prepare, look, plan, restore, fetch what is missing, report. */
export async function runMain(): Promise<void> {
  forgetRelativePaths()
  if (isBundleCheck()) return checkBundle()
  const timeline = startTimeline()
  let folder: string | undefined
  let handedOver = false
  let published = false
  let prepared: Prepared | undefined
  try {
    prepared = await prepare(timeline, () => {
      folder ??= makeJobFolder()
      return folder
    })
    tellPrepared(prepared)
    const planned = await planFor(prepared)
    if (!prepared.inputs['dry-run']) {
      publish(prepared)
      published = true
    }
    if (planned === undefined) await finishWithoutModules(prepared)
    else if (prepared.inputs['dry-run']) await reportPlan(prepared, planned)
    else {
      tellPlan(planned.plan, planned.facts)
      folder ??= makeJobFolder()
      handedOver = true
      await carryOut(prepared, planned, startTransfer(folder), timeline)
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
async function sealIfAsked(prepared: Prepared | undefined): Promise<void> {
  const { offline, 'dry-run': isDry } = prepared?.inputs ?? readInputs(environment()).inputs
  if (offline === 'false' || isDry) return
  const { sealAfterFailure } = await import('./steps/seal.ts')
  sealAfterFailure(prepared)
}

/** Where there is nothing to build, a job can be sealed all the same. */
async function finishWithoutModules(prepared: Prepared): Promise<void> {
  if (prepared.offline.wish !== 'false' && !prepared.inputs['dry-run']) {
    const { sealNothing } = await import('./steps/seal.ts')
    sealNothing(prepared)
  }
  await reportNothing(prepared)
}

/** What opens bundles is loaded only by steps that need it. */
async function checkBundle(): Promise<void> {
  const { runBundleCheck } = await import('./steps/bundle-check.ts')
  return runBundleCheck()
}

/** Looks at the rest and plans; undefined where there is nothing to plan for. */
async function planFor({ inputs, checkout, go, settings, offline }: Prepared): Promise<Planned | undefined> {
  if (checkout.roots.length === 0 || go === undefined) return undefined
  const facts = await lookAround(inputs, checkout, go, settings)
  const { problems, warnings } = planGoRequirements(facts)
  const all = [...problems, ...bundleOutputProblems(facts)]
  if (all.length > 0) throw new BadInput(all)
  for (const warning of warnings) runner.warning(warning)
  const sealedSource = offline.wish === 'false' ? '' : offline.source
  return { facts, plan: planMain(facts, { settings, sealedSource }) }
}

/** The post phase: save what main's state says, report, leave nothing. It never fails a job. */
export async function runPost(): Promise<void> {
  forgetRelativePaths()
  // First of all: a cancelled job has little time.
  forgetSecretInputs()
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
function removeOwn(kind: OwnFolderKind): void {
  try {
    removeOwnFolder(kind)
  } catch (error) {
    runner.warning(`Not everything was cleaned up (${kind}): ${(error as Error).message}`)
  }
}

async function saveAll(): Promise<void> {
  const text = runner.savedState(stateName)
  const state = decodeState(text, isJobFolder)
  if (state === undefined) {
    const damaged = 'Nothing is saved: what the main step said of the caches cannot be read.'
    runner.info(text === '' ? 'There is nothing to save.' : damaged)
    return
  }
  try {
    // A step may have cleared RUNNER_TEMP.
    makeDirectory(state.folder)
    const status = jobStatus(environment()[variableOf('job-status')] ?? '')
    const kept = withoutOthers(state, environment()[withheldVariable] ?? '')
    const saves = await saveCaches(planSave(kept, status), kept, startTransfer(state.folder))
    await reportSaves(saves, state)
  } catch (error) {
    runner.warning(`Nothing was saved: ${(error as Error).message}`)
  } finally {
    const { leftWritable = '' } = state
    if (isLeftWritable(leftWritable, workspaceFolder())) leaveWritable(leftWritable)
    removeIfPossible(state.folder)
  }
}
