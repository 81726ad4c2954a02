import * as path from 'node:path'
import type { Root } from '../modules/roots.ts'
import type { DependencyReport } from '../report/report.ts'
import { temporaryFolder } from '../system/environment.ts'
import { makeDirectory, makePrivateDirectory } from '../system/files.ts'
import { writePatch } from '../system/git.ts'
import * as runner from '../system/runner.ts'

/**
 * Offers what vendoring changed as a patch, for bots that make a commit of it. It stays in RUNNER_TEMP for later steps.
 *
 * @param roots all that there are
 * @param reports what came of their dependencies
 * @param folder absolute path of this job's own folder
 */
export async function offerVendorPatch(
  roots: readonly Root[],
  reports: readonly DependencyReport[],
  folder: string,
): Promise<void> {
  const labels = new Set(reports.flatMap((report) => (report.vendorChanged === true ? [report.label] : [])))
  const changed = roots.filter(({ label }) => labels.has(label))
  const [first] = changed
  if (first === undefined) return
  const file = path.join(makePrivateDirectory(path.join(temporaryFolder(), 'vendor-patch-')), 'vendor.patch')
  const scratch = makePrivateDirectory(path.join(folder, 'patch-'))
  makeDirectory(path.join(scratch, 'objects'))
  const folders = changed.map(({ directory }) => path.join(directory, 'vendor'))
  const trouble = await writePatch(first.directory, folders, file, scratch)
  if (trouble === undefined) runner.setOutput('vendor-patch', file)
  else runner.info(`There is no patch of the vendor directory: ${trouble}`)
}
