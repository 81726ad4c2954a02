import * as path from 'node:path'
import { UserError } from '../errors.ts'
import { defaultDownloadBase, toolCacheName } from '../gosettings/download-base.ts'
import { elapsed } from '../platform/clock.ts'
import {
  isFile,
  isWithin,
  makePrivateDirectory,
  moveIfAbsent,
  moveTree,
  removeIfPossible,
} from '../platform/files.ts'
import { architecture, platform } from '../platform/machine.ts'
import { makeOwnedDirectory, makeTreeWritable } from '../platform/permissions.ts'
import { warning } from '../platform/runner.ts'
import { addToToolCache, findInToolCache, goCommandOf, withStage } from '../platform/tool-cache.ts'
import { noGoSource, type SelectedRelease, selectGo } from './choose.ts'
import { downloadGo, redactedAddress } from './download.ts'
import { goPlatform } from './release-list.ts'
import { fromSemver, type RequestedGo, rangeOf, toSemver } from './release-spec.ts'
import { fromToolchainModule, type GoSearch, goPlace, rejectSource, type SetupOptions } from './search.ts'
import { fetchToolchain, goFault, toolchainModules } from './toolchain-module.ts'

/** The location of a new Go, and its description. */
interface StoredGo {
  readonly root: string
  /** The location, as a clause. */
  readonly location: string
}

/**
 * Moves a Go to its final location: the tool cache, or a folder for this job if there is no writable tool cache.
 *
 * @param root absolute path of the GOROOT; moved or unusable afterwards
 * @param version version such as `go1.24.3`
 * @param tool its name in the tool cache
 * @param folder absolute path of the private folder of this job, in the folder that the runner empties after the job
 */
async function addGoToToolCache(
  root: string,
  version: string,
  tool: string,
  folder: string,
): Promise<StoredGo> {
  const added = await addToToolCache(root, tool, toSemver(version) ?? version)
  if ('root' in added) return { root: added.root, location: 'added to the tool cache' }
  const location = `kept for this job only, because ${added.refused}`
  return { root: keepForThisJob(root, version, tool, folder), location }
}

/**
 * Moves a Go to a folder with a fixed name. A random name would change GOROOT, and with it the key of the build cache,
 * in every job. Only the runner may remove this folder, because later steps run the Go in it.
 */
function keepForThisJob(root: string, version: string, tool: string, folder: string): string {
  const shared = path.join(path.dirname(folder), `go-deps-action-${tool}`)
  const place = path.join(shared, version.slice('go'.length))
  if (makeOwnedDirectory(shared) && (moveIfAbsent(root, place, moveTree) || isFile(goCommandOf(place))))
    return place
  // The folder belongs to another user, or holds an incomplete Go.
  const own = path.join(folder, version)
  moveTree(root, own)
  return own
}

/** A Go that is ready to use. */
export interface GoSetup {
  /** Version in Go's notation without `go`: `1.24.3`. */
  readonly version: string
  /** GOROOT, absolute; empty when a dry run would have to install it. */
  readonly root: string
  /** The folder for PATH; empty like `root`. */
  readonly bin: string
  readonly source: 'tool cache' | 'download' | 'toolchain module'
  /** The reason for this Go and its location, as a clause. */
  readonly why: string
  /** Duration of the set-up in seconds. */
  readonly seconds: number
}

/** The name in the tool cache for Go from the toolchain module, which is official whatever the download address is. */
const goTool = toolCacheName(defaultDownloadBase)

type SelectedGo = Omit<GoSetup, 'seconds'>

/**
 * Finds or installs the requested Go: from the tool cache, from the download address, or as Go's own toolchain module,
 * in this order. If the user named an address and it answers, only its Go is used. If it is unreachable, the toolchain
 * module is used, with a warning. The caller sets PATH and other variables.
 *
 * @throws UserError when there is no such Go, or no source of it can be used
 * @throws GoDownloadMismatch when a download's SHA-256 differs from the published one
 */
export async function setUpGo(requested: RequestedGo, options: SetupOptions): Promise<GoSetup> {
  const seconds = elapsed()
  const { downloadBase, retries, folder } = options
  const base = (downloadBase.trim() || defaultDownloadBase).replace(/\/+$/, '')
  const scratch = makePrivateDirectory(path.join(folder, 'new-go-'))
  const target = goPlatform({ platform: platform(), arch: architecture() })
  try {
    const download = { base, isNamed: base !== defaultDownloadBase, retries }
    const search = {
      requested,
      options,
      download,
      tool: toolCacheName(base),
      platform: target,
      scratch,
      tried: [],
    }
    return { ...(await findOrInstall(search)), seconds: seconds() }
  } finally {
    removeIfPossible(scratch)
  }
}

