import * as path from 'node:path'
import { type BundledModule, bundleKinds, toolchainList, toolchainPath } from '../../modules/bundle.ts'
import { splitModuleVersion } from '../../modules/module-version.ts'
import { readText, writeFile } from '../../system/files.ts'
import { type CollectedFile, collectFiles, pathOf } from './collected-file.ts'
import { WrongBundle } from './refused.ts'
import { downloadNames, type FreshCacheRequest, freshScratchModule } from './scratch-module.ts'

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
 * @throws GoFailed when one cannot be had
 * @throws WrongBundle when one is not what Go says of it
 */
export async function collectToolchains(
  names: readonly string[],
  request: FreshCacheRequest,
): Promise<CollectedToolchains> {
  if (names.length === 0) return { modules: [], files: new Map() }
  const { scratch, download } = freshScratchModule('bundle-toolchains', request)
  await downloadNames(scratch, names)
  const list = path.join(request.folder, 'toolchain-list')
  writeFile(list, `${names.map((name) => splitModuleVersion(name).version).join('\n')}\n`)
  const sources = new Map([
    [toolchainList, list],
    ...names.flatMap((name) =>
      bundleKinds.map((kind) => [pathOf(name, kind), path.join(download, pathOf(name, kind))] as const),
    ),
  ])
  const files = await collectFiles(sources)
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
