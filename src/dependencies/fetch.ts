import type { DependencyPlan } from '../plan/dependencies.ts'
import { type DependencyReport, secondsText } from '../report/report.ts'
import { downloadMissing } from './download.ts'

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
      reports.push({ label: root.label, text: why, fetched: [] })
      continue
    }
    const { modules, seconds } = await downloadMissing(root, options)
    const text =
      modules.length === 0 ? 'nothing was missing' : `${modules.length} downloaded in ${secondsText(seconds)}`
    reports.push({ label: root.label, text, fetched: modules })
  }
  return reports
}
