import { hashedTrees } from '../modules/needed.ts'
import { hasDependencies } from '../modules/roots.ts'
import type { DependencyPlan } from '../plan/dependencies.ts'
import { fetchedText, nothingMissing } from '../report/changes.ts'
import { type DependencyReport, type FetchedFrom, secondsText } from '../report/report.ts'
import { checkSums } from './check-sums.ts'
import { downloadMissing } from './download.ts'
import { checkVendored, vendor } from './vendor.ts'

const nowhere: FetchedFrom = { bundle: 0, zips: 0, folder: 0, network: 0 }
const noFetching = 'nothing downloaded: `offline: strict` takes what is here'
const noHashes = 'nothing downloaded, go.sum holds no hash of any module: run `go mod tidy`'

/**
 * Does what is planned for each root, one root after the other: they share one module cache.
 *
 * @param plans what is planned for each root
 * @param options as for downloadMissing and vendor; `addsSums`: whether builds may add to go.sum what it lacks;
 *   `fetches`: whether anything may be downloaded
 * @param time does something and notes how long it takes
 * @param told is told of each root as soon as it is done
 * @throws GoFailed at the first root that fails
 */
export async function fetchDependencies(
  plans: readonly DependencyPlan[],
  options: Parameters<typeof downloadMissing>[1] &
    Parameters<typeof vendor>[1] & { readonly addsSums: boolean; readonly fetches: boolean },
  time: <T>(what: string, work: () => Promise<T>) => Promise<T>,
  told: (report: DependencyReport) => void,
): Promise<void> {
  for (const { root, action, why } of plans) {
    const where = root.label === '.' ? '' : ` of ${root.label}`
    if (action === 'nothing') {
      // A repository without dependencies is told nothing of dependencies.
      if (hasDependencies(root)) told({ label: root.label, text: why, fetched: [] })
      continue
    }
    if (root.vendored && action !== 'vendor') {
      await time(`check vendor${where}`, () => checkVendored(root))
      if (action === 'check') {
        told({ label: root.label, text: why, fetched: [] })
        continue
      }
    }
    const { modules, sources, seconds } = options.fetches
      ? await time(`download${where}`, () => downloadMissing(root, options))
      : { modules: [], sources: nowhere, seconds: 0 }
    const hasHashes = hashedTrees(root).size > 0
    const done = options.fetches ? downloadText(sources, seconds) : noFetching
    const fetched = hasHashes ? done : noHashes
    const report = {
      label: root.label,
      fetched: modules,
      sources,
      ...(hasHashes ? {} : ({ lacksHashes: true } as const)),
    }
    if (action === 'download') {
      if (!options.addsSums && options.fetches) await checkSums(root, options.retries)
      told({ ...report, text: fetched })
      continue
    }
    const vendored = await time(`vendor${where}`, () => vendor(root, options))
    const text = `${fetched}; vendor ${vendored.changed ? 'written anew' : 'was up to date'} in ${secondsText(vendored.seconds)}`
    told({ ...report, text, vendorChanged: vendored.changed })
  }
}

function downloadText(sources: FetchedFrom, seconds: number): string {
  const text = fetchedText(sources)
  return text === '' ? nothingMissing : `${text} in ${secondsText(seconds)}`
}