async function findOrInstall(search: GoSearch): Promise<SelectedGo> {
  const { requested, options, tried, tool, download } = search
  const { spec } = requested
  const range = rangeOf(spec)
  const requiresNewest = range === undefined || (options.checkLatest && spec.kind === 'range')
  const where = download.isNamed ? ` from ${redactedAddress(download.base)}` : ''
  if (!requiresNewest) {
    const found = inToolCache(tool, range, 'the tool cache has it')
    if (found !== undefined) return found
    tried.push(`The tool cache does not hold it${where}`)
  }
  const { chosen, onlyNamedHost } = await selectGo(search)
  const noSource = () =>
    noGoSource(requested, tried, onlyNamedHost ? redactedAddress(download.base) : undefined)
  if (chosen === undefined) {
    const found =
      range === undefined ? undefined : inToolCache(tool, range, 'no list of releases is available')
    if (found !== undefined) return found
    throw new UserError([noSource()])
  }
  if (requiresNewest) {
    const found = inToolCache(tool, toSemver(chosen.version) ?? '', 'the newest, and the tool cache has it')
    if (found !== undefined) return found
    tried.push(`The tool cache does not hold ${chosen.version}${where}`)
  }
  const isFallback = download.isNamed && !onlyNamedHost
  // The tool cache was searched only under the name of the address so far.
  const official = isFallback && inToolCache(goTool, toSemver(chosen.version) ?? '', 'the tool cache has it')
  const install = options.dryRun === true ? planRelease : installRelease
  const provided = official || (await install(chosen, search, onlyNamedHost))
  if (provided === undefined) throw new UserError([noSource()])
  if (isFallback) warning(fallbackWarning(provided, search))
  return provided
}

async function installRelease(
  chosen: SelectedRelease,
  search: GoSearch,
  onlyNamedHost: boolean,
): Promise<SelectedGo | undefined> {
  const downloaded = await installArchive(chosen, search)
  return downloaded === undefined && !onlyNamedHost ? installToolchain(chosen, search) : downloaded
}

async function installArchive(
  { version, archive }: SelectedRelease,
  search: GoSearch,
): Promise<SelectedGo | undefined> {
  if (archive === undefined) return undefined
  const { download, tool, platform, scratch, options } = search
  const where = redactedAddress(download.base)
  return withStage(tool, toSemver(version) ?? version, scratch, async (stage) => {
    const folders = { scratch, stage }
    const downloaded = await downloadGo(archive, download, platform, folders, options.env.variables)
    if ('reason' in downloaded) return rejectSource(search, where, downloaded)
    // A mirror's build may report another version, so the version is not compared; its SHA-256 was verified.
    const fault = await goFault(downloaded.root, goPlace(options), undefined)
    if (fault !== undefined) return rejectSource(search, where, { reason: fault })
    const { root, location } = await addGoToToolCache(downloaded.root, version, tool, options.folder)
    return goSetup(version, root, 'download', `from ${where}, ${location}`)
  })
}

async function installToolchain(
  { version }: SelectedRelease,
  search: GoSearch,
): Promise<SelectedGo | undefined> {
  const { options, scratch } = search
  return withStage(goTool, toSemver(version) ?? version, scratch, async (stage) => {
    const fetched = await fromToolchainModule(search, (fetcher) =>
      fetchToolchain(fetcher, version, toolchainModules(stage())),
    )
    if (fetched === undefined) return undefined
    const fault = await goFault(fetched.root, goPlace(options), version)
    if (fault !== undefined) return rejectSource(search, 'The toolchain module', { reason: fault })
    if (!isWithin(stage(), fetched.root))
      return goSetup(version, fetched.root, 'toolchain module', 'Go found it on this machine')
    // Go write-protects the module, but the owner of the tool cache must be able to remove it.
    makeTreeWritable(fetched.root, 'everything')
    const { root, location } = await addGoToToolCache(fetched.root, version, goTool, options.folder)
    return goSetup(version, root, 'toolchain module', `through GOPROXY, ${location}`)
  })
}

/** Returns what a dry run reports for a release that is not installed. */
function planRelease({ version, archive }: SelectedRelease, { download }: GoSearch): SelectedGo {
  const name = version.slice('go'.length)
  const notInstalled = { version: name, root: '', bin: '' }
  return archive === undefined
    ? { ...notInstalled, source: 'toolchain module', why: 'it would be fetched through GOPROXY' }
    : {
        ...notInstalled,
        source: 'download',
        why: `it would be fetched from ${redactedAddress(download.base)}`,
      }
}

/** Returns the warning that the provided Go is not from the address that the user named. */
function fallbackWarning({ version }: SelectedGo, { download }: GoSearch): string {
  return (
    `${redactedAddress(download.base)} cannot be reached, so the action uses Go's own release of Go ${version} instead. ` +
    "Correct `go-download-base-url` or GO_DOWNLOAD_BASE_URL, or remove it to use Go's own release."
  )
}

function inToolCache(tool: string, range: string, why: string): SelectedGo | undefined {
  const cached = findInToolCache(tool, range)
  return cached && goSetup(fromSemver(cached.version), cached.root, 'tool cache', why)
}

function goSetup(version: string, root: string, source: GoSetup['source'], why: string): SelectedGo {
  return { version: version.slice('go'.length), root, bin: path.join(root, 'bin'), source, why }
}
