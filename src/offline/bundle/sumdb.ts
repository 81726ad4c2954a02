import * as path from 'node:path'
import { GoFailed } from '../../go/failure.ts'
import { entriesOf, filesBelow, writeFile } from '../../system/files.ts'
import { type CollectedFile, collectFiles } from './collected-file.ts'
import { type FreshCacheRequest, freshScratchModule, goOverNames } from './scratch-module.ts'

/**
 * Lets Go ask the checksum database about modules anew, with nothing known of it before, and answers what it kept: the
 * answers, and the parts of the database's tree that prove them. With an empty file `supported` a GOPROXY of files
 * serves them (go.dev/design/25530-sumdb, "Proxying a Checksum Database").
 *
 * @param names `path@version`; those that Go asks no database about add nothing
 * @returns files by their path in a bundle
 * @throws GoFailed when the database cannot be asked
 */
export async function collectSumdb(
  names: readonly string[],
  request: FreshCacheRequest,
): Promise<ReadonlyMap<string, CollectedFile>> {
  const { scratch, download } = freshScratchModule('bundle-sumdb', request)
  // Looking for the go version reads the go.mod, and reading it asks the database, which answers for the zip as well.
  for (const { code, stderr } of await goOverNames(scratch, ['list', '-m', '-f', '{{.GoVersion}}'], names)) {
    if (code !== 0)
      throw new GoFailed('The checksum database could not be asked for the bundle', request.root, stderr)
  }
  const databases = path.join(download, 'sumdb')
  for (const { name } of entriesOf(databases)) writeFile(path.join(databases, name, 'supported'), '')
  return collectFiles(
    new Map(filesBelow(databases).map((file) => [`sumdb/${file}`, path.join(databases, file)])),
  )
}
