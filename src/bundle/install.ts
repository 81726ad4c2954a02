import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  isModuleCached,
  type ModuleUnit,
  moveModulesIntoPlace,
  removeStaleStages,
  sumdbPath,
  unpackEntry,
  withStage,
  zipThreads,
} from '../cache/index.ts'
import { CorruptArchive, UserError } from '../errors.ts'
import type { BundleSource } from '../gocmd/index.ts'
import { moduleRoot } from '../gofiles/cache-layout.ts'
import { treeHashOf } from '../gofiles/h1.ts'
import { moduleInfoText } from '../gofiles/module-info.ts'
import { moduleVersionName, splitModuleVersion, treeDirectory } from '../gofiles/module-path.ts'
import type { Root } from '../gofiles/roots.ts'
import { lstat, makeDirectory, readText, writeFile } from '../platform/files.ts'
import { listSome } from '../text/lists.ts'
import { type BundledModule, bundleFiles, bundlePath, servedDatabases } from './content.ts'
import { corruptBundleProblem, mismatchedBundleProblem, type OpenedBundle } from './open.ts'
import { servedFiles } from './select.ts'

/** The files that were unpacked from a bundle. */
export interface UnpackedBundle {
  /** Paths of its files, relative to the folder, with `/`. */
  readonly files: readonly string[]
  /** Their total length in bytes. */
  readonly bytes: number
}

/**
 * Unpacks the files of a bundle that a checkout may use, and verifies all of them. Every file must have the SHA-256
 * of the manifest, and every zip and go.mod the hash of go.sum.
 *
 * @param bundle a bundle that fits the checkout
 * @param roots the checkout's modules
 * @param stage absolute path of an own folder, absent or empty; its content may be used once this has returned
 * @throws UserError when a file differs from its description
 */
export async function unpackBundle(
  bundle: OpenedBundle,
  roots: readonly Root[],
  stage: string,
): Promise<UnpackedBundle> {
  const { content } = bundle
  const all = bundleFiles(content)
  const served = servedFiles(content, roots, bundle.verifiedBy === 'input')
  const unpacked = await unpackEntry({
    directory: bundle.entry,
    stage,
    skipRoots: [...all.keys()].filter((file) => !served.has(file)),
    readOnly: false,
    digests: true,
    hashedZips: new Set([...served].filter((file) => file.endsWith('.zip'))),
    threads: zipThreads,
    isVerified: bundle.verifiedBy !== 'nothing',
  }).catch(async (error: unknown) => {
    await bundle.confirmed
    throw error instanceof CorruptArchive ? new UserError([corruptBundleProblem(bundle, error)]) : error
  })
  await bundle.confirmed
  const mismatched = [...served].filter((file) => unpacked.digests.get(file) !== all.get(file)?.sha256)
  if (mismatched.length > 0)
    throw new UserError([
      mismatchedBundleProblem(bundle, `the manifest has another SHA-256 for ${listSome(mismatched)}`),
    ])
  const modules = [...content.modules, ...content.toolchains]
  const wrong = [
    ...modules.flatMap((module) => wrongGoMod(module, served, unpacked.digests)),
    ...modules.flatMap((module) => wrongZip(module, served, unpacked.hashes)),
    ...modules.flatMap((module) => rewriteInfo(module, served, stage)),
  ]
  if (wrong.length > 0) throw new UserError([mismatchedBundleProblem(bundle, listSome(wrong))])
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

/** Rewrites the `.info` file of a version, so that every go command reads it the same way; returns its errors. */
function rewriteInfo(module: BundledModule, served: ReadonlySet<string>, stage: string): readonly string[] {
  const inBundle = bundlePath(module, 'info')
  if (!served.has(inBundle)) return []
  const file = path.join(stage, inBundle)
  const before = readText(file) ?? ''
  const text = moduleInfoText(before, module.version)
  if (text === undefined) return [`the .info file of ${moduleVersionName(module)} describes another version`]
  if (text !== before) writeFile(file, text)
  return []
}

/**
 * Unpacks a bundle as a GOPROXY of files.
 *
 * @param folder absolute path of an own folder that stays until the job ends
 * @throws UserError when a file differs from its description
 */
export async function serveBundle(
  bundle: OpenedBundle,
  roots: readonly Root[],
  folder: string,
): Promise<{ readonly source: BundleSource; readonly unpacked: UnpackedBundle }> {
  const tree = path.join(folder, 'proxy')
  const unpacked = await unpackBundle(bundle, roots, tree)
  return { source: bundleSourceOf(bundle, tree), unpacked }
}

/** Returns the facts about a bundle that GOPROXY needs. */
function bundleSourceOf({ content }: Pick<OpenedBundle, 'content'>, tree: string): BundleSource {
  return {
    // Neither character may appear in an entry of GOPROXY.
    url: pathToFileURL(tree).href.replaceAll(',', '%2C').replaceAll('|', '%7C'),
    toolchains: content.toolchains.map(moduleVersionName),
    sumdb: servedDatabases(content),
  }
}

/**
 * Adds the modules of a bundle to a module cache and keeps existing files. Go unpacks their trees when it uses them.
 *
 * @param gomodcache absolute path of the module cache
 * @throws UserError when a file differs from its description; the module cache is unchanged then
 */
export async function addBundleToModuleCache(
  bundle: OpenedBundle,
  roots: readonly Root[],
  gomodcache: string,
): Promise<UnpackedBundle> {
  makeDirectory(gomodcache)
  removeStaleStages(gomodcache)
  return withStage(gomodcache, async (stage) => {
    const unpacked = await unpackBundle(bundle, roots, path.join(stage, download))
    const files = unpacked.files.map((file) => `${download}/${file}`)
    const ofModules = files.filter((file) => !file.startsWith(`${sumdbPath}/`))
    const hashes = zipHashes(bundle)
    const units = ofModules.map((file): ModuleUnit => {
      const hash = hashes.get(file)
      // An existing zip may have other content, so it gets no hash from the bundle. Go then hashes it.
      const isOther = lstat(path.join(gomodcache, file)) !== undefined
      if (hash === undefined || isOther || hasIncompleteTree(gomodcache, file))
        return { name: file, roots: [file] }
      // The `.ziphash` comes last, as in Go: a module that has one counts as complete.
      const ziphash = file.replace(/zip$/, 'ziphash')
      writeFile(path.join(stage, ziphash), hash)
      return { name: file, roots: [file, ziphash] }
    })
    const database = files.length > ofModules.length ? [{ name: 'sumdb', roots: [sumdbPath] }] : []
    moveModulesIntoPlace([...units, ...database], stage, gomodcache, true)
    return unpacked
  })
}

const download = 'cache/download'

/** Returns the hash of each zip in a bundle, by its path in a module cache. */
function zipHashes({ content }: OpenedBundle): ReadonlyMap<string, string> {
  return new Map(
    [...content.modules, ...content.toolchains].flatMap((module) =>
      module.h1 === undefined ? [] : [[`${download}/${bundlePath(module, 'zip')}`, module.h1] as const],
    ),
  )
}

/** Reports whether a zip has an incomplete tree, which Go would accept as complete if a `.ziphash` existed. */
function hasIncompleteTree(gomodcache: string, zip: string): boolean {
  const { name } = moduleRoot(zip) ?? {}
  if (name === undefined) return false
  const hasTree = lstat(path.join(gomodcache, treeDirectory(splitModuleVersion(name)))) !== undefined
  return hasTree && !isModuleCached(gomodcache, name)
}
