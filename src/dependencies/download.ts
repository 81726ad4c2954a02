import * as path from 'node:path'
import { GoFailed } from '../go/failure.ts'
import { isPresent } from '../go/presence.ts'
import { goWithRetries } from '../go/retry.ts'
import { inBatches, listTemplate, missingModules, parseBuildList } from '../modules/build-list.ts'
import { downloadPrefix } from '../modules/module-path.ts'
import { splitModuleVersion } from '../modules/module-version.ts'
import { hashedTrees, neededTrees, requiredPaths } from '../modules/needed.ts'
import type { Root } from '../modules/roots.ts'
import type { FetchedFrom } from '../report/report.ts'
import { elapsed } from '../system/clock.ts'
import { isFile } from '../system/files.ts'
import { markHalfTrees } from './half-trees.ts'
import { rememberFiles } from './remembered-files.ts'

/** What downloading a root's modules came to. */
export interface Downloaded {
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
  const remembered = rememberFiles(root.files)
  try {
    const zips = new Set<string>()
    const notice = (missing: readonly string[]) => {
      for (const name of missing) if (isFile(zipOf(options.gomodcache, name))) zips.add(name)
    }
    const modules = await downloadByName(root, options, notice).catch((error) => {
      if (error instanceof GoFailed && lacksInfo.test(error.output))
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
  await markHalfTrees(root, options.gomodcache, missing)
  for (const batch of inBatches(missing)) {
    const ran = await goWithRetries(['mod', 'download', '--', ...batch], {
      cwd: root.directory,
      environment: parallel,
      retries: options.retries,
    })
    if (ran.code !== 0) throw new GoFailed('`go mod download` failed', root, ran.stderr)
  }
  return missing
}

/** Downloads what the packages of a root import on this system: for that Go needs no `.info`. */
async function downloadImported(
  root: Root,
  { gomodcache, retries }: DownloadOptions,
  failure: GoFailed,
): Promise<readonly string[]> {
  const missing = neededTrees(root).filter((name) => !isPresent(gomodcache, name))
  if (missing.length === 0) return []
  await markHalfTrees(root, gomodcache, missing)
  const ran = await goWithRetries(['list', '-mod=readonly', 'all'], {
    cwd: root.directory,
    environment: parallel,
    retries,
  })
  if (ran.code !== 0) throw failure
  return missing.filter((name) => isPresent(gomodcache, name))
}

async function findMissing(
  root: Root,
  { gomodcache, zips, retries }: DownloadOptions,
): Promise<readonly string[]> {
  const hashed = hashedTrees(root)
  if (hashed.size === 0) return []
  // Reading the build list fetches the go.mod files of the pruned graph that are not there.
  const ran = await goWithRetries(['list', '-m', '-e', '-mod=readonly', '-f', listTemplate, 'all'], {
    cwd: root.directory,
    environment: parallel,
    retries,
  })
  if (ran.code !== 0 && incompleteSums.test(ran.stderr)) {
    return neededTrees(root).filter((name) => !isPresent(gomodcache, name))
  }
  if (ran.code !== 0) throw new GoFailed('The modules could not be listed', root, ran.stderr)
  const listed = parseBuildList(ran.stdout).map((module) => ({
    ...module,
    present: module.present && !(zips && !isFile(zipOf(gomodcache, module.fetched))),
  }))
  return missingModules(listed, { hashed, required: requiredPaths(root) })
}

function zipOf(gomodcache: string, name: string): string {
  return path.join(gomodcache, `${downloadPrefix(splitModuleVersion(name))}.zip`)
}
