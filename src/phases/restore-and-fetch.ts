import { missingSecretsText } from '../auth/index.ts'
import { makeBundle } from '../bundle/index.ts'
import {
  CorruptModules,
  cacheWarning,
  corruptWarning,
  deleteCommand,
  type ModulesReport,
  missProblems,
  restoreBuildCache,
  restoreModuleCache,
  restoreToolchainCache,
  type Transfer,
} from '../cache/index.ts'
import { checkCheckout, fetchDependencies, offerVendorPatch, writeLock } from '../dependencies/index.ts'
import { UserError } from '../errors.ts'
import { skipRoot } from '../gofiles/roots.ts'
import { goFlagValue } from '../gosettings/goflags.ts'
import { usesOnlyFolders } from '../gosettings/goproxy.ts'
import type { Job, Outcome, PreparedJob } from '../job.ts'
import { goOffline, goOfflineAfterFailure, goOfflineWithoutModules } from '../offline/index.ts'
import { now, type Timeline } from '../platform/clock.ts'
import * as runner from '../platform/runner.ts'
import { logGroup } from '../platform/runner.ts'
import { dependencyLog, restoreLog, skippedText } from '../report/index.ts'
import { encodeState, stateName, stateOf } from '../state.ts'
import { prepareTestCache } from '../testcache/index.ts'
import { failStep, reportMain, reportNothing, reportStore } from './report.ts'
import { writePlan } from './uses.ts'

/** Restores the caches, fetches what is missing, reports, fails the step if it must, and hands over to post. */
export async function restoreAndFetch(
  job: Job,
  transfer: Transfer,
  timeline: Timeline,
  later: runner.LaterSteps,
): Promise<void> {
  const { plan } = job
  const outcome: Outcome = {
    ...{ began: now(), stableMtimes: '', dependencies: [], failures: [] },
    ...{ hasWarned: false, hasFailed: true },
  }
  const saveOutcome = () => {
    const state = stateOf(job, outcome, transfer.folder, now())
    runner.saveState(stateName, encodeState(state))
    writePlan(transfer.folder, state)
  }
  // Also saved at the start, so that post cleans up if the job is cancelled.
  saveOutcome()
  const isReported = reportStore(job, transfer.store.unavailable)
  try {
    // The build cache restores in parallel; a download waits for the module cache and for the toolchain.
    const build = timed(timeline, plan.build.wanted, 'restore the build cache', async () => {
      outcome.build = await restoreBuildCache(job, transfer)
      logGroup(restoreLog(outcome.build))
    })
    const ended = await Promise.allSettled([
      restoreThenFetch(job, transfer, outcome, timeline, later, build),
      build,
    ])
    const failure = ended.find((one) => one.status === 'rejected')
    // This comes last, because vendoring writes files that tests may read.
    const testInputs = outcome.build?.testInputs ?? []
    if (failure === undefined) {
      await writeDepsLock(job)
      outcome.stableMtimes = await prepareTestCache(job, testInputs, transfer.folder)
    }
    const caches = [outcome.modules, outcome.build, outcome.toolchain]
    const warning = cacheWarning(caches.map((cache) => cache?.outcome))
    if (warning !== undefined && !isReported) runner.warning(warning)
    outcome.hasWarned = warning !== undefined || isReported
    outcome.hasFailed = failure !== undefined
    if (failure !== undefined) {
      outcome.failures = failStep(failure.reason, missingSecretsLead(job))
      if (job.offline.mode !== 'false') goOfflineAfterFailure(job.offline, later)
    }
    await reportMain(job, outcome, timeline.spans())
  } finally {
    saveOutcome()
  }
}

