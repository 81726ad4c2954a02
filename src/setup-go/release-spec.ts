/** Which Go release is asked for, and which of those that exist answers to it. */

import * as semver from 'semver'

/** Which releases of Go are meant. */
export type GoSpec =
  /** One release, in semantic versioning: `1.24.3`, `1.24.0-rc.1`. */
  | { readonly kind: 'exact'; readonly version: string }
  /** All that a semver range holds: `1.24`, `>=1.22 <1.24`. */
  | { readonly kind: 'range'; readonly range: string }
  /** The newest release, or the newest of the line before it. */
  | { readonly kind: 'stable' | 'oldstable' }

/** The Go that the user wants. */
export interface RequestedGo {
  readonly spec: GoSpec
  /** The version as the user wrote it, or as the file says it. */
  readonly text: string
  /** Where it was written: 'input `go-version`', or the file's path as the user knows it. */
  readonly from: string
  /** That file, for an annotation; absent when it was an input. */
  readonly file?: string
}

/** Who wrote a version: a workflow's YAML makes a number of 1.20, a file does not. */
type SpecSource = 'workflow' | 'file'

/**
 * Reads a Go version, a range of versions or an alias, as actions/setup-go does (its README, "Supported version
 * syntax"; ranges are those of npm's semver), and besides what Go itself writes: `go1.24.3`, `1.24rc1`.
 *
 * @param text without blanks around it
 * @param source where it was written
 * @returns what it means, or what is wrong with it in words that follow `is "…", but`
 */
export function readGoVersionSpec(
  text: string,
  source: SpecSource = 'workflow',
): { readonly spec: GoSpec } | { readonly fault: string } {
  if (text === 'stable' || text === 'oldstable') return { spec: { kind: text } }
  const trap = source === 'workflow' ? /^1\.([1-4])$/.exec(text)?.[1] : undefined
  if (trap !== undefined) {
    return { fault: `YAML reads an unquoted 1.${trap}0 as the number ${text}: write '1.${trap}0', in quotes` }
  }
  const bare = text.replace(/^(?:go|v)(?=\d)/, '')
  const exact = semver.valid(bare) ?? (/(?:alpha|beta|rc)\d+$/.test(bare) ? toSemver(bare) : undefined)
  if (exact !== undefined) return { spec: { kind: 'exact', version: exact } }
  const isReadable = bare !== '' && bare.length <= 256 && !/[\r\n]/.test(bare)
  // Only its own notation goes to whoever matches it: validRange also says whether it is one.
  if (!isReadable || semver.validRange(bare) === null) {
    return { fault: 'that is neither a Go version nor a range of versions' }
  }
  return { spec: { kind: 'range', range: bare } }
}

/**
 * A Go version in semantic versioning, as tool caches name it: `go1.24rc1` is `1.24.0-rc.1`, and before Go 1.21,
 * when the first release of a line had two parts, `go1.20` is `1.20.0` (https://go.dev/doc/toolchain#version).
 *
 * @param name with or without `go`
 * @returns undefined when it is no version
 */
export function toSemver(name: string): string | undefined {
  const pattern = /^(?:go)?(\d+)(?:\.(\d+))?(?:\.(\d+))?(?:(alpha|beta|rc)(\d+)|-([\w.-]+))?$/
  const [match, major, minor = '0', patch = '0', kind, number, vendor] = pattern.exec(name) ?? []
  if (match === undefined) return undefined
  const suffix = kind === undefined ? vendor : `${kind}.${number}`
  return semver.valid(`${major}.${minor}.${patch}${suffix === undefined ? '' : `-${suffix}`}`) ?? undefined
}

/**
 * The inverse of toSemver: `1.24.0-rc.1` is `go1.24rc1`.
 *
 * @param version in semantic versioning
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

/** A spec as a semver range; an alias says nothing without the list of releases. */
export function rangeOf(spec: GoSpec): string | undefined {
  if (spec.kind === 'exact') return spec.version
  return spec.kind === 'range' ? spec.range : undefined
}

/**
 * The newest release that is meant. Pre-releases count only where the spec names one, by the rules of semver.
 *
 * `oldstable` is the newest release of the line before the newest one, as in actions/setup-go.
 *
 * @param names releases in any order, as `go1.24.3`; other texts are passed over
 * @returns one of the names; undefined when none is meant
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
 * What to offer in place of a release that does not exist.
 *
 * @param names releases in any order
 * @param spec what was asked for
 * @returns the newest of all, and for an exact version the one nearest to it of the same line
 */
export function nearestReleases(
  names: readonly string[],
  spec: GoSpec,
): { readonly newest: string | undefined; readonly nearest: string | undefined } {
  const newest = matchRelease(names, { kind: 'stable' })
  if (spec.kind !== 'exact') return { newest, nearest: undefined }
  const asked = new semver.SemVer(spec.version)
  const distance = (version: string) => Math.abs(semver.patch(version) - asked.patch)
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

/** `1.24` of `1.24.3`. */
function lineOf(version: string): string {
  return `${semver.major(version)}.${semver.minor(version)}`
}
