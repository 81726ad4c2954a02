import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { type ModuleUnit, sumdb } from '../../cache/modules/choice.ts'
import { installUnits } from '../../cache/modules/install.ts'
import { removeStaleStages, withStage } from '../../cache/stage.ts'
import { isPresent } from '../../go/presence.ts'
import { bundlePath, servedDatabases } from '../../modules/bundle.ts'
import { treeDirectory } from '../../modules/module-path.ts'
import { moduleRoot } from '../../modules/module-roots.ts'
import { moduleVersionName, splitModuleVersion } from '../../modules/module-version.ts'
import type { Root } from '../../modules/roots.ts'
import type { BundleSource } from '../../plan/bundle-source.ts'
import { look, makeDirectory, writeFile } from '../../system/files.ts'
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
    // Neither may stand in an entry of GOPROXY.
    url: pathToFileURL(tree).href.replaceAll(',', '%2C').replaceAll('|', '%7C'),
    toolchains: content.toolchains.map(moduleVersionName),
    sumdb: servedDatabases(content),
  }
}

/**
 * Puts the modules of a bundle into a module cache, beside what is there. Go unpacks their trees when it uses them.
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
  removeStaleStages(gomodcache)
  return withStage(gomodcache, async (stage) => {
    const unpacked = await unpackBundle(bundle, roots, path.join(stage, download))
    const files = unpacked.files.map((file) => `${download}/${file}`)
    const ofModules = files.filter((file) => !file.startsWith(`${sumdb}/`))
    const hashes = zipHashes(bundle)
    const units = ofModules.map((file): ModuleUnit => {
      const hash = hashes.get(file)
      // Beside a zip that is there already a hash would be a lie, if it is another one: Go hashes it itself then.
      const isOther = look(path.join(gomodcache, file)) !== undefined
      if (hash === undefined || isOther || isHalfTree(gomodcache, file)) return { name: file, roots: [file] }
      // Last, as Go writes it: what has one counts as whole.
      const ziphash = file.replace(/zip$/, 'ziphash')
      writeFile(path.join(stage, ziphash), hash)
      return { name: file, roots: [file, ziphash] }
    })
    const database = files.length > ofModules.length ? [{ name: 'sumdb', roots: [sumdb] }] : []
    installUnits([...units, ...database], stage, gomodcache, true)
    return unpacked
  })
}

const download = 'cache/download'

/** What each zip of a bundle hashes to, by its path in a module cache. */
function zipHashes({ content }: OpenedBundle): ReadonlyMap<string, string> {
  return new Map(
    [...content.modules, ...content.toolchains].flatMap((module) =>
      module.h1 === undefined ? [] : [[`${download}/${bundlePath(module, 'zip')}`, module.h1] as const],
    ),
  )
}

/** Whether there is a tree of a zip that Go does not take for whole: with a hash beside it, it would. */
function isHalfTree(gomodcache: string, zip: string): boolean {
  const { name } = moduleRoot(zip) ?? {}
  if (name === undefined) return false
  const hasTree = look(path.join(gomodcache, treeDirectory(splitModuleVersion(name)))) !== undefined
  return hasTree && !isPresent(gomodcache, name)
}
