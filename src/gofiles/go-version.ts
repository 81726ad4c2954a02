/** Go versions and toolchain names, their order in Go, and the version that a go command runs. */

/** The parts of a Go version as decimal strings, empty when absent (internal/gover, type Version). */
type GoVersion = {
  readonly major: string
  readonly minor: string
  readonly patch: string
  /** '', `alpha`, `beta` or `rc`. */
  readonly kind: string
  /** The number of the pre-release. */
  readonly pre: string
}

const NUMBER = '(0|[1-9][0-9]*)'

const VERSION = new RegExp(`^${NUMBER}(?:\\.${NUMBER}(?:\\.${NUMBER}|([a-z]+)${NUMBER}?)?)?$`)

/**
 * Parses a Go version (`1.21`, `1.21.0`, `1.22rc1`; internal/gover.Parse) or the name of a toolchain
 * (`go1.24.3`; cmd/go/internal/gover.FromToolchain drops the suffix of vendors and experiments after a dash or
 * blank: `go1.24.3-X:rangefunc`). A development build `devel go1.27-ab12` counts as 1.27.
 *
 * @returns undefined when the text is neither.
 */
export function parseGoVersion(text: string): GoVersion | undefined {
  const name = text.replace(/^devel (?=go)/, '')
  const match = VERSION.exec(name.startsWith('go') ? toolchainVersion(name) : name)
  if (match === null) return undefined
  const [, major = '', minor, patch = '', kind = '', pre = ''] = match
  if (minor === undefined) return { major, minor: '0', patch: '0', kind, pre }
  // Before Go 1.21 the first release of a line had no patch number: 1.20 is 1.20.0.
  const impliedPatch = patch === '' && kind === '' && compareNumbers(minor, '21') < 0 ? '0' : patch
  return { major, minor, patch: impliedPatch, kind, pre }
}

/**
 * Orders two Go versions or toolchain names (internal/gover.Compare): 1.21 < 1.21rc1 < 1.21.0. Text that is
 * neither comes before all others.
 *
 * @returns a negative number, zero or a positive number, as Array.sort expects.
 */
export function compareGoVersions(x: string, y: string): number {
  const a = parseGoVersion(x) ?? MALFORMED
  const b = parseGoVersion(y) ?? MALFORMED
  return (
    compareNumbers(a.major, b.major) ||
    compareNumbers(a.minor, b.minor) ||
    compareNumbers(a.patch, b.patch) ||
    compareText(a.kind, b.kind) ||
    compareNumbers(a.pre, b.pre)
  )
}

/**
 * Returns the Go that a go command runs after its toolchain switch (cmd/go/internal/toolchain/select.go), by the name
 * of its toolchain: `go1.24.3`. A setting or line that Go refuses counts as unset, because the go command itself
 * reports it.
 *
 * @param settings.local GOVERSION of the go on PATH, read with GOTOOLCHAIN=local. It is the result, unchanged,
 * when no newer version is required, and always before Go 1.21, which cannot switch.
 * @param settings.goLines the go lines of go.work and go.mod files; the newest decides.
 * @param settings.toolchainLines the toolchain lines of the same files.
 * @param settings.gotoolchain the value of GOTOOLCHAIN; empty means no switching.
 */
export function effectiveGoVersion(settings: {
  readonly local: string
  readonly goLines: readonly string[]
  readonly toolchainLines: readonly string[]
  readonly gotoolchain: string
}): string {
  const { local, goLines, toolchainLines, gotoolchain } = settings
  if (compareGoVersions(local, '1.21') < 0) return local
  const { minimum, filesDecide } = readGotoolchain(gotoolchain, local)
  const names = toolchainLines.filter((name) => name !== 'default')
  // `toolchain default` also keeps the go line of its file from switching. Lines are not paired with files here, so
  // it applies only if no file has another toolchain line.
  const onlyDefaults = names.length === 0 && goLines.length <= toolchainLines.length
  if (!filesDecide || onlyDefaults) return minimum
  let newest = { version: minimum, toolchain: minimum }
  for (const candidate of [
    ...names.filter(isToolchainName).map((name) => ({ version: name, toolchain: name })),
    ...goLines.map((line) => ({ version: line, toolchain: firstToolchain(line) })),
  ]) {
    if (compareGoVersions(candidate.version, newest.version) > 0) newest = candidate
  }
  return newest.toolchain
}

const MALFORMED: GoVersion = { major: '', minor: '', patch: '', kind: '', pre: '' }

/** Returns the minimum Go, and whether files may raise it, from `local`, `auto`, `path`, `goX`, `goX+auto`… */
function readGotoolchain(setting: string, local: string): { minimum: string; filesDecide: boolean } {
  if (setting === 'auto' || setting === 'path') return { minimum: local, filesDecide: true }
  const [, name = '', suffix] = /^(.*?)(?:\+(auto|path))?$/s.exec(setting) ?? []
  return { minimum: isToolchainName(name) ? name : local, filesDecide: suffix !== undefined }
}

function isToolchainName(name: string): boolean {
  return name.startsWith('go') && parseGoVersion(name) !== undefined
}

/** Returns the toolchain that a go line requires: since 1.21, the first release of language version 1.22 is 1.22.0. */
function firstToolchain(goLine: string): string {
  const version = parseGoVersion(goLine)
  const isLanguage = version !== undefined && version.patch === '' && version.kind === ''
  return isLanguage ? `go${goLine}.0` : `go${goLine}`
}

/** Returns `1.24.3` for `go1.24.3-custom`; empty for a name with a path separator. */
function toolchainVersion(name: string): string {
  return /[\\/]/.test(name) ? '' : (name.slice('go'.length).split(/[ \t-]/)[0] ?? '')
}

/** Orders decimal numbers of any length without leading zeros; an absent number comes first. */
function compareNumbers(x: string, y: string): number {
  return x.length - y.length || compareText(x, y)
}

function compareText(x: string, y: string): number {
  return x < y ? -1 : Number(x > y)
}
