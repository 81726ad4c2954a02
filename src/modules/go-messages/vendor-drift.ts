/** vendor/modules.txt that does not say what go.mod says. */
import { type Explanation, type Printed, several } from './explanation.ts'
import { fileMeant, inFolderOf, modulePlaces } from './places.ts'
import { settled } from './words.ts'

/** How go.mod and vendor/modules.txt differ about a module. */
export type DriftReason =
  /** Required in go.mod, not marked so in modules.txt. */
  | 'only-required'
  /** Marked as required in modules.txt, not required in go.mod. */
  | 'only-vendored'
  /** Required and vendored in different versions; only of go.mod files older than Go 1.14. */
  | 'other-version'
  | 'only-replaced'
  | 'replaced-otherwise'
  /** Marked as replaced in modules.txt, not replaced in go.mod. */
  | 'only-vendored-replacement'

/** One difference between go.mod and vendor/modules.txt. */
export interface VendorDrift {
  /** Module path. */
  readonly module: string
  /** Undefined for a replacement of all versions. */
  readonly version: string | undefined
  readonly reason: DriftReason
  /** What modules.txt has instead: a version, or what it says replaces the module; where Go names it. */
  readonly vendored?: string
}

/**
 * The lines of checkVendorConsistency in cmd/go/internal/modload/vendor.go; the last one is of Go 1.21 alone,
 * which says the same twice.
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
 * The differences between go.mod and vendor/modules.txt that the go command found, each of them once.
 *
 * @param output standard error of the go command
 * @returns in Go's order; empty when it does not complain about that
 */
export function vendorDrift(output: string): readonly VendorDrift[] {
  const drifts = new Map<string, VendorDrift>()
  for (const line of (heading.exec(settled(output))?.[2] ?? '').split('\n')) {
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
  const where = inFolderOf(fileMeant(files, `${directory}/${file}`))
  const asked = workspace ? 'the workspace' : 'go.mod'
  const named = several(differences.map(({ name, difference }) => `${name} (${difference})`))
  return {
    title: `vendor does not agree with ${asked}`,
    cause: `vendor/modules.txt and ${asked} differ${named && ` in ${named}`}.`,
    mend: `Run \`${command}\`${where} and commit the vendor directory.`,
    places: differences.flatMap(({ module, version, verb, name, difference }) =>
      modulePlaces(files, verb, { path: module, ...(version && { version }) }, `${name}: ${difference}`),
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

/** Differences in words; a module that is required in one version and vendored in another is one of them. */
function describe(drifts: readonly VendorDrift[]): readonly Difference[] {
  const stale = (module: string) =>
    drifts.find((drift) => drift.module === module && drift.reason === 'only-vendored')
  const renewed = new Set(
    drifts.filter(({ reason }) => reason === 'only-required').flatMap(({ module }) => stale(module) ?? []),
  )
  return drifts
    .filter((drift) => !renewed.has(drift))
    .map(({ module, version, reason, vendored }) => ({
      module,
      version,
      verb: /replace/.test(reason) ? ('replace' as const) : ('require' as const),
      name: version === undefined ? module : `${module}@${version}`,
      difference: inWords(reason, reason === 'only-required' ? stale(module)?.version : vendored),
    }))
}

function inWords(reason: DriftReason, vendored: string | undefined): string {
  switch (reason) {
    case 'only-required':
      return vendored === undefined ? 'only go.mod requires it' : `vendored is ${vendored}`
    case 'other-version':
      return `vendored is ${vendored}`
    case 'only-vendored':
      return 'only vendor/modules.txt requires it'
    case 'only-replaced':
      return 'vendor/modules.txt does not replace it'
    case 'replaced-otherwise':
      return `vendored is the replacement ${vendored}`
    case 'only-vendored-replacement':
      return 'only vendor/modules.txt replaces it'
  }
}
