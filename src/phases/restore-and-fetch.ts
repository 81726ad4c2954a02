import { missingSecretsText } from '../auth/missing-secrets.ts'
import { makeBundle } from '../bundle/bundle.ts'
import type { BundleReport } from '../bundle/content.ts'
import { restoreBuildCache, restoreModuleCache, restoreToolchainCache } from '../cache/cache.ts'
import type { Transfer } from '../cache/entries.ts'
import { mayCachePrivate } from '../cache/excluded-modules.ts'
import { mustBeRemovable } from '../cache/gomodcache/install.ts'
import {
  type BuildReport,
  type CacheReport,
  CorruptModules,
  cacheWarning,
  corruptWarning,
  type ModulesReport,
} from '../cache/outcomes.ts'
import { checkCheckout, fetchDependencies } from '../dependencies/dependencies.ts'
import { writeLock } from '../dependencies/deps-lock.ts'
import type { DependencyReport } from '../dependencies/plan.ts'
import { offerVendorPatch } from '../dependencies/vendor.ts'
import { skipRoot } from '../gofiles/roots.ts'
import { goFlagValue } from '../gosettings/goflags.ts'
import { usesOnlyFolders } from '../gosettings/goproxy.ts'
import type { JobFacts } from '../job.ts'
import {
  goOffline,
  goOfflineAfterFailure,
  goOfflineWithoutModules,
  type OfflineOutcome,
} from '../offline/offline.ts'
import { now, type Timeline } from '../platform/clock.ts'
import { processEnv } from '../platform/environment.ts'
import * as runner from '../platform/runner.ts'
import { logGroup } from '../platform/runner.ts'
import { dependencyLog, restoreLog, skippedText } from '../report/log.ts'
import { buildState, encodeState, modulesState, type State, stateName, toolchainState } from '../state.ts'
import { prepareTestCache } from '../testcache/testcache.ts'
import { failStep, type Planned, reportMain, reportNothing } from './report.ts'
import type { ReadyJob } from './set-up.ts'

/** The results of main so far; post gets them even if main fails. */
interface Progress {
  modules?: ModulesReport
  build?: BuildReport
  /** Digest of the test inputs that got stable mtimes. */
  settled: string
  toolchain?: CacheReport
  bundle?: BundleReport
  dependencies: readonly DependencyReport[]
  /** The offline mode of the rest of the job; absent if the job stays online. */
  sealed?: OfflineOutcome
  warned: boolean
  failed: boolean
}

/** Restores the caches, fetches what is missing, reports, fails the step if it must, and hands over to post. */
export async function restoreAndFetch(
  prepared: ReadyJob,
  planned: Planned,
  transfer: Transfer,
  timeline: Timeline,
): Promise<void> {
  const { facts, plan } = planned
  const began = now()
  const progress: Progress = { settled: '', dependencies: [], warned: false, failed: true }
  const handOver = () => runner.saveState(stateName, encodeState(stateOf(planned, progress, transfer, began)))
  // Also handed over at the start, so that post cleans up if the job is cancelled.
  handOver()
  try {
    // The build cache restores in parallel; a download waits for the module cache and for the toolchain.
    const stable = await Promise.allSettled([
      restoreThenFetch(prepared, planned, transfer, progress, timeline),
      timed(timeline, plan.build.wanted, 'restore the build cache', async () => {
        progress.build = await restoreBuildCache(facts, plan, transfer)
        logGroup(restoreLog(progress.build))
      }),
    ])
    const failure = stable.find((one) => one.status === 'rejected')
    // This comes last, because vendoring writes files that tests may read.
    const testInputs = progress.build?.testInputs ?? []
    if (failure === undefined) {
      await writeDepsLock(prepared)
      progress.settled = await prepareTestCache(facts, testInputs, transfer.folder)
    }
    const { modules, build, toolchain, dependencies, bundle, sealed } = progress
    const caches = [modules, build, toolchain].filter((one) => one !== undefined)
    const warning = cacheWarning(caches.map(({ outcome }) => outcome))
    if (warning !== undefined) runner.warning(warning)
    progress.warned = warning !== undefined
    progress.failed = failure !== undefined
    const failures = failure === undefined ? [] : failStep(failure.reason, secretsFirst(facts))
    if (failure !== undefined && prepared.offline.mode !== 'false') {
      goOfflineAfterFailure(prepared)
    }
    await reportMain(prepared, planned, {
      ...{ caches, dependencies, timeline: timeline.spans(), failures },
      ...(bundle === undefined ? {} : { bundle }),
      ...(sealed === undefined ? {} : { offline: sealed }),
    })
  } finally {
    handOver()
  }
}

