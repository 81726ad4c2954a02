import { restoreBuildCache, restoreModuleCache, restoreToolchainCache } from '../cache/caches.ts'
import { isLeftWritable } from '../cache/modules/left-writable.ts'
import {
  type BuildReport,
  buildState,
  type ModulesReport,
  modulesState,
  toolchainState,
} from '../cache/states.ts'
import type { Transfer } from '../cache/transfer.ts'
import { fetchDependencies } from '../dependencies/fetch.ts'
import type { Facts } from '../facts/facts.ts'
import { leftOut } from '../modules/left-out.ts'
import { goFlagValue } from '../modules/settings/goflags.ts'
import { namesFoldersAlone } from '../modules/settings/goproxy.ts'
import { encodeState, type State, stateName } from '../plan/state.ts'
import { keepsPrivate } from '../plan/withheld.ts'
import { leftOutText } from '../report/left-out.ts'
import { dependencyLog, restoreLog } from '../report/log.ts'
import type { BundleReport, CacheReport, DependencyReport } from '../report/report.ts'
import { cacheWarning } from '../report/trouble.ts'
import { CorruptModules, healedText } from '../report/wrong-modules.ts'
import { tell } from '../system/announce.ts'
import { now } from '../system/clock.ts'
import { environment } from '../system/environment.ts'
import * as runner from '../system/runner.ts'
import { checkCheckout } from './checks.ts'
import { failStep } from './fail.ts'
import type { Prepared } from './prepare.ts'
import { type Planned, reportMain } from './report.ts'
import type { Sealed } from './seal.ts'
import { secretlessText } from './secretless.ts'
import { prepareTestCache } from './test-cache.ts'
import type { Timeline } from './timeline.ts'
import { offerVendorPatch } from './vendor-patch.ts'

/** What main has learned so far; however main ends, post is told of it. */
interface Progress {
  modules?: ModulesReport
  build?: BuildReport
  /** Digest of the test inputs that were given settled times. */
  settled: string
  toolchain?: CacheReport
  bundle?: BundleReport
  dependencies: readonly DependencyReport[]
  /** What keeps the rest of the job off the network; absent where nothing does. */
  sealed?: Sealed
  warned: boolean
  failed: boolean
}

/** Restores the caches, fetches what is missing, reports, fails the step if it must, and hands over to post. */
export async function carryOut(
  prepared: Prepared,
  planned: Planned,
  transfer: Transfer,
  timeline: Timeline,
): Promise<void> {
  const { facts, plan } = planned
  const began = now()
  const progress: Progress = { settled: '', dependencies: [], warned: false, failed: true }
  const handOver = () => runner.saveState(stateName, encodeState(stateOf(planned, progress, transfer, began)))
  // Handed over at once as well, so that post cleans up after a job that was cancelled meanwhile.
  handOver()
  try {
    // The build cache does not wait for the others; a download waits for the modules and the Go that fetches.
    const settled = await Promise.allSettled([
      restoreThenFetch(prepared, planned, transfer, progress, timeline),
      timed(timeline, plan.build.wanted, 'restore the build cache', async () => {
        progress.build = await restoreBuildCache(facts, plan, transfer)
        tell(restoreLog(progress.build))
      }),
    ])
    const failure = settled.find((one) => one.status === 'rejected')
    // Last, because vendoring writes files that tests may read.
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
    if (failure !== undefined && prepared.offline.wish !== 'false') {
      const { sealAfterFailure } = await import('./seal.ts')
      sealAfterFailure(prepared)
    }
    await reportMain(prepared, planned, {
      ...{ caches, dependencies, timeline: timeline.spans(), failures },
      ...(bundle === undefined ? {} : { bundle }),
      ...(sealed === undefined ? {} : { sealed }),
    })
  } finally {
    handOver()
  }
}

