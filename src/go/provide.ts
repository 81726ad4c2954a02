import * as path from 'node:path'
import { BadInput } from '../inputs/problem.ts'
import { fromSemver, type GoWish, rangeOf, toSemver } from '../modules/go-release.ts'
import { goPlatform } from '../modules/go-release-list.ts'
import { defaultDownloadBase, toolCacheName } from '../modules/settings/download-base.ts'
import { elapsed } from '../system/clock.ts'
import { architecture, platform } from '../system/environment.ts'
import { isWithin, makePrivateDirectory, removeIfPossible } from '../system/files.ts'
import { warning } from '../system/runner.ts'
import { findInToolCache } from '../system/tool-cache.ts'
import { makeTreeWritable } from '../system/write-protection.ts'
import { type Chosen, chooseGo } from './choose-go.ts'
import { downloadGo, shownAddress } from './download-go.ts'
import { keepGo } from './keep-go.ts'
import { noSourceOfGo } from './no-go.ts'
import { directoryOf, fromModule, giveUp, type ProvideOptions, type Search } from './search.ts'
import { faultOf, fetchToolchain } from './toolchain-module.ts'

export type { ProvideOptions } from './search.ts'

/** A Go that is ready to use. */
export interface ProvidedGo {
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

type Found = Omit<ProvidedGo, 'seconds'>

/**
 * Finds the Go that is wanted, or installs it: from the tool cache, from where Go is published, or as Go's own
 * toolchain module, in this order. When the user named an address and it answers, no other publisher's Go is taken;
 * when it is out of reach, the toolchain module is, with a warning. PATH and other variables are left to the caller.
 *
 * @throws BadInput when there is no such Go, or no source of it can be used
 * @throws WrongGo when a download is not what was published
 */
export async function provideGo(wish: GoWish, options: ProvideOptions): Promise<ProvidedGo> {
  const seconds = elapsed()
  const { downloadBase, retries, folder } = options
  const base = (downloadBase.trim() || defaultDownloadBase).replace(/\/+$/, '')
  const scratch = makePrivateDirectory(path.join(folder, 'new-go-'))
  const target = goPlatform({ platform: platform(), arch: architecture() })
  try {
    const download = { base, isNamed: base !== defaultDownloadBase, retries }
    const search = {
      wish,
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

async function findOrInstall(search: Search): Promise<Found> {
  const { wish, options, tried, tool, download } = search
  const { spec } = wish
  const range = rangeOf(spec)
  const wantsNewest = range === undefined || (options.checkLatest && spec.kind === 'range')
  const where = download.isNamed ? ` from ${shownAddress(download.base)}` : ''
  if (!wantsNewest) {
    const found = inToolCache(tool, range, 'the tool cache has it')
    if (found !== undefined) return found
    tried.push(`The tool cache does not hold it${where}`)
  }
  const { chosen, onlyThere } = await chooseGo(search)
  const noSource = () => noSourceOfGo(wish, tried, onlyThere ? shownAddress(download.base) : undefined)
  if (chosen === undefined) {
    const found = range === undefined ? undefined : inToolCache(tool, range, 'no list of releases can be had')
    if (found !== undefined) return found
    throw new BadInput([noSource()])
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
  if (provided === undefined) throw new BadInput([noSource()])
  if (isStandIn) warning(standIn(provided, search))
  return provided
}

async function installed(chosen: Chosen, search: Search, onlyThere: boolean): Promise<Found | undefined> {
  const downloaded = await installArchive(chosen, search)
  return downloaded === undefined && !onlyThere ? installToolchain(chosen, search) : downloaded
}

async function installArchive({ version, archive }: Chosen, search: Search): Promise<Found | undefined> {
  if (archive === undefined) return undefined
  const { download, tool, platform, scratch, options } = search
  const where = shownAddress(download.base)
  const downloaded = await downloadGo(archive, download, platform, scratch)
  if ('reason' in downloaded) return giveUp(search, where, downloaded)
  // What a mirror builds may call itself otherwise; it was its SHA-256 that had to be right.
  const fault = await faultOf(downloaded.root, directoryOf(options), undefined)
  if (fault !== undefined) return giveUp(search, where, { reason: fault })
  const { root, place } = await keepGo(downloaded.root, version, tool, options.folder)
  return found(version, root, 'download', `from ${where}, ${place}`)
}

async function installToolchain({ version }: Chosen, search: Search): Promise<Found | undefined> {
  const { options, scratch } = search
  const fetched = await fromModule(search, (fetcher) => fetchToolchain(fetcher, version))
  if (fetched === undefined) return undefined
  const fault = await faultOf(fetched.root, directoryOf(options), version)
  if (fault !== undefined) return giveUp(search, 'The toolchain module', { reason: fault })
  if (!isWithin(scratch, fetched.root))
    return found(version, fetched.root, 'toolchain module', 'Go found it on this machine')
  // Go write-protects what it unpacks, and who owns a tool cache wants to clear it.
  makeTreeWritable(fetched.root, 'everything')
  const { root, place } = await keepGo(fetched.root, version, goTool, options.folder)
  return found(version, root, 'toolchain module', `through GOPROXY, ${place}`)
}

/** What a dry run tells of a release that is not there. */
function planned({ version, archive }: Chosen, { download }: Search): Found {
  const name = version.slice('go'.length)
  const nowhere = { version: name, root: '', bin: '' }
  return archive === undefined
    ? { ...nowhere, source: 'toolchain module', why: 'it would be fetched through GOPROXY' }
    : { ...nowhere, source: 'download', why: `it would be fetched from ${shownAddress(download.base)}` }
}

/** A warning: what is provided is not from the address that the user named. */
function standIn({ version }: Found, { download }: Search): string {
  return (
    `${shownAddress(download.base)} cannot be reached, so Go ${version} is Go's own release and not one from there. ` +
    "Correct `go-download-base-url` or GO_DOWNLOAD_BASE_URL, or remove it if Go's own release is as good."
  )
}

function inToolCache(tool: string, range: string, why: string): Found | undefined {
  const cached = findInToolCache(tool, range)
  return cached && found(fromSemver(cached.version), cached.root, 'tool cache', why)
}

function found(version: string, root: string, source: ProvidedGo['source'], why: string): Found {
  return { version: version.slice('go'.length), root, bin: path.join(root, 'bin'), source, why }
}
