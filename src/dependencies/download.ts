import * as path from 'node:path'
import { isModuleCached, treeHash } from '../cache/index.ts'
import {
  GoCommandError,
  type GoEnv,
  inBatches,
  lacksInfo,
  lacksSum,
  listTemplate,
  modulesToDownload,
  parseBuildList,
  runGo,
} from '../gocmd/index.ts'
import { recordedSums } from '../gofiles/go-sum.ts'
import { downloadPrefix, splitModuleVersion, treeDirectory } from '../gofiles/module-path.ts'
import { hashedTrees, modulesWithoutSum, neededTrees, requiredPaths } from '../gofiles/requirements.ts'
import { type Root, sumsOf } from '../gofiles/roots.ts'
import { elapsed } from '../platform/clock.ts'
import { snapshotFiles } from '../platform/file-snapshot.ts'
import { isDirectory, isFile, makeDirectory, writeFile } from '../platform/files.ts'
import { info } from '../platform/runner.ts'
import type { FetchedFrom } from './plan.ts'

/**
 * Marks trees as incomplete, as Go itself does, that have no `.ziphash` in the module cache and differ from go.sum. For
 * such a tree, `go mod download` writes the missing `.ziphash` and then considers it complete
 * (cmd/go/internal/modfetch/fetch.go, download, and cache.go, DownloadDir). With a `.partial` file, Go replaces it.
 * Such trees come from a program that is killed while it unpacks a cache over GOMODCACHE, never from Go.
 *
 * @param root the root whose go.sum counts
 * @param gomodcache absolute path of the module cache
 * @param names `path@version` of what Go is about to download
 */
async function markIncompleteExtractions(
  root: Root,
  gomodcache: string,
  names: readonly string[],
): Promise<void> {
  const sums = recordedSums(sumsOf(root))
  for (const name of names) {
    const version = splitModuleVersion(name)
    const tree = path.join(gomodcache, treeDirectory(version))
    const prefix = path.join(gomodcache, downloadPrefix(version))
    if (!isDirectory(tree) || isFile(`${prefix}.ziphash`) || isFile(`${prefix}.partial`)) continue
    // treeHash fails for anything but files and directories, which no module contains.
    const hash = await treeHash(tree, name).catch(() => undefined)
    if (hash !== undefined && sums.trees.get(name)?.has(hash)) continue
    info(`${name} in GOMODCACHE differs from go.sum and has no .ziphash file: replaced`)
    makeDirectory(path.dirname(prefix))
    writeFile(`${prefix}.partial`, '')
  }
}

/** The result of downloading a root's modules. */
interface Downloaded {
  /** `path@version` of every module that was fetched. */
  readonly modules: readonly string[]
  readonly sources: FetchedFrom
  readonly seconds: number
}

/**
 * Number of parallel downloads: as many modules as a slow proxy can send at once. Go's own default is the number of
 * cores.
 */
const parallel = { GOMAXPROCS: '16' }

interface DownloadOptions {
  readonly env: GoEnv
  /** Absolute path of the module cache. */
  readonly gomodcache: string
  /** Whether a module without its zip counts as missing. */
  readonly zips: boolean
  /** Maximum number of retries of a transient failure. */
  readonly retries: number
  /** `path@version` of the modules in the bundle of this job. */
  readonly bundled: ReadonlySet<string>
  /** Whether GOPROXY names only folders. */
  readonly onlyFolders: boolean
}

/**
 * Downloads missing modules into the module cache, by name.
 *
 * It never runs `go mod download` without arguments. That fetches the zip of every module whose zip is absent, and a
 * restored cache holds trees, not zips. The form with names may write to go.sum on its own, so the files that decide
 * the dependencies are restored afterwards.
 *
 * @param root where the go command runs
 * @param options the module cache, and how to fill it
 * @throws GoCommandError when the go command fails
 */
export async function downloadMissing(root: Root, options: DownloadOptions): Promise<Downloaded> {
  const seconds = elapsed()
  const snapshot = snapshotFiles(root.files)
  try {
    const zips = new Set<string>()
    const recordZips = (missing: readonly string[]) => {
      for (const name of missing) if (isFile(zipOf(options.gomodcache, name))) zips.add(name)
    }
    const modules = await downloadByName(root, options, recordZips).catch((error) => {
      if (error instanceof GoCommandError && lacksInfo(error.output))
        return downloadImported(root, options, error)
      throw error
    })
    return { modules, sources: sourcesOf(modules, options, zips), seconds: seconds() }
  } finally {
    snapshot.restore()
  }
}

