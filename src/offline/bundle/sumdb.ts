import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { GoFailed } from '../../go/failure.ts'
import type { Root } from '../../modules/roots.ts'
import { describeFiles } from '../../proof/describe-files.ts'
import { entriesOf, filesBelow, writeFile } from '../../system/files.ts'
import type { CollectedFile } from './collect.ts'
import { goOverNames, scratchModule } from './scratch-module.ts'

/**
 * Lets Go ask the checksum database about modules anew, with nothing known of it before, and answers what it kept: the
 * answers, and the parts of the database's tree that prove them. With an empty file `supported` a GOPROXY of files
 * serves them (go.dev/design/25530-sumdb, "Proxying a Checksum Database").
 *
 * @param names `path@version`; those that Go asks no database about add nothing
 * @param request `gomodcache`: absolute path of the job's module cache, which saves fetching the go.mod files again
 * @returns files by their path in a bundle
 * @throws GoFailed when the database cannot be asked
 */
export async function collectSumdb(
  names: readonly string[],
  request: {
    readonly gomodcache: string
    readonly goproxy: string
    readonly folder: string
    readonly retries: number
    readonly root: Root
  },
): Promise<ReadonlyMap<string, CollectedFile>> {
  const { gomodcache, goproxy, folder, retries, root } = request
  const own = path.join(folder, 'bundle-sumdb')
  const cached = pathToFileURL(path.join(gomodcache, 'cache', 'download')).href
  const scratch = scratchModule(path.join(folder, 'bundle-sumdb-module'), [], {
    ...{ goflags: '-modcacherw', retries, root },
    // What was heard of the database before lies in GOPATH (cmd/go/internal/modfetch/sumdb.go, ReadConfig).
    environment: {
      GOPATH: own,
      GOMODCACHE: path.join(own, 'modules'),
      GOPROXY: `${cached},${goproxy}`,
      GOTOOLCHAIN: 'local',
    },
  })
  // Looking for the go version reads the go.mod, and reading it asks the database, which answers for the zip as well.
  for (const { code, stderr } of await goOverNames(scratch, ['list', '-m', '-f', '{{.GoVersion}}'], names)) {
    if (code !== 0)
      throw new GoFailed('The checksum database could not be asked for the bundle', root, stderr)
  }
  const databases = path.join(own, 'modules', 'cache', 'download', 'sumdb')
  for (const { name } of entriesOf(databases)) writeFile(path.join(databases, name, 'supported'), '')
  const sources = filesBelow(databases).map((file) => [`sumdb/${file}`, path.join(databases, file)] as const)
  const described = await describeFiles(sources.map(([, source]) => source))
  return new Map(
    sources.flatMap(([file, source]) => {
      const one = described.get(source)
      return one === undefined ? [] : [[file, { source, ...one }] as const]
    }),
  )
}
