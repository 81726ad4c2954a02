import * as path from 'node:path'
import { ActionError } from '../errors.ts'
import { redactedGoproxy } from '../gosettings/goproxy.ts'
import { type DownloadFailure, fetchFile, fetchText } from '../platform/download.ts'
import type { Variables } from '../platform/environment.ts'
import { isFile, removeIfPossible } from '../platform/files.ts'
import { retryWithBackoff } from '../platform/retry.ts'
import { goCommandOf, unpackArchive } from '../platform/tool-cache.ts'
import { type GoPlatform, type GoRelease, parseReleaseList, parseSha256File } from './release-list.ts'

/** A download whose SHA-256 differs from the published one. Nothing of it was unpacked. */
class GoDownloadMismatch extends ActionError {
  /** @param address the address of the download, with its secrets */
  constructor(filename: string, address: string, expected: string, got: string) {
    super(
      'go-download-mismatch',
      `${filename} from ${redactedAddress(address)} does not match the published SHA-256: got ${got}, expected ` +
        `${expected}. The action discarded it. Find out who changed it: the mirror of \`go-download-base-url\`, or a proxy in between.`,
    )
  }
}

/** The reason why a source of Go cannot be used, as a clause, such as `the answer is 404 Not Found`. */
export interface SourceFailure {
  readonly reason: string
}

/** The source of downloads, and the number of retries of a failed one. */
export interface DownloadSource {
  /** Base address without a trailing slash. */
  readonly base: string
  /** Whether the user named it. */
  readonly isNamed: boolean
  readonly retries: number
}

/** The state of a download host that serves no list of releases; it may serve archives. */
type HostState = 'answers' | 'is too busy' | 'is out of reach'

/** Redacts an address for a log: without user name, password and query. */
export function redactedAddress(address: string): string {
  return redactedGoproxy(address.replace(/[?#].*$/s, ''))
}

/**
 * Downloads the list of releases.
 *
 * @returns the releases, or why there is no list
 */
export async function readReleaseList({
  base,
  retries,
}: DownloadSource): Promise<
  { readonly releases: readonly GoRelease[] } | (SourceFailure & { readonly host: HostState })
> {
  const fetched = await retryWithBackoff(
    retries,
    () => fetchText(`${base}/?mode=json&include=all`),
    isTransientFailure,
    retryAfterOf,
  )
  if ('why' in fetched) {
    return { reason: `no list of releases: ${fetched.why}`, host: hostState(fetched.status) }
  }
  const releases = parseReleaseList(fetched.text)
  return releases === undefined
    ? { reason: 'no list of releases: the answer has another format', host: 'answers' }
    : { releases }
}

/**
 * Downloads an archive, compares its SHA-256, and only then unpacks it.
 *
 * @param archive its name, and its published SHA-256 in hexadecimal; undefined to read it from `<name>.sha256` at the
 * same address
 * @param folders `scratch`: absolute path of the folder for the archive; `stage`: returns that of the folder to unpack
 *   into. The caller removes both
 * @param variables the variables that tar gets
 * @returns absolute path of the GOROOT, or why the archive is not available
 * @throws GoDownloadMismatch when the archive's SHA-256 differs from the published one
 */
export async function downloadGo(
  archive: { readonly filename: string; readonly sha256: string | undefined },
  { base, retries }: DownloadSource,
  { os }: GoPlatform,
  { scratch, stage }: { readonly scratch: string; readonly stage: () => string },
  variables: Variables,
): Promise<{ readonly root: string } | SourceFailure> {
  const { filename } = archive
  const address = `${base}/${filename}`
  const expected = archive.sha256 ?? (await publishedSha256(address, retries))
  if (typeof expected !== 'string') return expected
  if (expected === '') return { reason: `no SHA-256 is published for ${filename}` }
  const file = path.join(scratch, os === 'windows' ? 'go.zip' : 'go.tar.gz')
  const fetched = await retryWithBackoff(
    retries,
    () => fetchFile(address, file),
    isTransientFailure,
    retryAfterOf,
  )
  if ('why' in fetched) return { reason: `no ${filename}: ${fetched.why}` }
  if (fetched.sha256 !== expected) throw new GoDownloadMismatch(filename, address, expected, fetched.sha256)
  const folder = path.join(stage(), 'unpacked')
  try {
    await unpackArchive(file, folder, variables)
  } catch (error) {
    return { reason: `${filename} cannot be unpacked: ${(error as Error).message}` }
  } finally {
    removeIfPossible(file)
  }
  const root = path.join(folder, 'go')
  return isFile(goCommandOf(root)) ? { root } : { reason: `${filename} holds no go command` }
}

async function publishedSha256(address: string, retries: number): Promise<string | SourceFailure> {
  const fetched = await retryWithBackoff(
    retries,
    () => fetchText(`${address}.sha256`),
    isTransientFailure,
    retryAfterOf,
  )
  if ('text' in fetched) return parseSha256File(fetched.text) ?? ''
  const { why, status } = fetched
  if (status !== undefined && status < 500) return ''
  return { reason: `no SHA-256: ${why}` }
}

/** Returns the state of a host. A 407, and often a 5xx, comes from a proxy and not from the host itself. */
function hostState(status: number | undefined): HostState {
  if (status === undefined || status === 407 || status >= 500) return 'is out of reach'
  return status === 408 || status === 429 ? 'is too busy' : 'answers'
}

function isTransientFailure(fetched: object | DownloadFailure): boolean {
  return 'isTransient' in fetched && fetched.isTransient
}

function retryAfterOf(fetched: object | DownloadFailure): number | undefined {
  return 'isTransient' in fetched ? fetched.retryAfter : undefined
}
