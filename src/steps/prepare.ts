import * as path from 'node:path'
import type { Checkout } from '../facts/checkout.ts'
import { lookAtChecksumDatabase } from '../facts/checksum-database.ts'
import { lookAtEvent } from '../facts/event.ts'
import { privateModules } from '../facts/facts.ts'
import { type Go, lookAtGo, noGo } from '../facts/go.ts'
import { lookAtSettings, type Settings } from '../facts/settings.ts'
import type { ProvidedGo } from '../go/provide.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { BadInput } from '../inputs/problem.ts'
import type { GoWish } from '../modules/go-release.ts'
import { sumsOf } from '../modules/roots.ts'
import { mergePatterns } from '../modules/settings/module-patterns.ts'
import type { BundleSource } from '../plan/bundle-source.ts'
import type { PlannedVariable } from '../plan/environment.ts'
import { lintEnvironment } from '../plan/environment-lint.ts'
import { type OfflinePlan, planOffline } from '../plan/offline.ts'
import { lintSshAddresses } from '../plan/ssh-lint.ts'
import { withheldFromOthers, withheldVariable } from '../plan/withheld.ts'
import type { CredentialVariables } from '../private/place-credentials.ts'
import type { SshVariables } from '../private/place-ssh.ts'
import { environment, prependPath, setVariable } from '../system/environment.ts'
import * as runner from '../system/runner.ts'
import type { TakenBundle } from './bundle.ts'
import { placeCaches } from './cache-directories.ts'
import { installCertificates } from './certificates.ts'
import { installCredentials, removeCredentials } from './credentials.ts'
import { downloadBase, judge } from './judge.ts'
import { maskGoDefaults } from './masks.ts'
import { exportAll } from './own-folder.ts'
import { tellOfMissingSecrets } from './secretless.ts'
import { installSsh, removeSsh } from './ssh.ts'
import type { Timeline } from './timeline.ts'
import { withBuildableRoots } from './usable-roots.ts'

/** The job with its environment and its Go in place. */
export interface Prepared {
  readonly inputs: Inputs
  readonly checkout: Checkout
  readonly variables: readonly PlannedVariable[]
  /** The go command on PATH; undefined where nothing needs one, or a dry run has none. */
  readonly go: Go | undefined
  /** Where the Go was found that an input asked for; undefined when none was asked for. */
  readonly provided: ProvidedGo | undefined
  /** The variables that lead to credentials; undefined where there are none. */
  readonly credentials: CredentialVariables | undefined
  /** The variables that lead to ssh keys; undefined where there are none. */
  readonly ssh: SshVariables | undefined
  /** The variables that lead to certificates to trust. */
  readonly trusted: Readonly<Record<string, string>>
  /** What in the environment takes a check away that Go has. */
  readonly warnings: readonly string[]
  /** The bundle that serves the modules; undefined where there is none. */
  readonly bundle: BundleSource | undefined
  /** `path@version` of the modules in a bundle, wherever it was put. */
  readonly bundled: readonly string[]
  /** What keeps the job off the network. */
  readonly offline: OfflinePlan
  /** What the variables of the go command are set to for this step, if nothing keeps it off the network. */
  readonly settings: Settings
}

/**
 * Puts the environment and the Go in place that were asked for: for this process alone, until `publish` hands them on.
 *
 * @param folder makes the private folder of this job; called once everything is known to be right
 * @throws BadInput with every mistake at once, before anything is changed
 */