async function restoreThenFetch(
  prepared: ReadyJob,
  planned: Planned,
  transfer: Transfer,
  progress: Progress,
  timeline: Timeline,
): Promise<void> {
  const { facts, plan } = planned
  const { offline } = prepared
  // An offline job cannot use the checksum database, so it restores no modules that are in no checksum file.
  const asksDatabase = offline.mode === 'false'
  await Promise.all([
    timed(timeline, plan.modules.wanted, 'restore the modules', async () => {
      progress.modules = await restoreModuleCache(facts, plan, transfer, asksDatabase)
      if (plan.modules.wanted || plan.modules.expected !== true) logGroup(restoreLog(progress.modules))
    }),
    timed(timeline, plan.toolchain.plan.wanted, 'restore the toolchain', async () => {
      progress.toolchain = await restoreToolchainCache(facts, plan, transfer)
      const { plan: planned, name } = plan.toolchain
      if (planned.wanted || (name !== '' && planned.expected !== true))
        logGroup(restoreLog(progress.toolchain))
    }),
  ])
  answerWrong(facts.inputs['on-corrupt'], progress.modules)
  const options = {
    gomodcache: facts.go.env.GOMODCACHE ?? '',
    zips: facts.inputs['cache-zips'] === 'true',
    retries: facts.inputs.retries,
    bundled: new Set(prepared.bundled),
    onlyFolders: usesOnlyFolders(prepared.settings('GOPROXY')),
    folder: transfer.folder,
    fetches: offline.fetches,
    // A check that an input requests also covers modules that a search found.
    leavesOut: !facts.inputs['check-vendor'] && !facts.inputs['check-tidy'],
    addsSums: goFlagValue(facts.go.env.GOFLAGS ?? '', 'mod') === 'mod',
  }
  const left = await fetchDependencies(plan.dependencies, options, timeline.time, (report) => {
    progress.dependencies = [...progress.dependencies, report]
    logGroup(dependencyLog(report))
  })
  for (const [root, why] of left) runner.notice(skippedText(skipRoot(root, why)))
  const taken = { ...facts, roots: facts.roots.filter((root) => !left.has(root)) }
  await offerVendorPatch(facts.roots, progress.dependencies, transfer.folder)
  await checkCheckout(taken, transfer.folder, timeline)
  if (facts.inputs['bundle-output'] !== '') {
    progress.bundle = await timeline.time('bundle', () => makeBundle(taken, transfer.folder))
  }
  if (offline.mode === 'false' && offline.check.length === 0) return
  // Only jobs that request a proof or the offline mode load that code.
  progress.sealed = await goOffline(prepared, { ...planned, facts: taken }, timeline)
}

async function writeDepsLock({ inputs, checkout }: ReadyJob): Promise<void> {
  if (inputs['deps-lock'] === '') return
  if (inputs['deps-lock-mode'] === 'write') writeLock(inputs, checkout)
  else runner.info(`${inputs['deps-lock']} lists exactly the modules of this checkout (input \`deps-lock\`)`)
}

/** Returns the lead of failures in a run that gets no secrets, where missing secrets are the usual cause. */
function secretsFirst({ inputs, event, privateModules }: JobFacts): (output: string) => string | undefined {
  const run = { fork: event.fork, actor: processEnv().GITHUB_ACTOR ?? '' }
  return (output) => missingSecretsText(inputs, run, privateModules, output)
}

/** Warns about modules that differ from their recorded hash, or fails because of them. */
function answerWrong(requested: JobFacts['inputs']['on-corrupt'], report: ModulesReport | undefined): void {
  const { wrong = [], outcome } = report ?? {}
  if (wrong.length === 0) return
  const key = outcome?.matched ?? ''
  if (requested === 'fail') throw new CorruptModules(wrong, key)
  runner.warning(corruptWarning(wrong, key))
}

/** Runs work and notes its time. Disabled caches still produce a report, but no timeline entry. */
function timed<T>(timeline: Timeline, isNoted: boolean, what: string, work: () => Promise<T>): Promise<T> {
  return isNoted ? timeline.time(what, work) : work()
}

function stateOf({ facts, plan }: Planned, progress: Progress, transfer: Transfer, began: number): State {
  const gomodcache = facts.go.env.GOMODCACHE ?? ''
  const modules = modulesState(facts, progress.modules, plan.excluded)
  const build = buildState(facts, progress.build, progress.settled, plan.excluded)
  const toolchain = toolchainState(facts, plan.toolchain.name, progress.toolchain)
  return {
    version: 1,
    folder: transfer.folder,
    began,
    ended: now(),
    warned: progress.warned,
    save: plan.policy.save,
    why: plan.policy.why,
    ...(progress.failed ? { failed: true } : {}),
    saveBuildOnFailure: facts.inputs['cache-save-on-failure'],
    keepsPrivate: mayCachePrivate(facts.inputs, facts.event),
    maxSize: facts.inputs['cache-max-size'],
    summary: facts.inputs.summary,
    ...(mustBeRemovable(gomodcache, facts.workspace) ? { makeRemovable: gomodcache } : {}),
    ...(modules === undefined ? {} : { modules }),
    ...(build === undefined ? {} : { build }),
    ...(toolchain === undefined ? {} : { toolchain }),
  }
}

/** Finishes a job that has nothing to build. It goes offline if an input requests that. */
export async function finishWithoutModules(job: ReadyJob): Promise<void> {
  if (job.offline.mode !== 'false' && !job.inputs['dry-run']) goOfflineWithoutModules(job)
  await reportNothing(job)
}
