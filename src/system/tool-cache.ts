import * as path from 'node:path'
import * as tools from '@actions/tool-cache'
import { isFile, remove } from './files.ts'
import { debug } from './runner.ts'

/** The tool's name in the tool cache: that of the runner images and of actions/setup-go. */
const tool = 'go'

/** A Go in the tool cache. */
export interface CachedGo {
  /** Absolute path of its GOROOT. */
  readonly root: string
  /** In semantic versioning. */
  readonly version: string
}

/**
 * The newest Go in the tool cache (RUNNER_TOOL_CACHE) that a range holds.
 *
 * @param range in semver's notation
 * @returns undefined when there is none that holds a go command, or there is no tool cache
 */
export function findInToolCache(range: string): CachedGo | undefined {
  if (toolCache() === '') return undefined
  const root = tools.find(tool, range, process.arch)
  // The tool cache is laid out as tool/version/architecture.
  return root === '' ? undefined : unlessBroken({ root, version: path.basename(path.dirname(root)) })
}

/** Every Go in the tool cache, in no order; empty when there is no tool cache. */
export function allInToolCache(): readonly CachedGo[] {
  if (toolCache() === '') return []
  return tools
    .findAllVersions(tool, process.arch)
    .map((version) => unlessBroken({ root: placeOf(version), version }))
    .filter((one) => one !== undefined)
}

/**
 * Copies a Go to the tool cache. Its mark of completeness is written last, so that nothing half done is found.
 *
 * @param goroot absolute path of what is copied; it stays
 * @param version in semantic versioning
 * @returns where it is now, or why the tool cache does not take it
 */
export async function addToToolCache(
  goroot: string,
  version: string,
): Promise<{ readonly root: string } | { readonly refused: string }> {
  if (toolCache() === '') return { refused: 'RUNNER_TOOL_CACHE is not set' }
  try {
    return { root: await tools.cacheDir(goroot, tool, version, process.arch) }
  } catch (error) {
    try {
      remove(placeOf(version))
    } catch (leftover) {
      debug(`what was copied to the tool cache stays: ${(leftover as Error).message}`)
    }
    return { refused: `the tool cache cannot be written: ${(error as Error).message}` }
  }
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

function placeOf(version: string): string {
  return path.join(toolCache(), tool, version, process.arch)
}

/** Empty when there is none; @actions/tool-cache throws then. */
function toolCache(): string {
  return process.env.RUNNER_TOOL_CACHE ?? ''
}
