import * as path from 'node:path'
import { UserError } from '../errors.ts'
import { defaultDownloadBase, toolCacheName } from '../gosettings/download-base.ts'
import { elapsed } from '../platform/clock.ts'
import {
  isFile,
  isWithin,
  makePrivateDirectory,
  moveIfAbsent,
  removeIfPossible,
  renamePatiently,
} from '../platform/files.ts'
import { architecture, platform } from '../platform/machine.ts'
import { makeOwnedDirectory, makeTreeWritable } from '../platform/permissions.ts'
import { warning } from '../platform/runner.ts'
import { addToToolCache, findInToolCache, goCommandOf } from '../platform/tool-cache.ts'
import { noGoSource, type SelectedRelease, selectGo } from './choose.ts'
import { downloadGo, redactedAddress } from './download.ts'
import { goPlatform } from './release-list.ts'
import { fromSemver, type RequestedGo, rangeOf, toSemver } from './release-spec.ts'
import { fromToolchainModule, type GoSearch, goDirectory, rejectSource, type SetupOptions } from './search.ts'
import { fetchToolchain, goFault } from './toolchain-module.ts'

/** Where a new Go is, and how to tell of the place. */
interface StoredGo {
  readonly root: string
  /** A sentence part. */
  readonly place: string
}

/**
 * Puts a Go where it stays: in the tool cache, or for this job alone where there is none that can be written.
 *
 * @param root absolute path of the GOROOT, on the file system of `folder`; gone or of no use afterwards
 * @param version as in `go1.24.3`
 * @param tool its name in the tool cache
 * @param folder absolute path of the private folder of this job, in the folder that the runner empties after it
 */
async function addGoToToolCache(
  root: string,
  version: string,
  tool: string,
  folder: string,
): Promise<StoredGo> {
  const added = await addToToolCache(root, tool, toSemver(version) ?? version)
  if ('root' in added) return { root: added.root, place: 'now in the tool cache' }
  const place = `kept for this job alone, for ${added.refused}`
  return { root: keepForThisJob(root, version, tool, folder), place }
}

/**
 * A place with a random name would make another GOROOT in every job, and with it another key of the build cache.
 * This one is for the runner to clear: later steps run what is in it.
 */
function keepForThisJob(root: string, version: string, tool: string, folder: string): string {
  const shared = path.join(path.dirname(folder), `go-deps-action-${tool}`)
  const place = path.join(shared, version.slice('go'.length))
  if (makeOwnedDirectory(shared) && (moveIfAbsent(root, place) || isFile(goCommandOf(place)))) return place
  // Somebody else's folder, or half of a Go.
  const own = path.join(folder, version)
  renamePatiently(root, own)
  return own
}

/** A Go that is ready to use. */
export interface GoSetup {
  /** As Go writes it, without `go`: `1.24.3`. */
  readonly version: string
  /** GOROOT, absolute; empty when a dry run would have to install it. */
  readonly root: string
  /** The folder for PATH; empty like `root`. */
  readonly bin: string
  readonly source: 'tool cache' | 'download' | 'toolchain module'
  /** Why this one and where it is, as a sentence part. */
  readonly why: string
  /** How long it took. */
  readonly seconds: number
}

/** The toolchain module is Go's own, wherever downloads come from. */
const goTool = toolCacheName(defaultDownloadBase)

type Found = Omit<GoSetup, 'seconds'>

