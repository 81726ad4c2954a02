import type { Problem } from '../errors.ts'
import type { BundleSource, EnvChange } from '../gocmd/index.ts'
import { goFlagValue } from '../gosettings/goflags.ts'
import { redactedGoproxy } from '../gosettings/goproxy.ts'
import type { ChecksumDatabase } from '../gosettings/gosumdb.ts'
import type { GoSettingLookup } from '../gosettings/private-modules.ts'
import type { Inputs } from '../inputs/index.ts'

/** How a job stays off the network for modules. */
export interface OfflinePlan {
  /** `false`: not at all. `true`: once this step has fetched what is missing. `strict`: from the start. */
  readonly mode: Inputs['offline']
  /** Patterns of the packages to build without a network, as a check; empty when no check is requested. */
  readonly check: readonly string[]
  /** GOPROXY of the offline job: `off`, or the address of modules on this machine. */
  readonly source: string
  /** Whether this step may fetch modules, from the network or from `source`. */
  readonly fetches: boolean
  /** Variables for later steps that close every way to a network except that of toolchains. */
  readonly changes: readonly EnvChange[]
  /** Variables that this step's own commands need from the start. */
  readonly forThisStep: readonly EnvChange[]
}

/** The Go that an offline job runs, and where it comes from. */
interface OfflineToolchain {
  /** GOTOOLCHAIN; undefined when the current value reaches no network. */
  readonly gotoolchain: string | undefined
  /** Whether the toolchain in GOMODCACHE goes on PATH. */
  readonly onPath: boolean
  readonly why: string
}

/** The inputs that control offline mode. */
type OfflineInputs = Pick<Inputs, 'offline' | 'offline-check'>

/**
 * Plans how a job stays off the network.
 *
 * `GOPROXY=off` alone is not enough. Git still fetches modules that GOPRIVATE or GONOPROXY matches
 * (cmd/go/internal/modfetch/proxy.go, proxyList: `noproxy` stands before the list). For a cached module that go.sum
 * does not name, Go queries the checksum database directly (cmd/go/internal/modfetch/sumdb.go, dbDial and initBase:
 * `off` ends the loop, and the direct connection follows).
 *
 * @param inputs what the user requests
 * @param value returns the value of a variable of the go command in this step
 * @param bundle the bundle that serves the modules; undefined when there is none
 * @param database the checksum database; undefined when it is unknown
 */
export function planOffline(
  inputs: OfflineInputs,
  value: GoSettingLookup,
  bundle: BundleSource | undefined,
  database: ChecksumDatabase | undefined,
): OfflinePlan {
  const { offline: requested, 'offline-check': check } = inputs
  const source = escapedUrl(bundle?.url ?? localSource(value('GOPROXY')) ?? 'off')
  // Go queries a database that the bundle does not hold directly, even when GOPROXY is a single folder.
  const name = database?.key.split('+')[0] ?? ''
  const usesBundleDatabase = database?.hasAddress === false && bundle?.sumdb.includes(name) === true
  const changes = offlineChanges(source, usesBundleDatabase, bundle !== undefined)
  const isOfflineFromStart = requested === 'strict' || (requested === 'true' && bundle !== undefined)
  return {
    mode: requested,
    check,
    source,
    fetches: !isOfflineFromStart || source !== 'off',
    changes,
    forThisStep: isOfflineFromStart ? [...changes, ...databaseVariable(database, source)] : [],
  }
}

/**
 * Finds inputs that contradict a job without a network.
 *
 * @param inputs what the user requests
 * @param goflags GOFLAGS of the job
 */
export function offlineProblems(
  inputs: OfflineInputs & Pick<Inputs, 'goproxy'>,
  goflags: string,
): readonly Problem[] {
  const { goproxy, offline } = inputs
  const isOffline = offline !== 'false'
  const problems: Problem[] = []
  if (isOffline && goproxy !== '' && localSource(goproxy) === undefined) {
    problems.push({
      what: `Input \`goproxy\` is "${redactedGoproxy(goproxy)}", which later steps would reach over a network, but \`offline: ${offline}\` forbids that`,
      allowed: '`off`, or one `file://` address of a directory with modules',
      fix:
        offline === 'strict'
          ? 'Remove `goproxy`, or use `offline: true` and set GOPROXY in `env:` of this step, for this step only.'
          : 'Set GOPROXY in `env:` of this step instead: then only this step downloads from there.',
    })
  }
  if ((isOffline || inputs['offline-check'].length > 0) && goFlagValue(goflags, 'mod') === 'mod') {
    problems.push({
      what: `GOFLAGS holds -mod=mod, which lets go commands add to go.mod and go.sum, but with \`${isOffline ? 'offline' : 'offline-check'}\` nothing checks what they add`,
      allowed: '',
      fix: 'Remove the flag, run `go mod tidy`, and commit the result.',
    })
  }
  return problems
}

