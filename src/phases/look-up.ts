import { lookUpCaches, missProblems, type Transfer } from '../cache/index.ts'
import type { Job } from '../job.ts'
import { logGroup } from '../platform/runner.ts'
import { restoreLog } from '../report/index.ts'
import { failForProblems, reportLookup, reportStore } from './report.ts'

/** Finds out which entries exist and reports them. It restores and saves nothing, and downloads no modules. */
export async function lookUp(job: Job, transfer: Transfer): Promise<void> {
  const isReported = reportStore(job, transfer.store.unavailable)
  const [modules, build] = await lookUpCaches(job, transfer)
  for (const report of [modules, build]) logGroup(restoreLog(report))
  const problems = missProblems(job.inputs['fail-on-cache-miss'], [modules, build])
  await reportLookup(job, modules, build, failForProblems(problems), isReported)
}
