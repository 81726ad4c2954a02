import { removeCredentials } from './auth/credentials.ts'
import { removeSsh } from './auth/ssh.ts'
import { isBundleCheck } from './bundle/output-checks.ts'
import { startTransfer } from './cache/cache.ts'
import { readInputs } from './inputs/inputs.ts'
import { goOfflineAfterFailure } from './offline/offline.ts'
import { checkBundle } from './phases/check-bundle.ts'
import { planJob } from './phases/plan.ts'
import { failStep, logPlan, logSetup, reportFailure, reportPlan } from './phases/report.ts'
import { finishWithoutModules, restoreAndFetch } from './phases/restore-and-fetch.ts'
import { exportToLaterSteps, type ReadyJob, setUpJob } from './phases/set-up.ts'
import { startTimeline } from './platform/clock.ts'
import { processEnv, removeRelativePaths } from './platform/environment.ts'
import { isWithin, removeIfPossible } from './platform/files.ts'
import { runPhase } from './platform/runner.ts'
import { makeJobDir } from './platform/temp-dirs.ts'

/** The main phase: validates and sets up the job, plans, restores the caches, fetches what is missing, reports. */
async function runMain(): Promise<void> {
  removeRelativePaths()
  if (isBundleCheck()) return checkBundle()
  const timeline = startTimeline()
  let jobDir: string | undefined
  let isHandedOver = false
  let isExported = false
  let job: ReadyJob | undefined
  try {
    job = await setUpJob(timeline, () => {
      jobDir ??= makeJobDir()
      return jobDir
    })
    logSetup(job)
    const planned = await planJob(job)
    if (!job.inputs['dry-run']) {
      exportToLaterSteps(job)
      isExported = true
    }
    if (planned === undefined) await finishWithoutModules(job)
    else if (job.inputs['dry-run']) await reportPlan(job, planned)
    else {
      logPlan(planned.plan, planned.facts)
      jobDir ??= makeJobDir()
      isHandedOver = true
      await restoreAndFetch(job, planned, startTransfer(jobDir), timeline)
    }
  } catch (error) {
    await reportFailure(failStep(error), job?.inputs)
    goOfflineIfRequested(job)
  } finally {
    cleanUp(job, { isExported, jobDir: isHandedOver ? undefined : jobDir })
  }
}

/** Goes offline after a failure too: later steps that still run must not get more network than `offline` allows. */
function goOfflineIfRequested(job: ReadyJob | undefined): void {
  const { offline, 'dry-run': isDry } = job?.inputs ?? readInputs(processEnv()).inputs
  if (offline !== 'false' && !isDry) goOfflineAfterFailure(job)
}

/**
 * Removes the files that post does not need.
 *
 * @param left `jobDir`: the temp dir of the job, undefined if post removes it after the save; `isExported`: whether
 *   later steps got the variables of this job
 */
function cleanUp(
  job: ReadyJob | undefined,
  left: { readonly jobDir: string | undefined; readonly isExported: boolean },
): void {
  const { inputs, credentials, ssh, provided } = job ?? {}
  // Go itself lies in that folder when there was no better place to install it.
  const goRoot = provided?.root ?? ''
  const holdsGo = left.jobDir !== undefined && goRoot !== '' && isWithin(left.jobDir, goRoot)
  if (left.jobDir !== undefined && !holdsGo) removeIfPossible(left.jobDir)
  const areForLaterSteps = left.isExported && inputs?.['export-credentials'] === true
  if (credentials !== undefined && !areForLaterSteps) removeCredentials(credentials)
  if (ssh !== undefined && !areForLaterSteps) removeSsh(ssh)
}

await runPhase('main', runMain)
