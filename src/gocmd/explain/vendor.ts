/** Messages about a vendor directory that differs from go.mod, is unusable, or is incomplete. */

import {
  type Explainer,
  type Explanation,
  inFolder,
  listDistinct,
  matchGoFile,
  moduleLocations,
  type Printed,
  withoutProgress,
} from './message.ts'

/** The kind of difference between go.mod and vendor/modules.txt for a module. */
type DriftReason =
  /** Required in go.mod, not marked as explicit in modules.txt. */
  | 'only-required'
  /** Marked as explicit in modules.txt, not required in go.mod. */
  | 'only-vendored'
  /** Required and vendored in different versions; only for go.mod files older than Go 1.14. */
  | 'other-version'
  | 'only-replaced'
  | 'replaced-otherwise'
  /** Marked as replaced in modules.txt, not replaced in go.mod. */
  | 'only-vendored-replacement'

/** One difference between go.mod and vendor/modules.txt. */
interface VendorDrift {
  /** Module path. */
  readonly module: string
  /** Undefined for a replacement of all versions. */
  readonly version: string | undefined
  readonly reason: DriftReason
  /** The value in modules.txt, if Go names it: a version, or a replacement. */
  readonly vendored?: string
}

/**
 * The messages of checkVendorConsistency in cmd/go/internal/modload/vendor.go. Only Go 1.21 prints the last one, which
 * repeats another.
 */
const reasons: readonly (readonly [pattern: RegExp, reason: DriftReason])[] = [
  [/^is explicitly required in .+, but not marked as explicit in /, 'only-required'],
  [/^is explicitly required in .+, but .+ indicates (?:\S+@)?(\S+)$/, 'other-version'],
  [/^is marked as explicit in .+, but not explicitly required in /, 'only-vendored'],
  [/^is replaced in .+, but not marked as replaced in /, 'only-replaced'],
  [/^is replaced by .+ in .+, but marked as replaced by (.+) in /, 'replaced-otherwise'],
  [/^is marked as replaced in .+, but not replaced in /, 'only-vendored-replacement'],
  [/^is marked as replaced by (.+) in .+, but replaced by /, 'replaced-otherwise'],
]

const heading = /inconsistent vendoring in (.+):\n((?:\t.+(?:\n|$))*)/

/**
 * Returns the differences between go.mod and vendor/modules.txt that the go command found, each once.
 *
 * @param output standard error of the go command
 * @returns in Go's order; empty when it does not complain about that
 */
export function vendorDrift(output: string): readonly VendorDrift[] {
  const drifts = new Map<string, VendorDrift>()
  for (const line of (heading.exec(withoutProgress(output))?.[2] ?? '').split('\n')) {
    const {
      module,
      version,
      detail = '',
    } = /^\t(?<module>[^\s@]+?)(?:@(?<version>\S+))?: (?<detail>.+)$/.exec(line)?.groups ?? {}
    if (module === undefined) continue
    for (const [pattern, reason] of reasons) {
      const match = pattern.exec(detail)
      if (match === null) continue
      const vendored = match[1]
      const key = `${module} ${version ?? ''} ${reason}`
      drifts.set(key, { module, version, reason, ...(vendored === undefined ? {} : { vendored }) })
      break
    }
  }
  return [...drifts.values()]
}

/** Explains `inconsistent vendoring`. */
export function explainVendorDrift({ text, files }: Printed): Explanation | undefined {
  const directory = heading.exec(text)?.[1]
  if (directory === undefined) return undefined
  const workspace = /\tgo work vendor$/m.test(text)
  const [file, command] = workspace ? ['go.work', 'go work vendor'] : ['go.mod', 'go mod vendor']
  const differences = describe(vendorDrift(text))
  const where = inFolder(matchGoFile(files, `${directory}/${file}`))
  const source = workspace ? 'the workspace' : 'go.mod'
  const list = listDistinct(differences.map(({ name, difference }) => `${name} (${difference})`))
  return {
    title: `vendor does not agree with ${source}`,
    cause: `vendor/modules.txt and ${source} differ${list && ` in ${list}`}.`,
    fix: `Run \`${command}\`${where} and commit the vendor directory.`,
    places: differences.flatMap(({ module, version, verb, name, difference }) =>
      moduleLocations(files, verb, { path: module, ...(version && { version }) }, `${name}: ${difference}`),
    ),
  }
}

