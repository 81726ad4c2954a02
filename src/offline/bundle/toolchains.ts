import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { type BundledModule, bundleKinds, toolchainList, toolchainPath } from '../../modules/bundle.ts'
import { splitModuleVersion } from '../../modules/module-version.ts'
import type { Root } from '../../modules/roots.ts'
import { describeFiles } from '../../proof/describe-files.ts'
import { readText, writeFile } from '../../system/files.ts'
import { type CollectedFile, pathOf } from './collect.ts'
import { WrongBundle } from './refused.ts'
import { downloadNames, scratchModule } from './scratch-module.ts'

/** Toolchains for a bundle. */
export interface CollectedToolchains {
  readonly modules: readonly BundledModule[]
  readonly files: ReadonlyMap<string, CollectedFile>
}

/**
 * Fetches toolchains as modules, from the module cache where they are there as such. Go compares each with the checksum
 * database, whatever GONOSUMDB says (cmd/go/internal/modfetch/sumdb.go, useSumDB), as long as GOPROXY is not a single
 * folder.
 *
 * @param names `golang.org/toolchain@v0.0.1-go1.26.0.linux-amd64`
 * @param request `gomodcache`: absolute path of the job's module cache; `goproxy`: GOPROXY as it is
 * @throws GoFailed when one cannot be had
 * @throws WrongBundle when one is not what Go says of it
 */
export async function collectToolchains(
  names: readonly string[],
  request: {
    readonly gomodcache: string
    readonly goproxy: string
    readonly folder: string
    readonly retries: number
    readonly root: Root
  },
): Promise<CollectedToolchains> {
  if (names.length === 0) return { modules: [], files: new Map() }
  const { gomodcache, goproxy, folder, retries, root } = request
  const own = path.join(folder, 'bundle-toolchains')
  const cached = pathToFileURL(path.join(gomodcache, 'cache', 'download')).href
  const scratch = scratchModule(path.join(folder, 'bundle-toolchain-module'), [], {
    ...{ goflags: '-modcacherw', retries, root },
    environment: {
      GOMODCACHE: own,
      GOPROXY: `${cached},${goproxy}`,
      // A toolchain is no other one's to fetch.
      GOTOOLCHAIN: 'local',
    },
  })
  await downloadNames(scratch, names)
  const download = path.join(own, 'cache', 'download')
  const list = path.join(folder, 'toolchain-list')
  writeFile(list, `${names.map((name) => splitModuleVersion(name).version).join('\n')}\n`)
  const sources = new Map([
    [toolchainList, list],
    ...names.flatMap((name) =>
      bundleKinds.map((kind) => [pathOf(name, kind), path.join(download, pathOf(name, kind))] as const),
    ),
  ])
  const described = await describeFiles([...sources.values()])
  const files = new Map(
    [...sources].flatMap(([one, source]) => {
      const file = described.get(source)
      return file === undefined ? [] : [[one, { source, ...file }] as const]
    }),
  )
  const modules = names.map((name): BundledModule => {
    const zip = files.get(pathOf(name, 'zip'))
    const proven = readText(path.join(download, pathOf(name, 'zip').replace(/zip$/, 'ziphash')))?.trim()
    if (zip === undefined || zip.h1 !== proven)
      throw new WrongBundle(
        `Nothing was bundled: ${name} hashes to ${zip?.h1}, and Go found it to be ${proven}.`,
      )
    const version = splitModuleVersion(name).version
    const goMod = files.get(pathOf(name, 'mod'))
    return { path: toolchainPath, version, h1: zip.h1, ...(goMod === undefined ? {} : { goModH1: goMod.h1 }) }
  })
  return { modules, files }
}