async function restoreThenFetch(
  prepared: Prepared,
  planned: Planned,
  transfer: Transfer,
  progress: Progress,
  timeline: Timeline,
): Promise<void> {
  const { facts, plan } = planned
  const { offline } = prepared
  // Of what no checksum file names, a sealed job asks no database: it is not taken out of an entry, either.
  const asksDatabase = offline.wish === 'false'
  await Promise.all([
    timed(timeline, plan.modules.wanted, 'restore the modules', async () => {
      progress.modules = await restoreModuleCache(facts, plan, transfer, asksDatabase)
      if (plan.modules.wanted || plan.modules.expected !== true) tell(restoreLog(progress.modules))
    }),
    timed(timeline, plan.toolchain.plan.wanted, 'restore the toolchain', async () => {
      progress.toolchain = await restoreToolchainCache(facts, plan, transfer)
      const { plan: planned, name } = plan.toolchain
      if (planned.wanted || (name !== '' && planned.expected !== true)) tell(restoreLog(progress.toolchain))
    }),
  ])
  answerWrong(facts.inputs['on-corrupt'], progress.modules)
  const options = {
    gomodcache: facts.go.env.GOMODCACHE ?? '',
    zips: facts.inputs['cache-zips'] === 'true',
    retries: facts.inputs.retries,
    bundled: new Set(prepared.bundled),
    onlyFolders: namesFoldersAlone(prepared.settings('GOPROXY')),
    folder: transfer.folder,
    fetches: offline.fetches,
    // A check that an input asks for is of what was found, too.
    leavesOut: !facts.inputs['check-vendor'] && !facts.inputs['check-tidy'],
    addsSums: goFlagValue(facts.go.env.GOFLAGS ?? '', 'mod') === 'mod',
  }
  const left = await fetchDependencies(plan.dependencies, options, timeline.time, (report) => {
    progress.dependencies = [...progress.dependencies, report]
    tell(dependencyLog(report))
  })
  for (const [root, why] of left) runner.notice(leftOutText(leftOut(root, why)))
  const taken = { ...facts, roots: facts.roots.filter((root) => !left.has(root)) }
  await offerVendorPatch(facts.roots, progress.dependencies, transfer.folder)
  await checkCheckout(taken, transfer.folder, timeline)
  if (facts.inputs['bundle-output'] !== '') {
    const { makeBundle } = await import('./bundle-output.ts')
    progress.bundle = await timeline.time('bundle', () => makeBundle(taken, transfer.folder))
  }
  if (offline.wish === 'false' && offline.check.length === 0) return
  // What proves and seals is loaded only by jobs that ask for it.
  const { seal } = await import('./seal.ts')
  progress.sealed = await seal(prepared, { ...planned, facts: taken }, timeline)
}

async function writeDepsLock({ inputs, checkout }: Prepared): Promise<void> {
  if (inputs['deps-lock'] === '') return
  const { writeLock } = await import('./deps-lock.ts')
  if (inputs['deps-lock-mode'] === 'write') writeLock(inputs, checkout)
  else runner.info(`${inputs['deps-lock']} lists exactly the modules of this checkout (input \`deps-lock\`)`)
}

/** In a run that gets no secrets, that is what most failures come from. */
function secretsFirst({ inputs, event, privateModules }: Facts): (output: string) => string | undefined {
  const run = { fork: event.fork, actor: environment().GITHUB_ACTOR ?? '' }
  return (output) => secretlessText(inputs, run, privateModules, output)
}

/** Says of modules that were not what is recorded, or fails for them. */
function answerWrong(wish: Facts['inputs']['on-corrupt'], report: ModulesReport | undefined): void {
  const { wrong = [], outcome } = report ?? {}
  if (wrong.length === 0) return
  const key = outcome?.matched ?? ''
  if (wish === 'fail') throw new CorruptModules(wrong, key)
  runner.warning(healedText(wrong, key))
}

/** What is not wanted is done all the same, to be told of, and takes no time worth noting. */
function timed<T>(timeline: Timeline, isNoted: boolean, what: string, work: () => Promise<T>): Promise<T> {
  return isNoted ? timeline.time(what, work) : work()
}

function stateOf({ facts, plan }: Planned, progress: Progress, transfer: Transfer, began: number): State {
  const gomodcache = facts.go.env.GOMODCACHE ?? ''
  const modules = modulesState(facts, progress.modules, plan.withheld)
  const build = buildState(facts, progress.build, progress.settled, plan.withheld)
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
    keepsPrivate: keepsPrivate(facts.inputs, facts.event),
    maxSize: facts.inputs['cache-max-size'],
    summary: facts.inputs.summary,
    ...(isLeftWritable(gomodcache, facts.workspace) ? { leftWritable: gomodcache } : {}),
    ...(modules === undefined ? {} : { modules }),
    ...(build === undefined ? {} : { build }),
    ...(toolchain === undefined ? {} : { toolchain }),
  }
}
