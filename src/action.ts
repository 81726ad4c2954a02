import type { ModulesReport } from './cache/caches.ts'
import {
  buildState,
  modulesState,
  restoreBuildCache,
  restoreModuleCache,
  saveCaches,
} from './cache/caches.ts'
import { githubStore } from './cache/store/github.ts'
import type { Transfer } from './cache/transfer.ts'
import { fetchDependencies } from './dependencies/fetch.ts'
import { deadlines } from './facts/deadlines.ts'
import { type Facts, lookAround } from './facts/facts.ts'
import type { Outputs } from './inputs/outputs.ts'
import { variableOf } from './inputs/read.ts'
import { type MainPlan, planMain } from './plan/main-plan.ts'
import { planSave } from './plan/save.ts'
import { decodeState, encodeState, jobStatus, type State, stateName } from './plan/state.ts'
import { dependencyLog, introduction, restoreLog, saveLog } from './report/log.ts'
import { mainOutputs } from './report/outputs.ts'
import { planLines } from './report/plan-log.ts'
import type { CacheReport, DependencyReport } from './report/report.ts'
import { mainSummary, postSummary } from './report/summary.ts'
import { cacheWarning } from './report/trouble.ts'
import { failStep, tell } from './system/announce.ts'
import { now } from './system/clock.ts'
import { environment, makeJobFolder } from './system/environment.ts'
import { makeDirectory, removeIfPossible } from './system/files.ts'
import * as runner from './system/runner.ts'

/** What main has learned so far; however main ends, post is told of it. */
interface Progress {
  modules?: ModulesReport
  build?: CacheReport
  dependencies: readonly DependencyReport[]
  warned: boolean
}

/** The main phase: look, plan, restore, download what is missing, report. */
export async function runMain(): Promise<void> {
  const began = now()
  try {
    const facts = await lookAround()
    if (facts === undefined) {
      runner.notice('There is no go.mod in this checkout: nothing is cached or downloaded.')
      setOutputs({ 'cache-hit': 'false', 'modules-cache': 'off', 'build-cache': 'off' })
      return
    }
    const plan = planMain(facts)
    runner.info(introduction(plan, facts.roots))
    if (plan.policy.notice !== undefined) runner.notice(plan.policy.notice)
    if (facts.inputs['dry-run']) {
      runner.group('Dry run: this is the plan, and nothing is done', planLines(plan))
      const [modules, build] = [
        { name: 'modules', plan: plan.modules },
        { name: 'build', plan: plan.build },
      ] as const
      setOutputs(mainOutputs(modules, build, { version: plan.goVersion, env: facts.go.env }))
    } else await carryOut(facts, plan, began)
  } catch (error) {
    failStep(error)
  }
}

async function carryOut(facts: Facts, plan: MainPlan, began: number): Promise<void> {
  const transfer = startTransfer(makeJobFolder())
  const progress: Progress = { dependencies: [], warned: false }
  const handOver = () =>
    runner.saveState(stateName, encodeState(stateOf(facts, plan, progress, transfer, began)))
  // Handed over at once as well, so that post cleans up after a job that was cancelled meanwhile.
  handOver()
  try {
    // The two caches do not wait for each other; a download waits for the modules only.
    const settled = await Promise.allSettled([
      restoreThenFetch(facts, plan, transfer, progress),
      restoreBuildCache(facts, plan, transfer).then((report) => {
        progress.build = report
        tell(restoreLog(report))
      }),
    ])
    const failure = settled.find((one) => one.status === 'rejected')
    const warning = cacheWarning([progress.modules?.outcome, progress.build?.outcome])
    if (warning !== undefined) runner.warning(warning)
    progress.warned = warning !== undefined
    await reportMain(facts, plan, progress, failure !== undefined)
    if (failure !== undefined) throw failure.reason
  } finally {
    handOver()
  }
}

async function restoreThenFetch(
  facts: Facts,
  plan: MainPlan,
  transfer: Transfer,
  progress: Progress,
): Promise<void> {
  progress.modules = await restoreModuleCache(facts, plan, transfer)
  const { plan: modules } = progress.modules
  if (modules.wanted || modules.expected !== true) tell(restoreLog(progress.modules))
  progress.dependencies = await fetchDependencies(plan.dependencies, {
    gomodcache: facts.go.env.GOMODCACHE ?? '',
    zips: facts.inputs['cache-zips'] === 'true',
    retries: facts.inputs.retries,
  })
  for (const report of progress.dependencies) tell(dependencyLog(report))
}

async function reportMain(facts: Facts, plan: MainPlan, progress: Progress, failed: boolean): Promise<void> {
  const { modules, build } = progress
  if (modules === undefined || build === undefined) return
  setOutputs(mainOutputs(modules, build, { version: plan.goVersion, env: facts.go.env }))
  await runner.appendToSummary(
    mainSummary({
      goVersion: plan.goVersion,
      labels: facts.roots.map((root) => root.label),
      caches: [modules, build],
      dependencies: progress.dependencies,
      policy: plan.policy.why,
      failed,
    }),
  )
}

function setOutputs(outputs: Outputs): void {
  for (const [name, value] of Object.entries(outputs)) runner.setOutput(name, value)
}

function stateOf(facts: Facts, plan: MainPlan, progress: Progress, transfer: Transfer, began: number): State {
  const modules = modulesState(facts, progress.modules)
  const build = buildState(facts, progress.build)
  return {
    version: 1,
    folder: transfer.folder,
    began,
    ended: now(),
    warned: progress.warned,
    save: plan.policy.save,
    why: plan.policy.why,
    saveBuildOnFailure: facts.inputs['cache-save-on-failure'],
    ...(modules === undefined ? {} : { modules }),
    ...(build === undefined ? {} : { build }),
  }
}

/** The post phase: save what main's state says, report, leave nothing. It never fails a job. */
export async function runPost(): Promise<void> {
  const state = decodeState(runner.savedState(stateName))
  if (state === undefined) {
    runner.info('There is nothing to save.')
    return
  }
  try {
    // A step may have cleared RUNNER_TEMP.
    makeDirectory(state.folder)
    const status = jobStatus(environment()[variableOf('job-status')] ?? '')
    const saves = await saveCaches(planSave(state, status), state, startTransfer(state.folder))
    // Of a cache that is off, main has said why.
    const told = saves.filter(({ name }) => state[name] !== undefined)
    for (const report of told) tell(saveLog(report))
    const warning = cacheWarning(saves.map((report) => report.outcome))
    if (warning !== undefined && !state.warned) runner.warning(warning)
    else if (warning !== undefined) runner.info(warning)
    if (told.length > 0) await runner.appendToSummary(postSummary(told))
  } catch (error) {
    runner.warning(`Nothing was saved: ${(error as Error).message}`)
  } finally {
    removeIfPossible(state.folder)
  }
}

function startTransfer(folder: string): Transfer {
  const variables = environment()
  return { store: githubStore(variables, folder, deadlines(variables)), folder }
}
