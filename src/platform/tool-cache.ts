import * as fs from 'node:fs'
import * as path from 'node:path'
import * as tools from '@actions/tool-cache'
import { now, pause } from './clock.ts'
import { processEnv, type Variables, withVariables } from './environment.ts'
import {
  entriesOf,
  freeSpaceAt,
  isFile,
  lstat,
  makeDirectory,
  makePrivateDirectory,
  moveIfAbsent,
  remove,
  removeIfPossible,
  writeFile,
} from './files.ts'
import { onExit, run } from './processes.ts'
import { renamePatiently } from './rename.ts'
import { debug } from './runner.ts'
import { unzip } from './unzip.ts'

/** The name of Go's own releases in the tool cache, as in the runner images and actions/setup-go. */
const goTool = 'go'

/** A Go in the tool cache. */
interface CachedGo {
  /** Absolute path of its GOROOT. */
  readonly root: string
  /** Semantic version. */
  readonly version: string
}

/**
 * Finds the newest Go in the tool cache (RUNNER_TOOL_CACHE) that satisfies a range.
 *
 * @param tool its name there: `go` for Go's own releases
 * @param range in semver's notation
 * @returns undefined when none of them has a go command, or there is no tool cache
 */
export function findInToolCache(tool: string, range: string): CachedGo | undefined {
  if (toolCache() === '') return undefined
  const root = tools.find(tool, range, process.arch)
  return root === '' ? undefined : unlessBroken({ root, version: path.basename(path.dirname(root)) })
}

/** Lists all of Go's own releases in the tool cache, in no order; empty when there is no tool cache. */
export function allInToolCache(): readonly CachedGo[] {
  if (toolCache() === '') return []
  return tools
    .findAllVersions(goTool, process.arch)
    .map((version) => unlessBroken({ root: placeOf(goTool, version), version }))
    .filter((one) => one !== undefined)
}

/** Returns where a Go belongs in the tool cache, whether it exists or not; undefined when there is no tool cache. */
function placeInToolCache(tool: string, version: string): string | undefined {
  return toolCache() === '' ? undefined : placeOf(tool, version)
}

/**
 * Unpacks a .zip file, or a .tar.gz file with the system's tar. `extractTar` and `extractZip` of @actions/tool-cache
 * would search programs in relative folders of PATH, too.
 *
 * @param file absolute path
 * @param folder absolute path of the target; created when absent
 * @param variables the variables that tar gets
 * @throws Error with the output of tar when it fails
 */
export async function unpackArchive(file: string, folder: string, variables: Variables): Promise<void> {
  makeDirectory(folder)
  if (file.endsWith('.zip')) return unzip(file, folder)
  // TAR_OPTIONS holds options for the user's own archives.
  const ran = await run('tar', ['-xzf', file, '-C', folder], {
    cwd: folder,
    variables: withVariables(variables, { TAR_OPTIONS: undefined }),
  })
  if (ran === undefined) throw new Error('there is no tar')
  if (ran.code !== 0) throw new Error(ran.stderr.trim() || `tar ended with exit code ${ran.code}`)
}

/** Returns the path of the go command of a GOROOT. */
export function goCommandOf(goroot: string): string {
  return path.join(goroot, 'bin', process.platform === 'win32' ? 'go.exe' : 'go')
}

function unlessBroken(found: CachedGo): CachedGo | undefined {
  if (isFile(goCommandOf(found.root))) return found
  debug(`${found.root} holds no go command`)
  return undefined
}

/** Returns a path in the layout of @actions/tool-cache: tool/version/architecture. */
function placeOf(tool: string, version: string): string {
  return path.join(toolCache(), tool, version, process.arch)
}

/** Returns the path of the tool cache; empty when there is none, where @actions/tool-cache would throw. */
function toolCache(): string {
  return processEnv().RUNNER_TOOL_CACHE ?? ''
}

/** Idle time after which something unfinished counts as the remains of a killed job, in milliseconds. */
const abandonedAfter = 60 * 60 * 1000

/** Prefix of the folders that hold what a job is about to put into the tool cache. */
const newPrefix = '.new-'

/** Minimum free space of the tool cache to unpack a Go there, in bytes. A Go and its archive have about 350 MB. */
const minFreeBytes = 1024 ** 3

/**
 * Runs work that unpacks a Go, with a folder from which one rename moves the Go into the tool cache. On Windows the
 * tool cache and RUNNER_TEMP are often on different drives, and a copy of some 15,000 files between them takes minutes.
 * The folder counts as unfinished content: no job uses what is in it, and later jobs remove what a killed job leaves.
 *
 * @param tool its name in the tool cache, as for findInToolCache
 * @param version semantic version
 * @param scratch absolute path of a private folder, used when it is on the file system of the tool cache, or when the
 *   tool cache has no room or cannot be written
 * @param work receives a function that creates the folder and returns its absolute path; it is removed afterwards
 */
export async function withStage<T>(
  tool: string,
  version: string,
  scratch: string,
  work: (stage: () => string) => Promise<T>,
): Promise<T> {
  let made: string | undefined
  const discard = () => {
    if (made !== undefined && made !== scratch) removeIfPossible(made)
  }
  const release = onExit(discard)
  try {
    return await work(() => (made ??= stageInToolCache(tool, version, scratch) ?? scratch))
  } finally {
    release()
    discard()
  }
}

