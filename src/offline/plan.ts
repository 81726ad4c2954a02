import type { Problem } from '../errors.ts'
import type { BundleSource, EnvChange } from '../gocmd/plan-env.ts'
import { goFlagValue } from '../gosettings/goflags.ts'
import { redactedGoproxy } from '../gosettings/goproxy.ts'
import type { ChecksumDatabase } from '../gosettings/gosumdb.ts'
import type { Inputs } from '../inputs/inputs.ts'

/** How a job is kept off the network for modules. */
export interface OfflinePlan {
  /** `false`: not at all. `true`: once this step has fetched what is missing. `strict`: from its beginning. */
  readonly mode: Inputs['offline']
  /** Patterns of the packages that are built without a network, to prove that they can be; none where nobody asks. */
  readonly check: readonly string[]
  /** GOPROXY of the sealed job: `off`, or where modules lie on this machine. */
  readonly source: string
  /** Whether this step may fetch modules, from the network or from `source`. */
  readonly fetches: boolean
  /** What closes every way to a network but that of toolchains, for later steps. */
  readonly variables: readonly EnvChange[]
  /** What this step's own commands need from the beginning. */
  readonly forThisStep: readonly EnvChange[]
}

/** Which Go a sealed job runs, and how it comes to it. */
interface OfflineToolchain {
  /** GOTOOLCHAIN; undefined where what is set reaches no network. */
  readonly gotoolchain: string | undefined
  /** Whether the toolchain in GOMODCACHE is put on PATH. */
  readonly onPath: boolean
  readonly why: string
}

/** The inputs that decide it. */
type OfflineInputs = Pick<Inputs, 'offline' | 'offline-check'>

/**
 * Plans what keeps a job off the network.
 *
 * `GOPROXY=off` alone does not: modules that GOPRIVATE or GONOPROXY matches are fetched by git all the same
 * (cmd/go/internal/modfetch/proxy.go, proxyList: `noproxy` stands before the list), and of a cached module that go.sum
 * does not name the checksum database is asked directly (cmd/go/internal/modfetch/sumdb.go, dbDial and initBase: `off`
 * leaves the loop, and what follows is the direct connection).
 *
 * @param inputs what the user asks for
 * @param value what a variable of the go command will be set to for this step
 * @param bundle the bundle that serves the modules; undefined where there is none
 * @param database the checksum database; undefined where it is not known
 */
export function planOffline(
  inputs: OfflineInputs,
  value: (name: string) => string,
  bundle: BundleSource | undefined,
  database: ChecksumDatabase | undefined,
): OfflinePlan {
  const { offline: requested, 'offline-check': check } = inputs
  const source = escapedUrl(bundle?.url ?? localSource(value('GOPROXY')) ?? 'off')
  // Of a database that the bundle does not hold, Go asks the database itself, although GOPROXY is one folder.
  const name = database?.key.split('+')[0] ?? ''
  const asksBundle = database?.hasAddress === false && bundle?.sumdb.includes(name) === true
  const sealed = sealedVariables(source, asksBundle, bundle !== undefined)
  const isSealedFromStart = requested === 'strict' || (requested === 'true' && bundle !== undefined)
  return {
    mode: requested,
    check,
    source,
    fetches: !isSealedFromStart || source !== 'off',
    variables: sealed,
    forThisStep: isSealedFromStart ? [...sealed, ...databaseVariable(database, source)] : [],
  }
}

/**
 * What contradicts a job without a network.
 *
 * @param inputs what the user asks for
 * @param goflags GOFLAGS as it will be
 */
export function offlineProblems(
  inputs: OfflineInputs & Pick<Inputs, 'goproxy'>,
  goflags: string,
): readonly Problem[] {
  const { goproxy, offline } = inputs
  const isSealed = offline !== 'false'
  const problems: Problem[] = []
  if (isSealed && goproxy !== '' && localSource(goproxy) === undefined) {
    problems.push({
      what: `Input \`goproxy\` is "${redactedGoproxy(goproxy)}", which later steps would reach over a network, and \`offline: ${offline}\` is to prevent that`,
      allowed: '`off`, or one `file://` address of a directory with modules',
      fix:
        offline === 'strict'
          ? 'Leave `goproxy` out, or use `offline: true` and set GOPROXY under `env:` of this step, for this step alone.'
          : 'Set GOPROXY under `env:` of this step instead: then this step alone downloads from there.',
    })
  }
  if ((isSealed || inputs['offline-check'].length > 0) && goFlagValue(goflags, 'mod') === 'mod') {
    problems.push({
      what: `GOFLAGS holds -mod=mod, with which go commands add to go.mod and go.sum, and under \`${isSealed ? 'offline' : 'offline-check'}\` nobody would check what they add`,
      allowed: '',
      fix: 'Take the flag away, and commit what `go mod tidy` makes.',
    })
  }
  return problems
}

