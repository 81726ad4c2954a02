import { hashedTrees } from '../modules/needed.ts'
import { hasDependencies } from '../modules/roots.ts'
import type { DependencyPlan } from '../plan/dependencies.ts'
import { type DependencyReport, secondsText } from '../report/report.ts'
import { downloadMissing } from './download.ts'

const noHashes = 'nothing downloaded, go.sum holds no hash of any module: run `go mod tidy`'

/**
 * Downloads what the planned roots lack, one root after the other: they share one module cache.
 *
 * @param plans what is planned for each root
 * @param options as for downloadMissing
 * @throws DownloadFailed at the first root that fails
 */
export async function fetchDependencies(
  plans: readonly DependencyPlan[],
  options: Parameters<typeof downloadMissing>[1],
): Promise<readonly DependencyReport[]> {
  const reports: DependencyReport[] = []
  for (const { root, action, why } of plans) {
    if (action === 'nothing') {
      // A repository without dependencies is told nothing of dependencies.
      if (hasDependencies(root)) reports.push({ label: root.label, text: why, fetched: [] })
      continue
    }
    const { modules, seconds } = await downloadMissing(root, options)
    const text = hashedTrees(root).size === 0 ? noHashes : downloadText(modules.length, seconds)
    reports.push({ label: root.label, text, fetched: modules })
  }
  return reports
}

function downloadText(count: number, seconds: number): string {
  return count === 0 ? 'nothing was missing' : `${count} downloaded in ${secondsText(seconds)}`
}