interface Difference {
  readonly module: string
  readonly version: string | undefined
  readonly verb: 'require' | 'replace'
  readonly name: string
  readonly difference: string
}

/** Describes the differences. A module that is required in one version and vendored in another counts once. */
function describe(drifts: readonly VendorDrift[]): readonly Difference[] {
  const stale = (module: string) =>
    drifts.find((drift) => drift.module === module && drift.reason === 'only-vendored')
  const updated = new Set(
    drifts.filter(({ reason }) => reason === 'only-required').flatMap(({ module }) => stale(module) ?? []),
  )
  return drifts
    .filter((drift) => !updated.has(drift))
    .map(({ module, version, reason, vendored }) => ({
      module,
      version,
      verb: /replace/.test(reason) ? ('replace' as const) : ('require' as const),
      name: version === undefined ? module : `${module}@${version}`,
      difference: describeReason(reason, reason === 'only-required' ? stale(module)?.version : vendored),
    }))
}

function describeReason(reason: DriftReason, vendored: string | undefined): string {
  switch (reason) {
    case 'only-required':
      return vendored === undefined ? 'only go.mod requires it' : `vendor has ${vendored}`
    case 'other-version':
      return `vendor has ${vendored}`
    case 'only-vendored':
      return 'only vendor/modules.txt requires it'
    case 'only-replaced':
      return 'vendor/modules.txt does not replace it'
    case 'replaced-otherwise':
      return `vendor has the replacement ${vendored}`
    case 'only-vendored-replacement':
      return 'only vendor/modules.txt replaces it'
  }
}

/**
 * Explains a vendor directory for a workspace used without one, or the reverse. Go ignores it and mentions it only as
 * the reason for another failure (cmd/go/internal/modload/init.go, setDefaultBuildMod; since Go 1.22).
 */
export const explainVendorOfOtherKind: Explainer = ({ text }) => {
  if (/\(Outside workspace mode, but vendor directory is for a workspace\.\)/.test(text)) {
    return {
      title: 'vendor was made for a workspace',
      cause:
        '`go work vendor` wrote vendor/modules.txt, but no workspace is in use here, so Go ignores the vendor directory.',
      fix: 'Run `go mod vendor` and commit the vendor directory, or run Go in the workspace, without GOWORK=off.',
      places: [],
    }
  }
  if (/\(In workspace mode, but vendor directory is not for a workspace\.?\)/.test(text)) {
    return {
      title: 'vendor was not made for the workspace',
      cause: '`go mod vendor` wrote the vendor directory next to go.work, so Go ignores it in the workspace.',
      fix: 'Run `go work vendor` and commit the vendor directory, or remove it.',
      places: [],
    }
  }
  return undefined
}

/** Explains imported packages that are missing in vendor (cmd/go/internal/modload/import.go, queryImport). */
export const explainNotVendored: Explainer = ({ text }) => {
  const packages = [
    ...text.matchAll(
      /cannot find module providing package ([^\s:]+): import lookup disabled by -mod=vendor/g,
    ),
  ].map(([, name]) => name ?? '')
  if (packages.length === 0) return undefined
  return {
    title: 'a package is missing in vendor',
    cause: `Go reads packages only from vendor, but vendor/modules.txt does not list ${listDistinct(packages)}.`,
    fix: 'Run `go mod tidy` and `go mod vendor` (in a workspace `go work vendor`), and commit go.mod, go.sum and the vendor directory.',
    places: [],
  }
}
