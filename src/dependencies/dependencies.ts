import { type Problem, UserError } from '../errors.ts'
import { GoCommandError, isCausedByFiles } from '../gocmd/index.ts'
import { hashedTrees } from '../gofiles/requirements.ts'
import { hasDependencies, type Root } from '../gofiles/roots.ts'
import type { Job } from '../job.ts'
import type { Timeline } from '../platform/clock.ts'
import * as runner from '../platform/runner.ts'
import { secondsText } from '../text/amounts.ts'
import { findUntidy } from './check-tidy.ts'
import { findVendorDrift } from './check-vendor.ts'
import { checkSumsComplete, downloadMissing } from './download.ts'
import {
  type DependencyPlan,
  type DependencyReport,
  type FetchedFrom,
  fetchedText,
  isVendored,
  nothingMissing,
} from './plan.ts'
import { checkVendored, vendorModules } from './vendor.ts'

/**
 * Runs the checks of the checkout that the inputs request. It checks every root before it reports, so that all problems
 * appear at once. The checkout stays unchanged.
 *
 * @param folder absolute path of this job's own folder
 * @throws UserError with all problems
 */
export async function checkCheckout(
  { inputs, roots, go, env }: Pick<Job, 'inputs' | 'roots' | 'go' | 'env'>,
  folder: string,
  timeline: Timeline,
): Promise<void> {
  const findings: Problem[] = []
  const options = { env, retries: inputs.retries, folder, goVersion: go.env.GOVERSION ?? '' }
  if (inputs['check-vendor']) {
    await timeline.time('check vendored files', async () => {
      for (const root of roots.filter(isVendored)) findings.push(...(await findVendorDrift(root, options)))
    })
  }
  if (inputs['check-tidy']) {
    await timeline.time('check tidiness', async () => {
      for (const root of roots) findings.push(...(await findUntidy(root, options)))
    })
  }
  if (findings.length > 0) throw new UserError(findings)
  if (inputs['check-vendor']) runner.info('Vendored files match go.mod (input `check-vendor`)')
  if (inputs['check-tidy']) runner.info('go.mod and go.sum are tidy (input `check-tidy`)')
}

const noSources: FetchedFrom = { bundle: 0, zips: 0, folder: 0, network: 0 }

const noFetching = 'nothing downloaded: `offline: strict` uses only modules on this machine'

const noHashes = 'nothing downloaded, go.sum holds no hash of any module: run `go mod tidy`'

type FetchOptions = Parameters<typeof downloadMissing>[1] &
  Parameters<typeof vendorModules>[1] & { readonly addsSums: boolean; readonly fetches: boolean }

type Time = <T>(what: string, work: () => Promise<T>) => Promise<T>

/**
 * Carries out the plan of each root, one root after the other: they share one module cache.
 *
 * @param plans the plan of each root
 * @param options as for downloadMissing and vendorModules; `addsSums`: whether builds may add missing lines to go.sum;
 *   `fetches`: whether anything may be downloaded; `maySkip`: whether to skip a discovered root whose files keep Go
 *   from building it
 * @param time runs an operation and records its duration
 * @param onReport receives the report of each root as soon as it is done
 * @returns the skipped roots, and why
 * @throws GoCommandError at the first root that fails
 */
export async function fetchDependencies(
  plans: readonly DependencyPlan[],
  options: FetchOptions & { readonly maySkip: boolean },
  time: Time,
  onReport: (report: DependencyReport) => void,
): Promise<ReadonlyMap<Root, string>> {
  const skipped = new Map<Root, string>()
  for (const plan of plans) {
    const { root } = plan
    try {
      const report = await fetchOne(plan, options, time)
      // A repository without dependencies gets no report on them.
      if (report !== undefined) onReport({ label: root.label, ...report })
    } catch (error) {
      const isFileError = error instanceof GoCommandError && isCausedByFiles(error.output)
      if (!isFileError || !options.maySkip || root.found === undefined) throw error
      skipped.set(root, error.reason)
      onReport({ label: root.label, text: 'skipped', fetched: [] })
    }
  }
  return skipped
}

async function fetchOne(
  { root, action, why, lacksSums }: DependencyPlan,
  options: FetchOptions,
  time: Time,
): Promise<Omit<DependencyReport, 'label'> | undefined> {
  const where = root.label === '.' ? '' : ` of ${root.label}`
  if (action === 'nothing') {
    return hasDependencies(root)
      ? { text: why, fetched: [], ...(lacksSums && { lacksHashes: true }) }
      : undefined
  }
  if (root.vendored && action !== 'vendor') {
    await time(`check vendor${where}`, () => checkVendored(root, options.env))
    if (action === 'check') return { text: why, fetched: [] }
  }
  const { modules, sources, seconds } = options.fetches
    ? await time(`download${where}`, () => downloadMissing(root, options))
    : { modules: [], sources: noSources, seconds: 0 }
  const hasHashes = hashedTrees(root).size > 0
  const outcomeText = options.fetches ? downloadText(sources, seconds) : noFetching
  const fetched = hasHashes ? outcomeText : noHashes
  const report = { fetched: modules, sources, ...(hasHashes ? {} : ({ lacksHashes: true } as const)) }
  if (action === 'download') {
    if (!options.addsSums && options.fetches) await checkSumsComplete(root, options)
    return { ...report, text: fetched }
  }
  const vendored = await time(`vendor${where}`, () => vendorModules(root, options))
  const outcome = !vendored.changed ? 'was up to date' : vendored.isNew ? 'created' : 'rewritten'
  const text = `${fetched}; vendor ${outcome} in ${secondsText(vendored.seconds)}`
  return { ...report, text, vendorChanged: vendored.changed, ...(vendored.isNew && { vendorIsNew: true }) }
}

function downloadText(sources: FetchedFrom, seconds: number): string {
  const text = fetchedText(sources)
  return text === '' ? nothingMissing : `${text} in ${secondsText(seconds)}`
}
