import * as path from 'node:path'
import * as tools from '@actions/tool-cache'
import { isFile } from './files.ts'
import { debug } from './runner.ts'

/** The name of Go's own releases in the tool cache: that of the runner images and of actions/setup-go. */
const goTool = 'go'

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
export function placeInToolCache(tool: string, version: string): string | undefined {
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
