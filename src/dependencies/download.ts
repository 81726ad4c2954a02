import * as path from 'node:path'
import { treeHash } from '../cache/archive/hash-files.ts'
import { isModuleCached } from '../cache/gomodcache/listing.ts'
import { GoCommandError, runGo } from '../gocmd/go-command.ts'
import { inBatches, listTemplate, modulesToDownload, parseBuildList } from '../gocmd/list-output.ts'
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
 * Marks trees as unfinished, as Go itself does, that are in the module cache without a `.ziphash` and are not what
 * go.sum says: `go mod download` writes the missing `.ziphash` and then takes such a tree for whole
 * (cmd/go/internal/modfetch/fetch.go, download, and cache.go, DownloadDir). With the mark, Go replaces it. A program that
 * unpacks a cache over GOMODCACHE and is killed leaves such trees; Go does not.
 *
 * @param root whose go.sum counts
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
    // What is neither a file nor a directory is in no module.
    const hash = await treeHash(tree, name).catch(() => undefined)
    if (hash !== undefined && sums.trees.get(name)?.has(hash)) continue
    info(`${name} is in GOMODCACHE, is not what go.sum says, and lacks what Go leaves beside it: replaced`)
    makeDirectory(path.dirname(prefix))
    writeFile(`${prefix}.partial`, '')
  }
}

/** What downloading a root's modules came to. */
interface Downloaded {
  /** `path@version` of every module that was fetched. */
  readonly modules: readonly string[]
  readonly sources: FetchedFrom
  readonly seconds: number
}

/**
 * go.sum may lack the go.mod hash of a module that a build never looks at, and only the list of all modules
 * needs it (cmd/go/internal/modload, "missing go.sum entry"). What go.mod requires is enough to go on with.
 */
const incompleteSums = /missing go\.sum entry/

/**
 * A proxy that is a folder may lack what describes a version, which the list and the download read: it holds
 * what some machine's module cache held, and a build alone fetches no `.info` (cmd/go/internal/modfetch/cache.go).
 */
const lacksInfo = /reading file:\S+\.info: |\.info: (?:404|410) |module lookup disabled by GOPROXY=off/

/** As many modules as a slow proxy can send at once; Go's own default is the number of cores. */
const parallel = { GOMAXPROCS: '16' }

interface DownloadOptions {
  /** Absolute path. */
  readonly gomodcache: string
  /** Whether a module without its zip counts as lacking. */
  readonly zips: boolean
  /** How often a passing failure is tried again. */
  readonly retries: number
  /** `path@version` of the modules in a bundle that is used. */
  readonly bundled: ReadonlySet<string>
  /** Whether GOPROXY names folders alone. */
  readonly onlyFolders: boolean
}

/**
 * Downloads the modules that the module cache lacks, by name.
 *
 * Never `go mod download` without arguments: it fetches the zip of every module whose zip is absent,
 * and a restored cache holds trees, not zips. The form with names may write to go.sum by itself, so
 * the files that decide the dependencies are put back as they were.
 *
 * @param root where the go command runs
 * @param options the module cache, and how it is filled
 * @throws GoFailed when the go command fails
 */
export async function downloadMissing(root: Root, options: DownloadOptions): Promise<Downloaded> {
  const seconds = elapsed()
  const remembered = snapshotFiles(root.files)
  try {
    const zips = new Set<string>()
    const notice = (missing: readonly string[]) => {
      for (const name of missing) if (isFile(zipOf(options.gomodcache, name))) zips.add(name)
    }
    const modules = await downloadByName(root, options, notice).catch((error) => {
      if (error instanceof GoCommandError && lacksInfo.test(error.output))
        return downloadImported(root, options, error)
      throw error
    })
    return { modules, sources: sourcesOf(modules, options, zips), seconds: seconds() }
  } finally {
    remembered.putBack()
  }
}

/** Where modules came from, as far as it is known. */
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
  found: (missing: readonly string[]) => void,
): Promise<readonly string[]> {
  const missing = await findMissing(root, options)
  found(missing)
  await markIncompleteExtractions(root, options.gomodcache, missing)
  for (const batch of inBatches(missing)) {
    const ran = await runGo(['mod', 'download', '--', ...batch], {
      cwd: root.directory,
      environment: parallel,
      retries: options.retries,
    })
    if (ran.code !== 0) throw new GoCommandError('`go mod download` failed', root, ran.stderr)
  }
  return missing
}

/** Downloads what the packages of a root import on this system: for that Go needs no `.info`. */
async function downloadImported(
  root: Root,
  { gomodcache, retries }: DownloadOptions,
  failure: GoCommandError,
): Promise<readonly string[]> {
  const missing = neededTrees(root).filter((name) => !isModuleCached(gomodcache, name))
  if (missing.length === 0) return []
  await markIncompleteExtractions(root, gomodcache, missing)
  const ran = await runGo(['list', '-mod=readonly', 'all'], {
    cwd: root.directory,
    environment: parallel,
    retries,
  })
  if (ran.code !== 0) throw failure
  return missing.filter((name) => isModuleCached(gomodcache, name))
}

async function findMissing(
  root: Root,
  { gomodcache, zips, retries }: DownloadOptions,
): Promise<readonly string[]> {
  const hashed = hashedTrees(root)
  if (hashed.size === 0) return []
  // Reading the build list fetches the go.mod files of the pruned graph that are not there.
  const ran = await runGo(['list', '-m', '-e', '-mod=readonly', '-f', listTemplate, 'all'], {
    cwd: root.directory,
    environment: parallel,
    retries,
  })
  if (ran.code !== 0 && incompleteSums.test(ran.stderr)) {
    return neededTrees(root).filter((name) => !isModuleCached(gomodcache, name))
  }
  if (ran.code !== 0) throw new GoCommandError('The modules could not be listed', root, ran.stderr)
  const listed = parseBuildList(ran.stdout).map((module) => ({
    ...module,
    present: module.present && !(zips && !isFile(zipOf(gomodcache, module.fetched))),
  }))
  return modulesToDownload(listed, { hashed, required: requiredPaths(root) })
}

function zipOf(gomodcache: string, name: string): string {
  return path.join(gomodcache, `${downloadPrefix(splitModuleVersion(name))}.zip`)
}

/** Where Go says that go.sum lacks a line (cmd/go/internal/modload/import.go and vendor.go). */
const lacking = /missing go\.sum entry/

/**
 * Fails where go.sum lacks what the packages here need to be built: Go may not add it by itself, and would say so in the middle of some
 * later step. Go is asked only where a required module has no line, because go.mod may require what nothing imports.
 *
 * @param root whose dependencies are in the module cache
 * @param retries how often a passing failure is tried again
 * @throws GoFailed with what is missing
 */
export async function checkSumsComplete(root: Root, retries: number): Promise<void> {
  if (modulesWithoutSum(root).length === 0) return
  const ran = await runGo(['list', '-mod=readonly', '-deps', './...'], {
    cwd: root.directory,
    retries,
  })
  // What else keeps packages from being listed is not ours to judge: a build may not need them.
  if (ran.code !== 0 && lacking.test(ran.stderr)) {
    throw new GoCommandError('go.sum does not hold what a build needs', root, ran.stderr)
  }
}
