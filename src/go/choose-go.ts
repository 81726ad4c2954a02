import { BadInput } from '../inputs/problem.ts'
import { chooseRelease, fromSemver } from '../modules/go-release.ts'
import { archiveFor, archiveName, versionsFor } from '../modules/go-release-list.ts'
import { readReleaseList, shownAddress } from './download-go.ts'
import { noSuchGo } from './no-go.ts'
import { fromModule, giveUp, type Search } from './search.ts'
import { toolchainVersions } from './toolchain-module.ts'

/** The release that is wanted. */
export interface Chosen {
  /** As in `go1.24.3`. */
  readonly version: string
  /** Its archive, if its host can be asked for it. */
  readonly archive?: { readonly filename: string; readonly sha256: string | undefined }
}

/** What is known of the release that is wanted. */
export interface Choice {
  /** Undefined when nobody can tell. */
  readonly chosen: Chosen | undefined
  /**
   * Whether it may come from nowhere but the address that the user named: that one answers, and what it serves may
   * be a build of its own. One that is out of reach says nothing, and Go's own toolchain module may stand in.
   */
  readonly onlyThere: boolean
}

/**
 * Finds out which release is wanted, and what its archive is called.
 *
 * @throws BadInput when there is a list of releases, and none of them is meant
 */
export async function chooseGo(search: Search): Promise<Choice> {
  const { wish, download, platform, tried } = search
  const { spec } = wish
  const list = await readReleaseList(download)
  if ('releases' in list) {
    const versions = versionsFor(list.releases, platform)
    const version = chooseRelease(versions, spec)
    const release = list.releases.find((one) => one.version === version)
    const archive = release && archiveFor(release, platform)
    if (version === undefined || archive === undefined) {
      throw new BadInput([noSuchGo(wish, versions, platform, shownAddress(download.base))])
    }
    return { chosen: { version, archive }, onlyThere: download.isNamed }
  }
  giveUp(search, shownAddress(download.base), list)
  const onlyThere = download.isNamed && list.host !== 'is out of reach'
  if (spec.kind === 'exact' && list.host === 'answers') {
    const version = fromSemver(spec.version)
    const archive = { filename: archiveName(version, platform), sha256: undefined }
    return { chosen: { version, archive }, onlyThere }
  }
  if (onlyThere) {
    if (list.host === 'answers') tried.push('Without a list of releases it can serve exact versions only')
    return { chosen: undefined, onlyThere }
  }
  return { chosen: await chooseToolchain(search), onlyThere }
}

async function chooseToolchain(search: Search): Promise<Chosen | undefined> {
  const { wish, platform } = search
  const { spec } = wish
  if (spec.kind === 'exact') return { version: fromSemver(spec.version) }
  const known = await fromModule(search, (fetcher) => toolchainVersions(fetcher, platform))
  if (known === undefined) return undefined
  const version = chooseRelease(known.versions, spec)
  if (version !== undefined) return { version }
  return giveUp(search, 'The toolchain module', { reason: 'no version of it matches' })
}