/** Counts the modules by source, as far as it is known. */
function sourcesOf(
  modules: readonly string[],
  { bundled, onlyFolders }: Pick<DownloadOptions, 'bundled' | 'onlyFolders'>,
  zips: ReadonlySet<string>,
): FetchedFrom {
  const sources = { bundle: 0, zips: 0, folder: 0, network: 0 }
  for (const name of modules) {
    if (bundled.has(name)) sources.bundle++
    else if (zips.has(name)) sources.zips++
    else if (onlyFolders) sources.folder++
    else sources.network++
  }
  return sources
}

async function downloadByName(
  root: Root,
  options: DownloadOptions,
  onMissing: (missing: readonly string[]) => void,
): Promise<readonly string[]> {
  const missing = await findMissing(root, options)
  onMissing(missing)
  await markIncompleteExtractions(root, options.gomodcache, missing)
  for (const batch of inBatches(missing)) {
    const ran = await runGo(['mod', 'download', '--', ...batch], {
      cwd: root.directory,
      env: options.env,
      set: parallel,
      retries: options.retries,
    })
    if (ran.code !== 0) throw new GoCommandError('`go mod download` failed', root, ran)
  }
  return missing
}

/** Downloads what the packages of a root import on this system, for which Go needs no `.info`. */
async function downloadImported(
  root: Root,
  { env, gomodcache, retries }: DownloadOptions,
  failure: GoCommandError,
): Promise<readonly string[]> {
  const missing = neededTrees(root).filter((name) => !isModuleCached(gomodcache, name))
  if (missing.length === 0) return []
  await markIncompleteExtractions(root, gomodcache, missing)
  const ran = await runGo(['list', '-mod=readonly', 'all'], {
    cwd: root.directory,
    env,
    set: parallel,
    retries,
  })
  if (ran.code !== 0) throw failure
  return missing.filter((name) => isModuleCached(gomodcache, name))
}

async function findMissing(
  root: Root,
  { env, gomodcache, zips, retries }: DownloadOptions,
): Promise<readonly string[]> {
  const hashed = hashedTrees(root)
  if (hashed.size === 0) return []
  // Reading the build list fetches the missing go.mod files of the pruned graph.
  const ran = await runGo(['list', '-m', '-e', '-mod=readonly', '-f', listTemplate, 'all'], {
    cwd: root.directory,
    env,
    set: parallel,
    retries,
  })
  if (ran.code !== 0 && lacksSum(ran.stderr)) {
    return neededTrees(root).filter((name) => !isModuleCached(gomodcache, name))
  }
  if (ran.code !== 0) throw new GoCommandError('The modules could not be listed', root, ran)
  const listed = parseBuildList(ran.stdout).map((module) => ({
    ...module,
    present: module.present && !(zips && !isFile(zipOf(gomodcache, module.fetched))),
  }))
  return modulesToDownload(listed, { hashed, required: requiredPaths(root) })
}

function zipOf(gomodcache: string, name: string): string {
  return path.join(gomodcache, `${downloadPrefix(splitModuleVersion(name))}.zip`)
}

/**
 * Fails when go.sum has no hash for what the packages here need. Go may not add it on its own, and a later step would
 * fail instead. Go runs only when a required module has no line, because go.mod may require what nothing imports.
 *
 * @param root the root, whose dependencies are in the module cache
 * @param options `retries`: maximum number of retries of a transient failure
 * @throws GoCommandError with what is missing
 */
export async function checkSumsComplete(
  root: Root,
  { env, retries }: Pick<DownloadOptions, 'env' | 'retries'>,
): Promise<void> {
  if (modulesWithoutSum(root).length === 0) return
  const ran = await runGo(['list', '-mod=readonly', '-deps', './...'], {
    cwd: root.directory,
    env,
    retries,
  })
  // Other failures do not count here: a build may not need these packages.
  if (ran.code !== 0 && lacksSum(ran.stderr)) {
    throw new GoCommandError('go.sum is missing hashes that a build needs', root, ran)
  }
}