/**
 * Decides which Go later steps run. The go command would fetch another one by itself, and asks the checksum database of
 * it although GONOSUMDB says otherwise (https://go.dev/doc/toolchain#download); a Go that is on PATH fetches and asks
 * nothing.
 *
 * @param go `version`: the Go that builds here, such as `go1.26.0`; `local`: the one on PATH; `setting`: GOTOOLCHAIN;
 *   `module`: the toolchain module that the go command takes the first of them from, empty where it takes none;
 *   `isInCache`: whether its tree is in GOMODCACHE
 * @param bundle the bundle that serves the modules; undefined where there is none
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
    return { gotoolchain: undefined, onPath: false, why: `GOTOOLCHAIN=${setting} looks on PATH alone` }
  }
  // From a GOPROXY that is one file URL a toolchain is taken without the checksum database (cmd/go/internal/modfetch/sumdb.go, useSumDB).
  if (bundle?.toolchains.includes(module)) {
    return { gotoolchain: version, onPath: false, why: `the bundle holds ${version}` }
  }
  if (isInCache) {
    return { gotoolchain: 'local', onPath: true, why: `${version} is in GOMODCACHE, and is put on PATH` }
  }
  return { gotoolchain: `${version}+path`, onPath: false, why: `${version} is not in GOMODCACHE` }
}

/** The variable for what `planSealedToolchain` decided; none where nothing changes. */
export function toolchainVariables({ gotoolchain, why }: OfflineToolchain): readonly EnvChange[] {
  return gotoolchain === undefined ? [] : [variable('GOTOOLCHAIN', gotoolchain, why)]
}

/** The same variables where go.sum may not be complete: what it does not name must not pass unseen. */
export function withoutDatabaseBypass(sealed: readonly EnvChange[]): readonly EnvChange[] {
  return sealed.filter(({ name }) => name !== 'GONOSUMDB')
}

/**
 * The variables as a file that `docker run --env-file` takes literally and a shell reads alike: no value needs quotes.
 *
 * @throws RangeError for a value that would need some
 */
export function environmentFile(variables: readonly Pick<EnvChange, 'name' | 'value'>[]): string {
  const lines = variables.map(({ name, value }) => {
    if (!/^[\w.:/*%+@-]*$/.test(value)) throw new RangeError(`${name} needs quotes`)
    return `${name}=${value}\n`
  })
  return lines.join('')
}

function sealedVariables(source: string, asksBundle: boolean, hasBundle: boolean): readonly EnvChange[] {
  const why = source === 'off' ? 'nothing is fetched any more' : 'modules come from this machine alone'
  return [
    variable('GOPROXY', source, hasBundle ? `${why}: the bundle` : why),
    variable('GONOPROXY', 'none', 'private modules are not fetched from their origin either'),
    ...(asksBundle
      ? []
      : [variable('GONOSUMDB', '*', 'go.sum names all modules, so no checksum database is asked')]),
    variable('GOVCS', '*:off', 'no version control system is started'),
  ]
}

/**
 * A toolchain that is in GOMODCACHE is compared with what was heard from the checksum database before. An address where
 * nobody is keeps the go command from asking again.
 */
function databaseVariable(database: ChecksumDatabase | undefined, source: string): readonly EnvChange[] {
  if (database === undefined || database.key === 'off' || source.startsWith('file:')) return []
  return [variable('GOSUMDB', `${database.key} file:///dev/null`, 'this step asks no checksum database')]
}

/**
 * Where a GOPROXY that reaches no network leads: `off`, or the one directory. It has to be the only source, for then
 * toolchains are taken from there too.
 *
 * @returns undefined for one that reaches a network, as it does when it is not set
 */
function localSource(goproxy: string): string | undefined {
  const [, source] = /^(off|file:\/\/\/[^,|]*?)(?:\s*[,|]\s*off)?$/i.exec(goproxy.trim()) ?? []
  return source
}

/** An address with every character escaped that a shell or a file of variables could take for its own. */
function escapedUrl(url: string): string {
  return url.replaceAll(/[^\w.:/%+@-]/gu, (one) =>
    [...Buffer.from(one)].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  )
}

function variable(name: string, value: string, why: string): EnvChange {
  return { name, value, shown: name === 'GOPROXY' ? redactedGoproxy(value) : value, why }
}