export async function prepare(timeline: Timeline, folder: () => string): Promise<Prepared> {
  const judged = await judge()
  const { inputs, settings, planned } = judged
  const taken =
    inputs.bundle === '' ? undefined : await timeline.time('bundle', () => take(inputs, judged.checkout))
  const bundle = taken?.source
  const database =
    inputs.offline === 'false'
      ? undefined
      : await lookAtChecksumDatabase(judged.checkout.workspace, planned('GOSUMDB'))
  const offline = planOffline(inputs, planned, bundle, database)
  for (const { name, value } of [...judged.variables, ...offline.own]) setVariable(name, value)
  const trusted = inputs['dry-run'] ? {} : await installCertificates(judged.authorities)
  if (!inputs['dry-run']) tellOfMissingSecrets(inputs)
  const credentials = inputs['dry-run'] ? undefined : installCredentials(inputs, planned('GOAUTH'))
  const ssh = inputs['dry-run'] ? undefined : installSsh(inputs, judged.ssh)
  const finish = async (): Promise<Prepared> => {
    const asked = judged.wish
    const provided =
      asked === undefined ? undefined : await timeline.time('Go', () => provide(asked, inputs, folder()))
    // The others are set already, and credentials may have added to GOAUTH since.
    const moved = goroot(provided, settings('GOROOT'))
    for (const { name, value } of moved) setVariable(name, value)
    const variables = [...judged.variables, ...moved]
    const found = await lookAtChosenGo(judged.checkout, provided)
    if (found !== undefined) maskGoDefaults(found)
    const warnings = [
      ...lintEnvironment(settings, found?.env.GOVERSION ?? '', judged.checkout.roots.flatMap(sumsOf)),
      ...lintSshAddresses(inputs['ssh-private-key'].keys, lookAtSettings(environment())),
    ]
    const sealing = { bundle, bundled: taken?.names ?? [], offline, settings: planned }
    const common = { inputs, provided, warnings, credentials, ssh, trusted, ...sealing }
    if (found === undefined) return { ...common, checkout: judged.checkout, variables, go: undefined }
    const placed = placeCaches(inputs, found, settings)
    const leading = taken === undefined ? [] : await taken.finish(placed.go, offline.wish !== 'false')
    for (const { name, value } of leading) setVariable(name, value)
    // Last, because a bundle may have the Go that a module asks for.
    const checkout = await withBuildableRoots(judged.checkout, inputs, placed.go)
    return { ...common, checkout, variables: [...variables, ...placed.variables, ...leading], go: placed.go }
  }
  return finish().catch((error) => {
    // The step ends here, and nobody else knows of them before post.
    if (credentials !== undefined) removeCredentials(credentials)
    if (ssh !== undefined) removeSsh(ssh)
    throw error
  })
}

/** Hands what was put in place to the later steps of the job, once nothing speaks against it any more. */
export function publish(prepared: Prepared): void {
  const { inputs, variables, go, provided, credentials, ssh, trusted } = prepared
  if (go !== undefined) runner.addProblemMatcher()
  for (const { name, value } of variables) runner.exportVariable(name, value)
  for (const one of pathsOf(provided, go)) runner.addPath(one)
  exportAll(trusted)
  if (inputs['export-credentials']) exportAll({ ...credentials, ...ssh })
  const opened = withheldFromOthers(
    inputs,
    lookAtEvent(environment()),
    privateModules(lookAtSettings(environment())),
  )
  if (opened !== '') {
    runner.exportVariable(withheldVariable, mergePatterns(environment()[withheldVariable] ?? '', opened))
  }
}

/** What opens bundles is loaded only by jobs that use one. */
async function take(inputs: Inputs, checkout: Checkout): Promise<TakenBundle> {
  const { takeBundle } = await import('./bundle.ts')
  return takeBundle(inputs, checkout)
}

/** A Go obeys GOROOT even when that is another Go's (cmd/go/internal/cfg/cfg.go, SetGOROOT). */
function goroot(provided: ProvidedGo | undefined, existing: string): readonly PlannedVariable[] {
  if (provided === undefined || provided.root === '' || existing === '') return []
  const why = `it was set to ${existing}, and this is the Go that was asked for`
  return [{ name: 'GOROOT', value: provided.root, shown: provided.root, why }]
}

async function provide(wish: GoWish, inputs: Inputs, folder: string): Promise<ProvidedGo> {
  const { provideGo } = await import('../go/provide.ts')
  return provideGo(wish, {
    checkLatest: inputs['check-latest'],
    downloadBase: downloadBase(inputs),
    retries: inputs.retries,
    dryRun: inputs['dry-run'],
    folder,
  })
}

/** Asks the Go that was provided, or the one on PATH where there is a module to build. */
async function lookAtChosenGo(checkout: Checkout, provided: ProvidedGo | undefined): Promise<Go | undefined> {
  const [first] = checkout.roots
  if (first === undefined && provided === undefined) return undefined
  const isPlanOnly = provided?.bin === ''
  if (provided !== undefined && !isPlanOnly) prependPath(provided.bin)
  const go = await lookAtGo(first?.directory ?? checkout.workspace, environment())
  if (!('what' in go)) {
    // A dry run installs nothing: what another Go says is taken for what the missing one would say.
    return isPlanOnly ? { ...go, env: { ...go.env, GOVERSION: `go${provided.version}` } } : go
  }
  if (isPlanOnly && go === noGo) return undefined
  throw new BadInput([go])
}

/** The Go itself, and where `go install` puts commands, as actions/setup-go does it. */
function pathsOf(provided: ProvidedGo | undefined, go: Go | undefined): readonly string[] {
  const gopath = (go?.env.GOPATH ?? '').split(path.delimiter)[0] ?? ''
  const bin = provided === undefined ? [] : [provided.bin]
  return [...bin, ...(/^$|[\r\n]/.test(gopath) ? [] : [path.join(gopath, 'bin')])]
}
