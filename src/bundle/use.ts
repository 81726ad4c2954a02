import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { sumdb } from '../cache/modules/choice.ts'
import { installUnits, isDownload } from '../cache/modules/install.ts'
import { withStage } from '../cache/stage.ts'
import { hasSumdb } from '../modules/bundle.ts'
import { moduleVersionName } from '../modules/module-version.ts'
import type { Root } from '../modules/roots.ts'
import type { BundleSource } from '../plan/bundle-source.ts'
import { makeDirectory } from '../system/files.ts'
import type { OpenedBundle } from './open.ts'
import { type UnpackedBundle, unpackBundle } from './unpack.ts'

/**
 * Unpacks a bundle as a GOPROXY of files.
 *
 * @param folder absolute path of an own folder that stays until the job ends
 * @throws BadInput when anything is not what it is said to be
 */
export async function serveBundle(
  bundle: OpenedBundle,
  roots: readonly Root[],
  folder: string,
): Promise<{ readonly source: BundleSource; readonly unpacked: UnpackedBundle }> {
  const tree = path.join(folder, 'proxy')
  const unpacked = await unpackBundle(bundle, roots, tree)
  return { source: sourceOf(bundle, tree), unpacked }
}

/** What a bundle is to GOPROXY. */
export function sourceOf({ content }: Pick<OpenedBundle, 'content'>, tree: string): BundleSource {
  return {
    url: pathToFileURL(tree).href,
    toolchains: content.toolchains.map(moduleVersionName),
    sumdb: hasSumdb(content),
  }
}

/**
 * Puts the modules of a bundle into a module cache, beside what is there. Go unpacks their trees when it uses them, and
 * compares each zip with go.sum once more, for no `.ziphash` tells it what to believe.
 *
 * @param gomodcache absolute path of the module cache
 * @throws BadInput when anything is not what it is said to be; nothing was put there then
 */
export async function installBundle(
  bundle: OpenedBundle,
  roots: readonly Root[],
  gomodcache: string,
): Promise<UnpackedBundle> {
  makeDirectory(gomodcache)
  return withStage(gomodcache, async (stage) => {
    const unpacked = await unpackBundle(bundle, roots, path.join(stage, 'cache', 'download'))
    const files = unpacked.files.map((file) => `cache/download/${file}`)
    const ofModules = files.filter((file) => isDownload(file) && !file.startsWith(`${sumdb}/`))
    const units = ofModules.map((file) => ({ name: file, roots: [file] }))
    const database = files.length > ofModules.length ? [{ name: 'sumdb', roots: [sumdb] }] : []
    installUnits([...units, ...database], stage, gomodcache, true)
    return unpacked
  })
}
