import type { GoSum } from '../gofiles/go-sum.ts'
import { compareGoVersions } from '../gofiles/go-version.ts'
import { goFlagValue } from '../gosettings/goflags.ts'
import { matchesModulePatterns, patternListFault } from '../gosettings/module-patterns.ts'
import { type GoSettingLookup, noProxyPatterns, noSumdbPatterns } from '../gosettings/private-modules.ts'
import { listSome } from '../text/lists.ts'

/**
 * The first Go versions, by release, in which a module proxy can no longer bypass the checksum database:
 * CVE-2026-42501 and CVE-2026-56865 (golang/go issues 79070 and 80744). Older releases have no fix, and later ones need
 * none.
 */
const firstFixed: Readonly<Record<string, string>> = { '1.25': '1.25.13', '1.26': '1.26.6' }

/**
 * Modules of Go itself, for which earlier versions trust a line of go.sum instead of the checksum database:
 * CVE-2026-94447 and CVE-2026-94444 (golang/go issues 81834 and 81833; announced with Go 1.27.2 and 1.26.9). Go never
 * writes such a line (cmd/go/internal/modfetch/fetch.go), so without one there is no bypass.
 */
const ownModules = ['golang.org/toolchain', 'golang.org/fips140']

const firstFixedForOwnModules: Readonly<Record<string, string>> = { '1.26': '1.26.9', '1.27': '1.27.2' }

/**
 * Returns warnings about settings in the environment that disable checks of Go, one sentence each. Values set through
 * inputs are intentional and not warned about.
 *
 * @param settings returns the value of a variable, from the environment or the user's file of the go command
 * @param goVersion the Go that builds, such as `go1.26.0`; empty when there is none
 * @param sums the go.sum and go.work.sum files of the checkout
 */
export function environmentWarnings(
  settings: GoSettingLookup,
  goVersion: string,
  sums: readonly GoSum[],
): readonly string[] {
  const [database, noDatabase] = [settings('GOSUMDB'), noSumdbPatterns(settings)]
  const insecure = settings('GOINSECURE')
  const usesProxy = settings('GOPROXY')
    .split(/[,|]/)
    .some((one) => /^https?:/.test(one.trim()))
  const ownInSums = ownModules.filter((name) => sums.some((one) => listsModule(one, name)))
  const checks: readonly (readonly [isSo: boolean, text: string])[] = [
    [
      settings('GONOSUMCHECK') !== '',
      'GONOSUMCHECK is set, but Go has no such variable. Set GONOSUMDB to patterns of modules that the checksum database does not contain.',
    ],
    [
      database === 'off',
      'GOSUMDB is off: Go downloads modules that are not in go.sum without any check. For private modules, use GONOSUMDB or the input `goprivate` instead.',
    ],
    [
      // Without downloads, as in an offline job, there is nothing to verify.
      coversEverything(noDatabase) && !/^(?:off|file:[^,|]*)$/.test(settings('GOPROXY')),
      `GONOSUMDB or GOPRIVATE is "${noDatabase}", which matches every module: Go downloads modules that are not in go.sum without any check. List only your own hosts and organisations.`,
    ],
    [
      goFlagValue(settings('GOFLAGS'), 'mod') === 'mod',
      'GOFLAGS holds -mod=mod: every go command may change go.mod and go.sum, and no command fails when they are incomplete. Remove it, run `go mod tidy`, and commit the result.',
    ],
    [
      insecure !== '',
      `GOINSECURE is "${insecure}": Go may fetch such modules without TLS, so an attacker on the network can change them. Give the server a certificate.`,
    ],
    [
      settings('GIT_SSL_NO_VERIFY') !== '',
      'GIT_SSL_NO_VERIFY is set, so git checks no certificate, whatever the value is. Set GIT_SSL_CAINFO to the certificate authority of the server.',
    ],
    [
      settings('GO111MODULE') === 'off',
      'GO111MODULE is off: Go ignores go.mod and go.sum. Unset the variable.',
    ],
    [
      usesProxy && isBefore(goVersion, firstFixed),
      `${goVersion} lets a module proxy bypass the checksum database (CVE-2026-42501, CVE-2026-56865), and GOPROXY is set. Use ${Object.values(firstFixed).join(', ')} or newer.`,
    ],
    [
      usesProxy && ownInSums.length > 0 && isBefore(goVersion, firstFixedForOwnModules),
      `go.sum names ${ownInSums.join(' and ')}, which belongs to Go itself and must not be in go.sum: ${goVersion} trusts that line instead of the checksum database (CVE-2026-94447, CVE-2026-94444). Find out who added the line, remove it, and use Go ${Object.values(firstFixedForOwnModules).join(', ')} or newer.`,
    ],
  ]
  return [...checks.flatMap(([applies, text]) => (applies ? [text] : [])), ...ineffectivePatterns(settings)]
}

