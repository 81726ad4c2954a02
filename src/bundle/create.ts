import * as path from 'node:path'
import { hashBuffer, hashFile, type StoredUnit, writeSingleFile } from '../cache/index.ts'
import { BundleMismatch } from '../errors.ts'
import { sumsDigest } from '../gofiles/go-sum.ts'
import { moduleInfoText, originOf } from '../gofiles/module-info.ts'
import { moduleVersionName, splitModuleVersion } from '../gofiles/module-path.ts'
import { sumsOf } from '../gofiles/roots.ts'
import { elapsed } from '../platform/clock.ts'
import { lstat, makeDirectory, readText, remove, replaceFile, writeFile } from '../platform/files.ts'
import { type Collected, type CollectRequest, collect } from './collect.ts'
import {
  type BundleContent,
  type BundledModule,
  type BundleReport,
  type BundleScope,
  bundleFiles,
  bundleKinds,
  bundleSchema,
  type FileDescription,
  type OtherFile,
  sidecarSuffixes,
  toolchainList,
} from './content.ts'
import { type CollectedFile, collectFiles, collectSumdb, collectToolchains, pathInBundle } from './fetch.ts'

/** A request to make a bundle: its content and its path. */
interface BundleRequest extends CollectRequest {
  /** Absolute path of the bundle. */
  readonly target: string
  readonly withSumdb: boolean
  /** Toolchain modules, as `path@version`. */
  readonly toolchains: readonly string[]
  /** The current value of GOPROXY. */
  readonly goproxy: string
}

/**
 * Makes a bundle. It collects and verifies all files first, and the bundle gets its name only once it is complete.
 *
 * The files next to the bundle are removed before it is written, and written after it. So the hash next to a
 * bundle never belongs to another bundle.
 *
 * @throws GoCommandError when a file cannot be fetched
 * @throws BundleMismatch when a file differs from its recorded hash
 */
export async function createBundle(request: BundleRequest): Promise<BundleReport> {
  const seconds = elapsed()
  const collected = await collect(request)
  const [root] = request.roots
  const freshRequest = root === undefined ? undefined : { ...request, root }
  const toolchains =
    freshRequest === undefined
      ? { modules: [], files: new Map() }
      : await collectToolchains(request.toolchains, freshRequest)
  const names = [...collected.selection.goMods, ...request.toolchains]
  const sumdb =
    freshRequest === undefined || !request.withSumdb ? new Map() : await collectSumdb(names, freshRequest)
  const files = new Map<string, CollectedFile>([
    ...collected.files,
    ...toolchains.files,
    ...sumdb,
    ...(await publicInfos(
      [...collected.selection.infos, ...request.toolchains],
      [collected, toolchains],
      request.folder,
    )),
  ])
  const content = contentOf(request, collected, toolchains.modules, [...sumdb.keys()], files)
  makeDirectory(path.dirname(request.target))
  for (const ending of Object.values(sidecarSuffixes)) remove(`${request.target}${ending}`)
  await writeSingleFile(request.target, { kind: 'bundle', about: content, units: unitsOf(content, files) })
  const sha256 = hashFile(request.target, hashBuffer())
  const size = lstat(request.target)?.size ?? 0
  replaceFile(`${request.target}${sidecarSuffixes.content}`, `${JSON.stringify(content, null, 2)}\n`)
  replaceFile(`${request.target}${sidecarSuffixes.sha256}`, `${sha256}  ${path.basename(request.target)}\n`)
  return { file: request.target, size, sha256, content, seconds: seconds() }
}

/**
 * Writes the `.info` files of versions without their private fields.
 *
 * @param names `path@version`
 * @param from the collected files
 * @param folder absolute path of a folder for temporary files
 * @throws BundleMismatch when a file describes another version
 */
async function publicInfos(
  names: readonly string[],
  from: readonly Pick<Collected, 'files'>[],
  folder: string,
): Promise<ReadonlyMap<string, CollectedFile>> {
  const written = new Map<string, string>()
  for (const [index, name] of names.entries()) {
    const inBundle = pathInBundle(name, 'info')
    const source = from.flatMap(({ files }) => files.get(inBundle) ?? [])[0]?.source ?? ''
    const text = moduleInfoText(readText(source) ?? '', splitModuleVersion(name).version)
    if (text === undefined) {
      throw new BundleMismatch(
        `No bundle was created: the .info file of ${name}, from the proxy or ${source}, describes another version or none.`,
      )
    }
    const file = path.join(folder, 'bundle-infos', `${index}.info`)
    writeFile(file, text)
    written.set(inBundle, file)
  }
  return collectFiles(written)
}

function contentOf(
  { roots, scope }: { readonly roots: CollectRequest['roots']; readonly scope: BundleScope },
  { selection }: Collected,
  toolchains: readonly BundledModule[],
  sumdb: readonly string[],
  files: ReadonlyMap<string, CollectedFile>,
): BundleContent {
  const names = [...new Set([...selection.zips, ...selection.goMods, ...selection.infos])].sort()
  const goFiles = roots.flatMap(({ modules, goWork }) => [
    ...modules.map(({ goMod }) => goMod),
    ...(goWork === undefined ? [] : [goWork]),
  ])
  const lines = goFiles.flatMap(({ go, toolchain }) => [go, toolchain]).filter((line) => line !== undefined)
  const others = [...(toolchains.length === 0 ? [] : [toolchainList]), ...[...sumdb].sort()]
  return {
    schema: bundleSchema,
    scope,
    go: [...new Set(lines)].sort(),
    sums: sumsDigest(roots.flatMap(sumsOf)),
    modules: names.map((name) => moduleOf(name, files)),
    unused: selection.unused,
    toolchains: toolchains.map((one) => moduleOf(moduleVersionName(one), files)),
    others: others.flatMap((file): readonly OtherFile[] => {
      const described = files.get(file)
      return described === undefined ? [] : [{ path: file, ...description(described) }]
    }),
  }
}

function moduleOf(name: string, files: ReadonlyMap<string, CollectedFile>): BundledModule {
  const [info, mod, zip] = bundleKinds.map((kind) => files.get(pathInBundle(name, kind)))
  const origin = info === undefined ? undefined : originOf(readText(info.source) ?? '')
  return {
    ...splitModuleVersion(name),
    ...(zip === undefined ? {} : { h1: zip.h1 }),
    ...(mod === undefined ? {} : { goModH1: mod.h1 }),
    ...(info === undefined ? {} : { info: description(info) }),
    ...(mod === undefined ? {} : { mod: description(mod) }),
    ...(zip === undefined ? {} : { zip: description(zip) }),
    ...(origin === undefined ? {} : { origin }),
  }
}

function description({ size, sha256 }: FileDescription): FileDescription {
  return { size, sha256 }
}

/** Returns the units of a bundle: one for each module version, and one for each other file. */
function unitsOf(content: BundleContent, files: ReadonlyMap<string, CollectedFile>): readonly StoredUnit[] {
  const units = new Map<string, StoredUnit['files'][number][]>()
  for (const [file, { size, sha256 }] of bundleFiles(content)) {
    // `<module>/@v/<version>.<kind>`: all files of a version have the same prefix.
    const name = file.replace(/\.(?:info|mod|zip)$/, '')
    const source = files.get(file)?.source ?? ''
    units.set(name, [...(units.get(name) ?? []), { path: file, source, size, sha256 }])
  }
  return [...units].map(([name, all]) => ({ name, files: all }))
}