/**
 * Decides which Go later steps run. The go command would fetch another one on its own, and query the checksum database
 * about it regardless of GONOSUMDB (https://go.dev/doc/toolchain#download). A Go on PATH needs neither.
 *
 * @param go `version`: the Go that builds here, such as `go1.26.0`; `local`: the one on PATH; `setting`: GOTOOLCHAIN;
 *   `module`: the toolchain module that the go command takes `version` from, empty when it takes none; `isInCache`:
 *   whether its tree is in GOMODCACHE
 * @param bundle the bundle that serves the modules; undefined when there is none
 */
export function planOfflineToolchain(
  go: {
    readonly version: string
    readonly local: string
    readonly setting: string
    readonly module: string
    readonly isInCache: boolean
  },
  bundle: BundleSource | undefined,
): OfflineToolchain {
  const { version, local, setting, module, isInCache } = go
  if (version === local) {
    return { gotoolchain: 'local', onPath: false, why: `${local} is on PATH and builds the modules` }
  }
  if (module === '') {
    return { gotoolchain: undefined, onPath: false, why: `GOTOOLCHAIN=${setting} searches only PATH` }
  }
  // With a single file URL as GOPROXY, Go uses a toolchain without the checksum database
  // (cmd/go/internal/modfetch/sumdb.go, useSumDB).
  if (bundle?.toolchains.includes(module)) {
    return { gotoolchain: version, onPath: false, why: `the bundle holds ${version}` }
  }
  if (isInCache) {
    return { gotoolchain: 'local', onPath: true, why: `${version} is in GOMODCACHE and is added to PATH` }
  }
  return { gotoolchain: `${version}+path`, onPath: false, why: `${version} is not in GOMODCACHE` }
}

/** Returns the variable for the decision of `planOfflineToolchain`; empty when nothing changes. */
export function toolchainVariables({ gotoolchain, why }: OfflineToolchain): readonly EnvChange[] {
  return gotoolchain === undefined ? [] : [variable('GOTOOLCHAIN', gotoolchain, why)]
}

/** Returns the variables for an incomplete go.sum: without GONOSUMDB, Go checks what it does not name. */
export function withoutDatabaseBypass(changes: readonly EnvChange[]): readonly EnvChange[] {
  return changes.filter(({ name }) => name !== 'GONOSUMDB')
}

/**
 * Formats the variables as a file that `docker run --env-file` and a shell read alike: no value needs quotes.
 *
 * @throws RangeError for a value that would need them
 */
export function environmentFile(variables: readonly Pick<EnvChange, 'name' | 'value'>[]): string {
  const lines = variables.map(({ name, value }) => {
    if (!/^[\w.:/*%+@-]*$/.test(value)) throw new RangeError(`${name} needs quotes`)
    return `${name}=${value}\n`
  })
  return lines.join('')
}

function offlineChanges(
  source: string,
  usesBundleDatabase: boolean,
  hasBundle: boolean,
): readonly EnvChange[] {
  const why = source === 'off' ? 'Go fetches nothing' : 'modules come only from this machine'
  return [
    variable('GOPROXY', source, hasBundle ? `${why}: the bundle` : why),
    variable('GONOPROXY', 'none', 'Go does not fetch private modules from their origin either'),
    ...(usesBundleDatabase
      ? []
      : [variable('GONOSUMDB', '*', 'go.sum lists all modules, so Go queries no checksum database')]),
    variable('GOVCS', '*:off', 'Go starts no version control system'),
  ]
}

/**
 * Returns the variable that keeps the go command from querying the checksum database: an unreachable address. Go
 * still compares a toolchain in GOMODCACHE with earlier answers of the database.
 */
function databaseVariable(database: ChecksumDatabase | undefined, source: string): readonly EnvChange[] {
  if (database === undefined || database.key === 'off' || source.startsWith('file:')) return []
  return [variable('GOSUMDB', `${database.key} file:///dev/null`, 'this step queries no checksum database')]
}

/**
 * Returns the target of a GOPROXY that reaches no network: `off`, or a directory. It must be the only source, because
 * Go takes toolchains from it too.
 *
 * @returns undefined for one that reaches a network, as it does when unset
 */
function localSource(goproxy: string): string | undefined {
  const [, source] = /^(off|file:\/\/\/[^,|]*?)(?:\s*[,|]\s*off)?$/i.exec(goproxy.trim()) ?? []
  return source
}

/** Escapes every character of an address that has a meaning in a shell or in a file of variables. */
function escapedUrl(url: string): string {
  return url.replaceAll(/[^\w.:/%+@-]/gu, (one) =>
    [...Buffer.from(one)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
}

function variable(name: string, value: string, why: string): EnvChange {
  return { name, value, shown: name === 'GOPROXY' ? redactedGoproxy(value) : value, why }
}