/** Creates a private folder in the tool cache; undefined when `scratch` serves as well or better. */
function stageInToolCache(tool: string, version: string, scratch: string): string | undefined {
  const place = placeInToolCache(tool, version)
  if (place === undefined) return undefined
  try {
    const folder = path.dirname(place)
    makeDirectory(folder)
    if (deviceOf(folder) === deviceOf(scratch) || freeSpaceAt(folder).bytes < minFreeBytes) return undefined
    return makePrivateDirectory(path.join(folder, newPrefix))
  } catch (error) {
    debug(`a Go is not unpacked in the tool cache: ${(error as Error).message}`)
    return undefined
  }
}

/** Returns the number of the file system that holds a folder; on Windows it is the number of the volume. */
function deviceOf(folder: string): bigint {
  return fs.statSync(folder, { bigint: true }).dev
}

/**
 * Puts a Go into the tool cache, unless another job has done so. Several jobs on one machine may share the cache, so
 * the Go is moved in as a whole. What another job put or is about to put there stays. Only unfinished content that is
 * an hour old is replaced.
 *
 * The layout is that of @actions/tool-cache (its src/tool-cache.ts, cacheDir and _completeToolPath):
 * tool/version/architecture, and next to it an empty file of the same name and `.complete`, written last. Its own
 * cacheDir removes an existing folder, even when in use, and then copies file by file.
 *
 * @param goroot absolute path of a complete GOROOT
 * @param tool its name there, as for findInToolCache
 * @param version semantic version
 * @returns its new path, after which `goroot` may be gone; or why the tool cache refuses it, with `goroot` unchanged
 */
export async function addToToolCache(
  goroot: string,
  tool: string,
  version: string,
): Promise<{ readonly root: string } | { readonly refused: string }> {
  const place = placeInToolCache(tool, version)
  if (place === undefined) return { refused: 'RUNNER_TOOL_CACHE is not set' }
  const isCached = () => findInToolCache(tool, version) !== undefined
  let scratch: string | undefined
  try {
    if (isCached()) return { root: place }
    const folder = path.dirname(place)
    makeDirectory(folder)
    removeAbandoned(folder)
    scratch = makePrivateDirectory(path.join(folder, newPrefix))
    if (await moveIn(goroot, place, scratch, isCached)) return { root: place }
    // The faster job may be about to write the `.complete` file.
    for (let count = 0; count < 20 && !isCached(); count++) await pause(0.1)
    return isCached() ? { root: place } : { refused: 'another job is adding the same Go to the tool cache' }
  } catch (error) {
    return { refused: `the tool cache cannot be written: ${(error as Error).message}` }
  } finally {
    if (scratch !== undefined) removeIfPossible(scratch)
  }
}

/**
 * Moves a Go into the tool cache.
 *
 * @returns false when another job's Go is there; unless it returns true, the Go is back at `goroot`
 */
async function moveIn(
  goroot: string,
  place: string,
  scratch: string,
  isCached: () => boolean,
): Promise<boolean> {
  const staged = path.join(scratch, 'go')
  try {
    await moveOrCopy(goroot, staged)
    // An archive preserves an old time, and this folder must not count as abandoned.
    fs.utimesSync(staged, new Date(), new Date())
    if (!moveIfAbsent(staged, place)) {
      if (!isCached()) removeAbandonedAt(place, scratch, isCached)
      if (!moveIfAbsent(staged, place)) return false
    }
    writeMarker(place, staged)
    return true
  } finally {
    if (lstat(goroot) === undefined && lstat(staged) !== undefined) renamePatiently(staged, goroot)
  }
}

/** Moves a folder. A rename saves the copy of a whole Go, but only works within a file system. */
async function moveOrCopy(from: string, to: string): Promise<void> {
  try {
    renamePatiently(from, to)
  } catch (error) {
    debug(`${from} is copied: ${(error as Error).message}`)
    await fs.promises.cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
  }
}

function writeMarker(place: string, staged: string): void {
  try {
    writeFile(markerOf(place), '')
  } catch (error) {
    // Without its `.complete` file, no job has found it yet.
    renamePatiently(place, staged)
    throw error
  }
}

/**
 * Removes what a killed job put at a path. One job at a time does that, and checks once more before it does: another
 * job may have just put its Go there.
 */
function removeAbandonedAt(place: string, scratch: string, isCached: () => boolean): void {
  const lock = path.join(path.dirname(place), `${newPrefix}lock-${process.arch}`)
  try {
    fs.mkdirSync(lock)
  } catch (error) {
    debug(`${place} is left to another job: ${(error as Error).message}`)
    return
  }
  try {
    if (isCached() || !isAbandoned(place)) return
    remove(markerOf(place))
    renamePatiently(place, path.join(scratch, 'old'))
  } finally {
    removeIfPossible(lock)
  }
}

/** Removes from a version's folder what killed jobs were about to put there. */
function removeAbandoned(folder: string): void {
  const started = entriesOf(folder).filter(({ name }) => name.startsWith(newPrefix))
  for (const { name } of started) {
    const target = path.join(folder, name)
    if (isAbandoned(target)) removeIfPossible(target)
  }
}

function isAbandoned(target: string): boolean {
  const stats = lstat(target)
  return stats !== undefined && now() - stats.mtimeMs > abandonedAfter
}

function markerOf(place: string): string {
  return `${place}.complete`
}
