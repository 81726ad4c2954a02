/** The requested Go version, and its match among the existing releases. */

import * as semver from 'semver'

/** A specification of Go releases. */
export type GoSpec =
  /** One release, in semantic versioning: `1.24.3`, `1.24.0-rc.1`. */
  | { readonly kind: 'exact'; readonly version: string }
  /** All releases in a semver range: `1.24`, `>=1.22 <1.24`. */
  | { readonly kind: 'range'; readonly range: string }
  /** The newest release, or the newest of the line before it. */
  | { readonly kind: 'stable' | 'oldstable' }

/** The Go version that the user requests. */
export interface RequestedGo {
  readonly spec: GoSpec
  /** The version as written in the input or the file. */
  readonly text: string
  /** Its source: 'input `go-version`', or the file's path as the user knows it. */
  readonly from: string
  /** The file's path, for an annotation; absent for an input. */
  readonly file?: string
}

/** The source of a version: YAML in a workflow reads 1.20 as a number, a file does not. */
type SpecSource = 'workflow' | 'file'

/**
 * Parses a Go version, a range of versions or an alias, as actions/setup-go does (its README, "Supported version
 * syntax"; ranges are those of npm's semver). It also accepts Go's own notation: `go1.24.3`, `1.24rc1`.
 *
 * @param text the text without surrounding blanks
 * @param source the source of the text
 * @returns the specification, or a fault as a clause that follows `is "…", but`
 */
export function readGoVersionSpec(
  text: string,
  source: SpecSource = 'workflow',
): { readonly spec: GoSpec } | { readonly fault: string } {
  if (text === 'stable' || text === 'oldstable') return { spec: { kind: text } }
  const truncated = source === 'workflow' ? /^1\.([1-4])$/.exec(text)?.[1] : undefined
  if (truncated !== undefined) {
    return {
      fault: `YAML reads an unquoted 1.${truncated}0 as the number ${text}: write '1.${truncated}0', in quotes`,
    }
  }
  const bare = text.replace(/^(?:go|v)(?=\d)/, '')
  const exact = semver.valid(bare) ?? (/(?:alpha|beta|rc)\d+$/.test(bare) ? toSemver(bare) : undefined)
  if (exact !== undefined) return { spec: { kind: 'exact', version: exact } }
  const isReadable = bare !== '' && bare.length <= 256 && !/[\r\n]/.test(bare)
  // Only valid ranges may reach the matching code; validRange returns null for other text.
  if (!isReadable || semver.validRange(bare) === null) {
    return { fault: 'that is neither a Go version nor a range of versions' }
  }
  return { spec: { kind: 'range', range: bare } }
}

/**
 * Converts a Go version to semantic versioning, as in tool caches: `go1.24rc1` becomes `1.24.0-rc.1`. Before Go 1.21
 * the first release of a line had two parts: `go1.20` becomes `1.20.0` (https://go.dev/doc/toolchain#version).
 *
 * @param name the version with or without `go`
 * @returns undefined when it is not a version
 */
export function toSemver(name: string): string | undefined {
  const pattern = /^(?:go)?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:(alpha|beta|rc)(\d+)|-([\w.-]+))?$/
  const [match, major, minor = '0', patch = '0', kind, number, vendor] = pattern.exec(name) ?? []
  if (match === undefined) return undefined
  const suffix = kind === undefined ? vendor : `${kind}.${number}`
  return semver.valid(`${major}.${minor}.${patch}${suffix === undefined ? '' : `-${suffix}`}`) ?? undefined
}

/**
 * Converts semantic versioning to a Go version, the inverse of toSemver: `1.24.0-rc.1` becomes `go1.24rc1`.
 *
 * @param version a version in semantic versioning
 */
export function fromSemver(version: string): string {
  const { major, minor, patch, prerelease } = new semver.SemVer(version)
  const [kind, number] = prerelease
  const isOwn =
    prerelease.length === 2 && /^(?:alpha|beta|rc)$/.test(String(kind)) && typeof number === 'number'
  const hasTwoParts = patch === 0 && (isOwn || (major === 1 && minor < 21))
  const line = `go${major}${minor === 0 && hasTwoParts ? '' : `.${minor}`}${hasTwoParts ? '' : `.${patch}`}`
  if (isOwn) return `${line}${kind}${number}`
  return prerelease.length === 0 ? line : `${line}-${prerelease.join('.')}`
}

/** Returns a spec as a semver range; undefined for an alias, which requires the list of releases. */
export function rangeOf(spec: GoSpec): string | undefined {
  if (spec.kind === 'exact') return spec.version
  return spec.kind === 'range' ? spec.range : undefined
}

/**
 * Returns the newest release that matches. Pre-releases match only if the spec names one, by the rules of semver.
 *
 * `oldstable` is the newest release of the line before the newest one, as in actions/setup-go.
 *
 * @param names releases in any order, such as `go1.24.3`; other texts are skipped
 * @returns one of the names; undefined when none matches
 */
export function matchRelease(names: readonly string[], spec: GoSpec): string | undefined {
  const releases = newestFirst(names)
  const range = rangeOf(spec)
  if (range !== undefined) return releases.find(({ version }) => semver.satisfies(version, range))?.name
  const stable = releases.filter(({ version }) => semver.prerelease(version) === null)
  const [newest] = stable
  if (spec.kind === 'stable' || newest === undefined) return newest?.name
  return stable.find(({ version }) => lineOf(version) !== lineOf(newest.version))?.name
}

/**
 * Returns suggestions for a release that does not exist.
 *
 * @param names releases in any order
 * @param spec the requested specification
 * @returns the newest of all, and for an exact version the nearest one of the same line
 */
export function nearestReleases(
  names: readonly string[],
  spec: GoSpec,
): { readonly newest: string | undefined; readonly nearest: string | undefined } {
  const newest = matchRelease(names, { kind: 'stable' })
  if (spec.kind !== 'exact') return { newest, nearest: undefined }
  const requested = new semver.SemVer(spec.version)
  const distance = (version: string) => Math.abs(semver.patch(version) - requested.patch)
  const [nearest] = newestFirst(names)
    .filter(({ version }) => lineOf(version) === lineOf(spec.version))
    .sort((a, b) => distance(a.version) - distance(b.version))
  return { newest, nearest: nearest?.name }
}

function newestFirst(names: readonly string[]): { readonly name: string; readonly version: string }[] {
  return names
    .flatMap((name) => {
      const version = toSemver(name)
      return version === undefined ? [] : [{ name, version }]
    })
    .sort((a, b) => semver.rcompare(a.version, b.version))
}

/** Returns `1.24` for `1.24.3`. */
function lineOf(version: string): string {
  return `${semver.major(version)}.${semver.minor(version)}`
}
