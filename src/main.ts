import { isBundleCheck } from './bundle/index.ts'
import { startTransfer } from './cache/index.ts'
import type { PreparedJob } from './job.ts'
import { offlineIfRequested } from './offline/index.ts'
import {
  checkBundle,
  exportToLaterSteps,
  failStep,
  finishWithoutModules,
  logPlan,
  logSetup,
  lookUp,
  noSaveReason,
  planJob,
  reportFailure,
  reportPlan,
  restoreAndFetch,
  setUpJob,
  usesStore,
  writePlan,
} from './phases/index.ts'
import { Cleanup } from './platform/cleanup.ts'
import { startTimeline } from './platform/clock.ts'
import { processEnv } from './platform/environment.ts'
import { onExit } from './platform/processes.ts'
import { LaterSteps, runPhase } from './platform/runner.ts'

/** The main phase: validates and sets up the job, plans, restores the caches, fetches what is missing, reports. */
async function runMain(): Promise<void> {
  const variables = processEnv()
  if (isBundleCheck(variables)) return checkBundle(variables)
  const timeline = startTimeline()
  const [cleanup, later] = [new Cleanup(), new LaterSteps()]
  // Also runs when the job is cancelled: later steps may run then, too.
  const end = () => {
    later.write()
    cleanup.endMain()
  }
  const unregister = onExit(end)
  let prepared: PreparedJob | undefined
  try {
    prepared = await setUpJob(variables, cleanup, timeline)
    logSetup(prepared)
    const job = await planJob(prepared)
    if (!prepared.inputs['dry-run']) exportToLaterSteps(prepared, later, cleanup)
    const folder = cleanup.makeDir('work')
    cleanup.keepForPost('work')
    const noSave = noSaveReason(prepared.inputs, job)
    if (noSave !== undefined) writePlan(folder, noSave)
    if (job === undefined) await finishWithoutModules(prepared, later)
    else if (job.inputs['dry-run']) await reportPlan(job)
    else {
      logPlan(job)
      const transfer = await startTransfer(folder, job.env.variables, job.plan.store, usesStore(job.plan))
      if (job.inputs['lookup-only']) await lookUp(job, transfer)
      else await restoreAndFetch(job, transfer, timeline, later)
    }
  } catch (error) {
    await reportFailure(failStep(error), prepared?.inputs)
    offlineIfRequested(prepared, variables, later)
  } finally {
    end()
    unregister()
  }
}

await runPhase('main', runMain)