async function restoreThenFetch(
  job: Job,
  transfer: Transfer,
  outcome: Outcome,
  timeline: Timeline,
  later: runner.LaterSteps,
  build: Promise<void>,
): Promise<void> {
  const { inputs, plan, offline, env, go, roots } = job
  // An offline job cannot use the checksum database, so it restores no modules that are in no checksum file.
  const canQueryDatabase = offline.mode === 'false'
  await Promise.all([
    timed(timeline, plan.modules.wanted, 'restore the modules', async () => {
      outcome.modules = await restoreModuleCache(job, transfer, canQueryDatabase)
      if (plan.modules.wanted || plan.modules.expected !== true) logGroup(restoreLog(outcome.modules))
    }),
    timed(timeline, plan.toolchain.plan.wanted, 'restore the toolchain', async () => {
      outcome.toolchain = await restoreToolchainCache(job, transfer)
      const { plan: planned, name } = plan.toolchain
      if (planned.wanted || (name !== '' && planned.expected !== true))
        logGroup(restoreLog(outcome.toolchain))
    }),
  ])
  handleCorruptModules(job, outcome.modules)
  if (inputs['fail-on-cache-miss'] !== 'false') {
    // A job that fails for a missing entry must not download modules first.
    await build
    const missing = missProblems(inputs['fail-on-cache-miss'], [outcome.modules, outcome.build])
    if (missing.length > 0) throw new UserError(missing)
  }
  const options = {
    env,
    gomodcache: go.env.GOMODCACHE ?? '',
    zips: inputs['cache-zips'] === 'true',
    retries: inputs.retries,
    bundled: new Set(job.bundled),
    onlyFolders: usesOnlyFolders(job.inputEnv.setting('GOPROXY')),
    folder: transfer.folder,
    fetches: offline.fetches,
    // A check that an input requests also covers modules that a search found.
    maySkip: !inputs['check-vendor'] && !inputs['check-tidy'],
    addsSums: goFlagValue(go.env.GOFLAGS ?? '', 'mod') === 'mod',
  }
  const skipped = await fetchDependencies(plan.dependencies, options, timeline.time, (report) => {
    outcome.dependencies = [...outcome.dependencies, report]
    logGroup(dependencyLog(report))
  })
  for (const [root, why] of skipped) runner.notice(skippedText(skipRoot(root, why)))
  const fetched = { ...job, roots: roots.filter((root) => !skipped.has(root)) }
  await offerVendorPatch(roots, outcome.dependencies, transfer.folder, env)
  await checkCheckout(fetched, transfer.folder, timeline)
  if (inputs['bundle-output'] !== '') {
    outcome.bundle = await timeline.time('bundle', () => makeBundle(fetched, transfer.folder))
  }
  if (offline.mode === 'false' && offline.check.length === 0) return
  outcome.offline = await goOffline(fetched, timeline, later)
}

async function writeDepsLock({ inputs, checkout }: Job): Promise<void> {
  if (inputs['deps-lock'] === '') return
  if (inputs['deps-lock-mode'] === 'write') writeLock(inputs, checkout)
  else runner.info(`${inputs['deps-lock']} lists exactly the modules of this checkout (input \`deps-lock\`)`)
}

/** Returns the lead of failures in a run that gets no secrets, where missing secrets are the usual cause. */
function missingSecretsLead({
  inputs,
  event,
  env,
  privateModules,
}: Job): (output: string) => string | undefined {
  const run = { fork: event.fork, actor: env.variable('GITHUB_ACTOR') }
  return (output) => missingSecretsText(inputs, run, privateModules, output)
}

/** Warns about modules that differ from their recorded hash, or fails because of them. */
function handleCorruptModules({ inputs, plan }: Job, report: ModulesReport | undefined): void {
  const { wrong = [], outcome } = report ?? {}
  if (wrong.length === 0) return
  const key = outcome?.matched ?? ''
  if (inputs['on-corrupt'] === 'fail') throw new CorruptModules(wrong, key, deleteCommand(plan.store, key))
  runner.warning(corruptWarning(wrong, key))
}

/** Runs work and records its duration. Disabled caches still produce a report, but no timeline entry. */
function timed<T>(timeline: Timeline, isRecorded: boolean, what: string, work: () => Promise<T>): Promise<T> {
  return isRecorded ? timeline.time(what, work) : work()
}

/** Finishes a job that has nothing to build. It goes offline if an input requests that. */
export async function finishWithoutModules(job: PreparedJob, later: runner.LaterSteps): Promise<void> {
  if (job.offline.mode !== 'false' && !job.inputs['dry-run']) goOfflineWithoutModules(job.offline, later)
  await reportNothing(job)
}
