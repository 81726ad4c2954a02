import * as path from 'node:path'
import { BadInput } from '../../inputs/problem.ts'
import { type BundledModule, bundleFiles, bundlePath } from '../../modules/bundle.ts'
import { moduleInfoText } from '../../modules/module-info.ts'
import { moduleVersionName } from '../../modules/module-version.ts'
import type { Root } from '../../modules/roots.ts'
import { treeHashOf } from '../../modules/tree-hash.ts'
import { PackDamaged } from '../../pack/damaged.ts'
import { unpackEntry } from '../../pack/unpack.ts'
import { servedFiles, someOf } from '../../plan/bundle.ts'
import { zipThreads } from '../../proof/zip-hash.ts'
import { readText, writeFile } from '../../system/files.ts'
import { damagedBundle, lyingBundle, type OpenedBundle } from './open.ts'

/** What was unpacked of a bundle. */
export interface UnpackedBundle {
  /** Paths of its files, relative to the folder, with `/`. */
  readonly files: readonly string[]
  /** Their lengths together. */
  readonly bytes: number
}

/**
 * Unpacks what of a bundle a checkout may use, and proves all of it: every file has the SHA-256 that the manifest says,
 * and every zip and go.mod the hash that go.sum says.
 *
 * @param bundle a bundle that fits the checkout
 * @param roots the checkout's modules
 * @param stage absolute path of an own folder, absent or empty; what is in it may be used once this has returned
 * @throws BadInput when anything is not what it is said to be
 */
export async function unpackBundle(
  bundle: OpenedBundle,
  roots: readonly Root[],
  stage: string,
): Promise<UnpackedBundle> {
  const { content } = bundle
  const all = bundleFiles(content)
  const served = servedFiles(content, roots, bundle.vouched === 'input')
  const unpacked = await unpackEntry({
    directory: bundle.entry,
    stage,
    skipRoots: [...all.keys()].filter((file) => !served.has(file)),
    readOnly: false,
    digests: true,
    hashedZips: new Set([...served].filter((file) => file.endsWith('.zip'))),
    threads: zipThreads,
    isVouchedFor: bundle.vouched !== 'nothing',
  }).catch(async (error: unknown) => {
    await bundle.confirmed
    throw error instanceof PackDamaged ? new BadInput([damagedBundle(bundle, error)]) : error
  })
  await bundle.confirmed
  const lies = [...served].filter((file) => unpacked.digests.get(file) !== all.get(file)?.sha256)
  if (lies.length > 0)
    throw new BadInput([lyingBundle(bundle, `${someOf(lies)} has another SHA-256 than its manifest says`)])
  const modules = [...content.modules, ...content.toolchains]
  const wrong = [
    ...modules.flatMap((module) => wrongGoMod(module, served, unpacked.digests)),
    ...modules.flatMap((module) => wrongZip(module, served, unpacked.hashes)),
    ...modules.flatMap((module) => rewriteInfo(module, served, stage)),
  ]
  if (wrong.length > 0) throw new BadInput([lyingBundle(bundle, someOf(wrong))])
  return { files: [...served], bytes: unpacked.bytes }
}

function wrongGoMod(
  module: BundledModule,
  served: ReadonlySet<string>,
  digests: ReadonlyMap<string, string>,
): readonly string[] {
  const file = bundlePath(module, 'mod')
  if (!served.has(file)) return []
  const found = treeHashOf([{ name: 'go.mod', sha256: digests.get(file) ?? '' }])
  return found === module.goModH1
    ? []
    : [`the go.mod of ${moduleVersionName(module)} hashes to ${found}, not ${module.goModH1}`]
}

function wrongZip(
  module: BundledModule,
  served: ReadonlySet<string>,
  hashes: ReadonlyMap<string, string>,
): readonly string[] {
  const file = bundlePath(module, 'zip')
  const found = hashes.get(file)
  return !served.has(file) || found === module.h1
    ? []
    : [`the zip of ${moduleVersionName(module)} hashes to ${found}, not ${module.h1}`]
}

/** Writes what describes a version anew, so that every go command reads the same; answers what is wrong with it. */
function rewriteInfo(module: BundledModule, served: ReadonlySet<string>, stage: string): readonly string[] {
  const inBundle = bundlePath(module, 'info')
  if (!served.has(inBundle)) return []
  const file = path.join(stage, inBundle)
  const before = readText(file) ?? ''
  const text = moduleInfoText(before, module.version)
  if (text === undefined) return [`what describes ${moduleVersionName(module)} describes another version`]
  if (text !== before) writeFile(file, text)
  return []
}