/**
 * Finds the Go that is wanted, or installs it: from the tool cache, from where Go is published, or as Go's own
 * toolchain module, in this order. When the user named an address and it answers, no other publisher's Go is taken;
 * when it is out of reach, the toolchain module is, with a warning. PATH and other variables are left to the caller.
 *
 * @throws BadInput when there is no such Go, or no source of it can be used
 * @throws WrongGo when a download is not what was published
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

async function findOrInstall(search: GoSearch): Promise<Found> {
  const { requested, options, tried, tool, download } = search
  const { spec } = requested
  const range = rangeOf(spec)
  const wantsNewest = range === undefined || (options.checkLatest && spec.kind === 'range')
  const where = download.isNamed ? ` from ${redactedAddress(download.base)}` : ''
  if (!wantsNewest) {
    const found = inToolCache(tool, range, 'the tool cache has it')
    if (found !== undefined) return found
    tried.push(`The tool cache does not hold it${where}`)
  }
  const { chosen, onlyThere } = await selectGo(search)
  const noSource = () => noGoSource(requested, tried, onlyThere ? redactedAddress(download.base) : undefined)
  if (chosen === undefined) {
    const found = range === undefined ? undefined : inToolCache(tool, range, 'no list of releases can be had')
    if (found !== undefined) return found
    throw new UserError([noSource()])
  }
  if (wantsNewest) {
    const found = inToolCache(tool, toSemver(chosen.version) ?? '', 'the newest, and the tool cache has it')
    if (found !== undefined) return found
    tried.push(`The tool cache does not hold ${chosen.version}${where}`)
  }
  const isStandIn = download.isNamed && !onlyThere
  // So far it was looked for under the name of the address alone.
  const own = isStandIn && inToolCache(goTool, toSemver(chosen.version) ?? '', 'the tool cache has it')
  const install = options.dryRun === true ? planned : installed
  const provided = own || (await install(chosen, search, onlyThere))
  if (provided === undefined) throw new UserError([noSource()])
  if (isStandIn) warning(standIn(provided, search))
  return provided
}

async function installed(
  chosen: SelectedRelease,
  search: GoSearch,
  onlyThere: boolean,
): Promise<Found | undefined> {
  const downloaded = await installArchive(chosen, search)
  return downloaded === undefined && !onlyThere ? installToolchain(chosen, search) : downloaded
}

async function installArchive(
  { version, archive }: SelectedRelease,
  search: GoSearch,
): Promise<Found | undefined> {
  if (archive === undefined) return undefined
  const { download, tool, platform, scratch, options } = search
  const where = redactedAddress(download.base)
  const downloaded = await downloadGo(archive, download, platform, scratch)
  if ('reason' in downloaded) return rejectSource(search, where, downloaded)
  // What a mirror builds may call itself otherwise; it was its SHA-256 that had to be right.
  const fault = await goFault(downloaded.root, goDirectory(options), undefined)
  if (fault !== undefined) return rejectSource(search, where, { reason: fault })
  const { root, place } = await addGoToToolCache(downloaded.root, version, tool, options.folder)
  return found(version, root, 'download', `from ${where}, ${place}`)
}

async function installToolchain({ version }: SelectedRelease, search: GoSearch): Promise<Found | undefined> {
  const { options, scratch } = search
  const fetched = await fromToolchainModule(search, (fetcher) => fetchToolchain(fetcher, version))
  if (fetched === undefined) return undefined
  const fault = await goFault(fetched.root, goDirectory(options), version)
  if (fault !== undefined) return rejectSource(search, 'The toolchain module', { reason: fault })
  if (!isWithin(scratch, fetched.root))
    return found(version, fetched.root, 'toolchain module', 'Go found it on this machine')
  // Go write-protects what it unpacks, and who owns a tool cache wants to clear it.
  makeTreeWritable(fetched.root, 'everything')
  const { root, place } = await addGoToToolCache(fetched.root, version, goTool, options.folder)
  return found(version, root, 'toolchain module', `through GOPROXY, ${place}`)
}

/** What a dry run tells of a release that is not there. */
function planned({ version, archive }: SelectedRelease, { download }: GoSearch): Found {
  const name = version.slice('go'.length)
  const nowhere = { version: name, root: '', bin: '' }
  return archive === undefined
    ? { ...nowhere, source: 'toolchain module', why: 'it would be fetched through GOPROXY' }
    : { ...nowhere, source: 'download', why: `it would be fetched from ${redactedAddress(download.base)}` }
}

/** A warning: what is provided is not from the address that the user named. */
function standIn({ version }: Found, { download }: GoSearch): string {
  return (
    `${redactedAddress(download.base)} cannot be reached, so Go ${version} is Go's own release and not one from there. ` +
    "Correct `go-download-base-url` or GO_DOWNLOAD_BASE_URL, or remove it if Go's own release is as good."
  )
}

function inToolCache(tool: string, range: string, why: string): Found | undefined {
  const cached = findInToolCache(tool, range)
  return cached && found(fromSemver(cached.version), cached.root, 'tool cache', why)
}

function found(version: string, root: string, source: GoSetup['source'], why: string): Found {
  return { version: version.slice('go'.length), root, bin: path.join(root, 'bin'), source, why }
}