/** Returns warnings about patterns without effect in variables; the parser of an input checks its own patterns. */
function ineffectivePatterns(settings: GoSettingLookup): readonly string[] {
  return ['GOPRIVATE', 'GONOPROXY', 'GONOSUMDB', 'GOINSECURE'].flatMap((name) => {
    const fault = patternListFault(settings(name))
    return fault === undefined ? [] : [`A pattern in ${name} may match nothing: ${fault}.`]
  })
}

function coversEverything(patterns: string): boolean {
  return patterns.split(',').some((pattern) => /^\*+(?:\/\*+)*$/.test(pattern.trim()))
}

function listsModule({ trees, goMods }: GoSum, name: string): boolean {
  return [...trees, ...goMods].some(({ path }) => path === name)
}

/**
 * Whether a Go is older than the fixed version of its release.
 *
 * @param firstFixedVersions the first fixed version, by release; older releases have no fix, and later ones need none
 */
function isBefore(goVersion: string, firstFixedVersions: Readonly<Record<string, string>>): boolean {
  const version = goVersion.replace(/^go/, '')
  if (version === '') return false
  const release = /^\d+\.\d+/.exec(version)?.[0] ?? ''
  const [first = ''] = Object.values(firstFixedVersions)
  return compareGoVersions(version, firstFixedVersions[release] ?? first) < 0
}

const maxAddresses = 5

/**
 * Warns about addresses that have an ssh key but that GOPRIVATE does not match. For these, Go queries the module proxy
 * and the checksum database, which reveals the module's name. It fails when the checksum database does not know the
 * module.
 *
 * @param addresses the addresses that keys are for
 * @param settings returns the effective value of a variable, with the inputs applied
 * @returns one sentence, or none
 */
export function sshWarnings(
  addresses: readonly { readonly host: string; readonly path: string }[],
  settings: GoSettingLookup,
): readonly string[] {
  if (/^(?:direct|off)\b/.test(settings('GOPROXY'))) return []
  const patterns = noProxyPatterns(settings)
  const unmatched = addresses
    .map(({ host, path }) => [host.replace(/:\d+$/, ''), ...(path === '' ? [] : [path])].join('/'))
    .filter((address) => !overlap(patterns, address))
  if (unmatched.length === 0) return []
  return [
    `\`ssh-private-key\` has a key for ${listSome(unmatched, maxAddresses)}, which GOPRIVATE does not match: Go requests it from the module proxy and the checksum database. Add it to \`goprivate\`.`,
  ]
}

/** Whether modules at or below an address may match a pattern, which may have more or fewer path elements. */
function overlap(patterns: string, address: string): boolean {
  const elements = address.split('/')
  return patterns.split(',').some((text) => {
    const pattern = text.trim().replace(/\/$/, '').split('/').slice(0, elements.length)
    return matchesModulePatterns(pattern.join('/'), elements.slice(0, pattern.length).join('/'))
  })
}
