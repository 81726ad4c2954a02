import * as fs from 'node:fs'
import * as path from 'node:path'
import * as tools from '@actions/tool-cache'
import { now, pause } from './clock.ts'
import {
  entriesOf,
  isFile,
  lstat,
  makeDirectory,
  makePrivateDirectory,
  moveIfAbsent,
  remove,
  removeIfPossible,
  renamePatiently,
  writeFile,
} from './files.ts'
import { debug } from './runner.ts'

/** The name of Go's own releases in the tool cache: that of the runner images and of actions/setup-go. */
const goTool = 'go'

/** A Go in the tool cache. */
interface CachedGo {
  /** Absolute path of its GOROOT. */
  readonly root: string
  /** In semantic versioning. */
  readonly version: string
}

/**
 * The newest Go in the tool cache (RUNNER_TOOL_CACHE) that a range holds.
 *
 * @param tool the name it has there: `go` for Go's own releases
 * @param range in semver's notation
 * @returns undefined when there is none that holds a go command, or there is no tool cache
 */
export function findInToolCache(tool: string, range: string): CachedGo | undefined {
  if (toolCache() === '') return undefined
  const root = tools.find(tool, range, process.arch)
  return root === '' ? undefined : unlessBroken({ root, version: path.basename(path.dirname(root)) })
}

/** Every one of Go's own releases in the tool cache, in no order; empty when there is no tool cache. */
export function allInToolCache(): readonly CachedGo[] {
  if (toolCache() === '') return []
  return tools
    .findAllVersions(goTool, process.arch)
    .map((version) => unlessBroken({ root: placeOf(goTool, version), version }))
    .filter((one) => one !== undefined)
}

/** Where a Go belongs in the tool cache, whether it is there or not; undefined when there is no tool cache. */
function placeInToolCache(tool: string, version: string): string | undefined {
  return toolCache() === '' ? undefined : placeOf(tool, version)
}

/**
 * Unpacks a .zip or .tar.gz file.
 *
 * @param file absolute path; Windows takes only what ends in .zip for a zip file
 * @param folder where to; made when it is absent
 */
export async function unpackArchive(file: string, folder: string): Promise<void> {
  if (file.endsWith('.zip')) await tools.extractZip(file, folder)
  else await tools.extractTar(file, folder)
}

/** The go command of a GOROOT. */
export function goCommandOf(goroot: string): string {
  return path.join(goroot, 'bin', process.platform === 'win32' ? 'go.exe' : 'go')
}

function unlessBroken(found: CachedGo): CachedGo | undefined {
  if (isFile(goCommandOf(found.root))) return found
  debug(`${found.root} holds no go command`)
  return undefined
}

/** The layout of @actions/tool-cache: tool/version/architecture. */
function placeOf(tool: string, version: string): string {
  return path.join(toolCache(), tool, version, process.arch)
}

/** Empty when there is none; @actions/tool-cache throws then. */
function toolCache(): string {
  return process.env.RUNNER_TOOL_CACHE ?? ''
}

/** How long nobody must have been at something unfinished before it counts as what a killed job left, in ms. */
const abandonedAfter = 60 * 60 * 1000

/** What a job is about to put into the tool cache is in a folder of such a name. */
const newPrefix = '.new-'

/**
 * Puts a Go into the tool cache, unless another job has done it. Several jobs on one machine may share it, so it is
 * moved in whole, and what another job put there or is about to put there is left alone; only what lies unfinished
 * for an hour is replaced. The layout is that of @actions/tool-cache (its src/tool-cache.ts, cacheDir and
 * _completeToolPath): tool/version/architecture, and beside it an empty file of the same name and `.complete`,
 * written last. Its own cacheDir removes what is there, be it in use, and then copies file by file.
 *
 * @param goroot absolute path of a whole GOROOT
 * @param tool the name it gets there, as findInToolCache takes it
 * @param version in semantic versioning
 * @returns where it is now, and then nothing may be left at `goroot`; or why the tool cache does not take it, and
 * then `goroot` is as it was
 */
export async function addToToolCache(
  goroot: string,
  tool: string,
  version: string,
): Promise<{ readonly root: string } | { readonly refused: string }> {
  const place = placeInToolCache(tool, version)
  if (place === undefined) return { refused: 'RUNNER_TOOL_CACHE is not set' }
  const isThere = () => findInToolCache(tool, version) !== undefined
  let scratch: string | undefined
  try {
    if (isThere()) return { root: place }
    const folder = path.dirname(place)
    makeDirectory(folder)
    removeAbandoned(folder)
    scratch = makePrivateDirectory(path.join(folder, newPrefix))
    if (await moveIn(goroot, place, scratch, isThere)) return { root: place }
    // Who was faster may be about to write the mark.
    for (let count = 0; count < 20 && !isThere(); count++) await pause(0.1)
    return isThere()
      ? { root: place }
      : { refused: 'another job is putting the same one into the tool cache' }
  } catch (error) {
    return { refused: `the tool cache cannot be written: ${(error as Error).message}` }
  } finally {
    if (scratch !== undefined) removeIfPossible(scratch)
  }
}

/** @returns false when another job's is there; unless it is true, the Go is at `goroot` again */
async function moveIn(
  goroot: string,
  place: string,
  scratch: string,
  isThere: () => boolean,
): Promise<boolean> {
  const beside = path.join(scratch, 'go')
  try {
    await moveOrCopy(goroot, beside)
    // An archive brings an old time with it, and nobody shall take this for abandoned.
    fs.utimesSync(beside, new Date(), new Date())
    if (!moveIfAbsent(beside, place)) {
      if (!isThere()) takeAwayAbandoned(place, scratch, isThere)
      if (!moveIfAbsent(beside, place)) return false
    }
    complete(place, beside)
    return true
  } finally {
    if (lstat(goroot) === undefined && lstat(beside) !== undefined) renamePatiently(beside, goroot)
  }
}

/** A rename saves a copy of a whole Go, but cannot leave the file system. */
async function moveOrCopy(from: string, to: string): Promise<void> {
  try {
    renamePatiently(from, to)
  } catch (error) {
    debug(`${from} is copied: ${(error as Error).message}`)
    await fs.promises.cp(from, to, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true })
  }
}

function complete(place: string, otherwise: string): void {
  try {
    writeFile(markOf(place), '')
  } catch (error) {
    // Without its mark nobody has found it yet.
    renamePatiently(place, otherwise)
    throw error
  }
}

/**
 * Frees a place from what a killed job left. One job at a time does that, and looks again before it does: else it
 * could be what another job has just put there in its stead.
 */
function takeAwayAbandoned(place: string, scratch: string, isThere: () => boolean): void {
  const lock = path.join(path.dirname(place), `${newPrefix}lock-${process.arch}`)
  try {
    fs.mkdirSync(lock)
  } catch (error) {
    debug(`${place} is left to another job: ${(error as Error).message}`)
    return
  }
  try {
    if (isThere() || !isAbandoned(place)) return
    remove(markOf(place))
    renamePatiently(place, path.join(scratch, 'old'))
  } finally {
    removeIfPossible(lock)
  }
}

/** Clears a version's folder of what killed jobs were about to put there. */
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

function markOf(place: string): string {
  return `${place}.complete`
}
