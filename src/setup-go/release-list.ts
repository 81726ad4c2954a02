/** The lists of Go releases: that of go.dev/dl, and that of the toolchain module. */

import { toSemver } from './release-spec.ts'

/** One file of a release (golang.org/x/website/internal/dl/dl.go, File). */
interface ReleaseFile {
  readonly filename: string
  readonly os: string
  readonly arch: string
  /** 64 hexadecimal digits in lower case; empty if none is published. */
  readonly sha256: string
  /** `archive`, `installer` or `source`. */
  readonly kind: string
}

/** One release (golang.org/x/website/internal/dl/dl.go, Release). */
export interface GoRelease {
  /** Version with prefix, such as `go1.24.3`. */
  readonly version: string
  /** False for betas and release candidates. */
  readonly stable: boolean
  readonly files: readonly ReleaseFile[]
}

/** A machine by the names of go.dev/dl and of Go itself, which differ for 32-bit ARM. */
export interface GoPlatform {
  readonly os: string
  /** Architecture in file names of go.dev/dl: `amd64`, `armv6l`. */
  readonly arch: string
  /** Architecture as in GOARCH: `amd64`, `arm`. */
  readonly goarch: string
}

const goSystems: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' }

const goArchs: Readonly<Record<string, string>> = {
  x64: 'amd64',
  ia32: '386',
  x32: '386',
  mipsel: 'mipsle',
}

/**
 * Returns the names of a machine.
 *
 * @param machine `process.platform` and `process.arch`
 */
export function goPlatform({
  platform,
  arch,
}: {
  readonly platform: string
  readonly arch: string
}): GoPlatform {
  const os = goSystems[platform] ?? platform
  // Node has one name for both byte orders; of its ppc64 systems, only AIX is big-endian.
  const goarch = arch === 'ppc64' && platform !== 'aix' ? 'ppc64le' : (goArchs[arch] ?? arch)
  return { os, arch: goarch === 'arm' ? 'armv6l' : goarch, goarch }
}

/** Returns the name of a release's archive on go.dev/dl, such as `go1.24.3.linux-amd64.tar.gz`. */
export function archiveName(version: string, { os, arch }: GoPlatform): string {
  return `${version}.${os}-${arch}${os === 'windows' ? '.zip' : '.tar.gz'}`
}

/**
 * Parses the list of releases that `https://go.dev/dl/?mode=json&include=all` serves
 * (golang.org/x/website/internal/dl/dl.go). It skips files whose name is not a plain file name.
 *
 * @returns undefined when the text is not such a list, or the list is empty
 */
export function parseReleaseList(text: string): readonly GoRelease[] | undefined {
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!Array.isArray(list) || list.length === 0 || !list.every(isRelease)) return undefined
  return list.map(({ version, stable, files }) => ({
    version,
    stable,
    files: files.filter(({ filename }) => /^[\w+-][\w.+-]*$/.test(filename)).map(fileOf),
  }))
}

/** Returns the archive of a release for a machine; undefined when there is none. */
export function archiveFor(release: GoRelease, { os, arch }: GoPlatform): ReleaseFile | undefined {
  const ending = os === 'windows' ? '.zip' : '.tar.gz'
  return release.files.find(
    (file) =>
      file.kind === 'archive' && file.os === os && file.arch === arch && file.filename.endsWith(ending),
  )
}

/** Returns the releases that have an archive for a machine, such as `go1.24.3`. */
export function versionsFor(releases: readonly GoRelease[], platform: GoPlatform): readonly string[] {
  return releases
    .filter((release) => archiveFor(release, platform) !== undefined)
    .map(({ version }) => version)
}

/**
 * Parses the toolchains for a machine from the output of `go list -m -versions golang.org/toolchain`: the module's
 * path, then its versions, such as `v0.0.1-go1.24.3.linux-amd64` (cmd/go/internal/modfetch/toolchain.go).
 *
 * @returns versions such as `go1.24.3`
 */
export function parseToolchainVersions(stdout: string, { os, goarch }: GoPlatform): readonly string[] {
  const prefix = 'v0.0.1-'
  const suffix = `.${os}-${goarch}`
  return stdout
    .split(/\s+/)
    .filter((version) => version.startsWith(`${prefix}go`) && version.endsWith(suffix))
    .map((version) => version.slice(prefix.length, -suffix.length))
    .filter((version) => toSemver(version) !== undefined)
}

/** Returns the SHA-256 in a `.sha256` file, which may be followed by a file name; undefined when there is none. */
export function parseSha256File(text: string): string | undefined {
  return /^\s*([0-9a-f]{64})(?:\s|$)/i.exec(text)?.[1]?.toLowerCase()
}

function isRelease(value: unknown): value is GoRelease {
  return (
    isRecord(value) &&
    typeof value.version === 'string' &&
    typeof value.stable === 'boolean' &&
    Array.isArray(value.files) &&
    value.files.every(
      (file: unknown) =>
        isRecord(file) && ['filename', 'os', 'arch', 'kind'].every((name) => typeof file[name] === 'string'),
    )
  )
}

function fileOf({ filename, os, arch, sha256, kind }: ReleaseFile): ReleaseFile {
  return { filename, os, arch, kind, sha256: parseSha256File(String(sha256)) ?? '' }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
