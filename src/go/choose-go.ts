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

/**
 * Finds out which release is wanted, and what its archive is called.
 *
 * @returns undefined when nobody can tell
 * @throws BadInput when there is a list of releases, and none of them is meant
 */
export async function chooseGo(search: Search): Promise<Chosen | undefined> {
  const { wish, download, platform } = search
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
    return { version, archive }
  }
  giveUp(search, shownAddress(download.base), list)
  if (spec.kind === 'exact') {
    const version = fromSemver(spec.version)
    if (!list.answered) return { version }
    return { version, archive: { filename: archiveName(version, platform), sha256: undefined } }
  }
  const known = await fromModule(search, (fetcher) => toolchainVersions(fetcher, platform))
  if (known === undefined) return undefined
  const version = chooseRelease(known.versions, spec)
  if (version !== undefined) return { version }
  return giveUp(search, 'The toolchain module', { reason: 'no version of it matches' })
}
