import { type Problem, UserError } from '../errors.ts'
import { readReleaseList, redactedAddress } from './download.ts'
import { archiveFor, archiveName, type GoPlatform, versionsFor } from './release-list.ts'
import { fromSemver, matchRelease, nearestReleases, type RequestedGo } from './release-spec.ts'
import { fromToolchainModule, type GoSearch, rejectSource } from './search.ts'
import { toolchainVersions } from './toolchain-module.ts'

/**
 * Returns the problem of a requested Go that does not exist.
 *
 * @param versions the existing releases for this machine, such as `go1.24.3`
 * @param where the source of that list
 */
function releaseNotFound(
  requested: RequestedGo,
  versions: readonly string[],
  { os, arch }: GoPlatform,
  where: string,
): Problem {
  const { spec, text } = requested
  const { newest, nearest } = nearestReleases(versions, spec)
  const isExact = spec.kind === 'exact'
  const alternatives = [
    ...(newest === undefined ? [] : [`the newest is ${newest.slice(2)}`]),
    ...(nearest === undefined ? [] : [`the closest of the same minor version is ${nearest.slice(2)}`]),
  ]
  const none = `${where} has ${isExact ? 'no such release' : 'no release that matches'} for ${os}/${arch}`
  const fix = isExact
    ? 'Request an existing release, or a minor version such as 1.24 to get its newest release.'
    : 'Widen the range, or request an existing version.'
  return requestProblem(requested, `requests Go ${text}, but ${[none, ...alternatives].join('; ')}`, fix)
}

/**
 * Returns the problem that no source can be used.
 *
 * @param tried the failure of each source, as a clause
 * @param only the redacted address that must serve the Go, because the user named it and it answers
 */
export function noGoSource(requested: RequestedGo, tried: readonly string[], only?: string): Problem {
  return requestProblem(
    requested,
    `requests Go ${requested.text}, but no source provides it: ${tried.join('. ')}`,
    only === undefined
      ? 'Add this Go to the tool cache, set `go-download-base-url` to a mirror or `goproxy` to a proxy that can be ' +
          'reached, or put a Go 1.21 or newer on PATH to fetch it.'
      : `\`go-download-base-url\` or GO_DOWNLOAD_BASE_URL names ${only}, which answers, so the action uses no other source: ` +
          "add this Go and its `.sha256` file there, or remove the address to use Go's own release.",
  )
}

function requestProblem({ from, file }: RequestedGo, what: string, fix: string): Problem {
  const name = from.charAt(0).toUpperCase() + from.slice(1)
  return file === undefined
    ? { what: `${name} ${what}`, allowed: '', fix }
    : { what: `${file} ${what}`, allowed: '', fix, file }
}

/** The selected release. */
export interface SelectedRelease {
  /** Version with prefix, such as `go1.24.3`. */
  readonly version: string
  /** Its archive, if its host can serve it. */
  readonly archive?: { readonly filename: string; readonly sha256: string | undefined }
}

/** The result of the selection of a release. */
interface ReleaseSelection {
  /** Undefined when no list of releases is available. */
  readonly chosen: SelectedRelease | undefined
  /**
   * Whether only the address that the user named may serve the Go: it answers, and may serve its own builds. If it is
   * unreachable, Go's own toolchain module may replace it.
   */
  readonly onlyNamedHost: boolean
}

/**
 * Selects the requested release, and determines the name of its archive.
 *
 * @throws UserError when there is a list of releases, and none of them matches
 */
export async function selectGo(search: GoSearch): Promise<ReleaseSelection> {
  const { requested, download, platform, tried } = search
  const { spec } = requested
  const list = await readReleaseList(download)
  if ('releases' in list) {
    const versions = versionsFor(list.releases, platform)
    const version = matchRelease(versions, spec)
    const release = list.releases.find((one) => one.version === version)
    const archive = release && archiveFor(release, platform)
    if (version === undefined || archive === undefined) {
      throw new UserError([releaseNotFound(requested, versions, platform, redactedAddress(download.base))])
    }
    return { chosen: { version, archive }, onlyNamedHost: download.isNamed }
  }
  rejectSource(search, redactedAddress(download.base), list)
  const onlyNamedHost = download.isNamed && list.host !== 'is out of reach'
  if (spec.kind === 'exact' && list.host === 'answers') {
    const version = fromSemver(spec.version)
    const archive = { filename: archiveName(version, platform), sha256: undefined }
    return { chosen: { version, archive }, onlyNamedHost }
  }
  if (onlyNamedHost) {
    if (list.host === 'answers') tried.push('Without a list of releases, it serves only exact versions')
    return { chosen: undefined, onlyNamedHost }
  }
  return { chosen: await chooseToolchain(search), onlyNamedHost }
}

async function chooseToolchain(search: GoSearch): Promise<SelectedRelease | undefined> {
  const { requested, platform } = search
  const { spec } = requested
  if (spec.kind === 'exact') return { version: fromSemver(spec.version) }
  const available = await fromToolchainModule(search, (fetcher) => toolchainVersions(fetcher, platform))
  if (available === undefined) return undefined
  const version = matchRelease(available.versions, spec)
  if (version !== undefined) return { version }
  return rejectSource(search, 'The toolchain module', { reason: 'none of its versions matches' })
}
