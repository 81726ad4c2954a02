import { GoFailed } from '../go/failure.ts'
import { isFaultOfFiles } from '../modules/go-messages/explain.ts'
import { hashedTrees } from '../modules/needed.ts'
import { hasDependencies, type Root } from '../modules/roots.ts'
import type { DependencyPlan } from '../plan/dependencies.ts'
import { fetchedText, nothingMissing } from '../report/changes.ts'
import { type DependencyReport, type FetchedFrom, secondsText } from '../report/report.ts'
import { checkSums } from './check-sums.ts'
import { downloadMissing } from './download.ts'
import { checkVendored, vendor } from './vendor.ts'

const nowhere: FetchedFrom = { bundle: 0, zips: 0, folder: 0, network: 0 }
const noFetching = 'nothing downloaded: `offline: strict` takes what is here'
const noHashes = 'nothing downloaded, go.sum holds no hash of any module: run `go mod tidy`'

type FetchOptions = Parameters<typeof downloadMissing>[1] &
  Parameters<typeof vendor>[1] & { readonly addsSums: boolean; readonly fetches: boolean }
type Time = <T>(what: string, work: () => Promise<T>) => Promise<T>

/**
 * Does what is planned for each root, one root after the other: they share one module cache.
 *
 * @param plans what is planned for each root
 * @param options as for downloadMissing and vendor; `addsSums`: whether builds may add to go.sum what it lacks;
 *   `fetches`: whether anything may be downloaded; `leavesOut`: whether a root that was only found, and whose files keep Go
 *   from building it, is left out
 * @param time does something and notes how long it takes
 * @param told is told of each root as soon as it is done
 * @returns what was left out, and why
 * @throws GoFailed at the first root that fails
 */
export async function fetchDependencies(
  plans: readonly DependencyPlan[],
  options: FetchOptions & { readonly leavesOut: boolean },
  time: Time,
  told: (report: DependencyReport) => void,
): Promise<ReadonlyMap<Root, string>> {
  const left = new Map<Root, string>()
  for (const plan of plans) {
    const { root } = plan
    try {
      const report = await fetchOne(plan, options, time)
      // A repository without dependencies is told nothing of dependencies.
      if (report !== undefined) told({ label: root.label, ...report })
    } catch (error) {
      const isOfFiles = error instanceof GoFailed && isFaultOfFiles(error.output)
      if (!isOfFiles || !options.leavesOut || root.found === undefined) throw error
      left.set(root, error.reason)
      told({ label: root.label, text: 'left out', fetched: [] })
    }
  }
  return left
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
    await time(`check vendor${where}`, () => checkVendored(root))
    if (action === 'check') return { text: why, fetched: [] }
  }
  const { modules, sources, seconds } = options.fetches
    ? await time(`download${where}`, () => downloadMissing(root, options))
    : { modules: [], sources: nowhere, seconds: 0 }
  const hasHashes = hashedTrees(root).size > 0
  const done = options.fetches ? downloadText(sources, seconds) : noFetching
  const fetched = hasHashes ? done : noHashes
  const report = { fetched: modules, sources, ...(hasHashes ? {} : ({ lacksHashes: true } as const)) }
  if (action === 'download') {
    if (!options.addsSums && options.fetches) await checkSums(root, options.retries)
    return { ...report, text: fetched }
  }
  const vendored = await time(`vendor${where}`, () => vendor(root, options))
  const outcome = !vendored.changed ? 'was up to date' : vendored.isNew ? 'made' : 'written anew'
  const text = `${fetched}; vendor ${outcome} in ${secondsText(vendored.seconds)}`
  return { ...report, text, vendorChanged: vendored.changed, ...(vendored.isNew && { vendorIsNew: true }) }
}

function downloadText(sources: FetchedFrom, seconds: number): string {
  const text = fetchedText(sources)
  return text === '' ? nothingMissing : `${text} in ${secondsText(seconds)}`
}
