import * as path from 'node:path'
import { configureCertificates } from '../auth/certificates.ts'
import { sshWarnings } from '../auth/checks.ts'
import { type CredentialVariables, configureCredentials, removeCredentials } from '../auth/credentials.ts'
import { maskGoDefaults } from '../auth/masks.ts'
import { noticeMissingSecrets } from '../auth/missing-secrets.ts'
import { configureSsh, removeSsh, type SshVariables } from '../auth/ssh.ts'
import { type UsedBundle, useBundle } from '../bundle/bundle.ts'
import { moveCacheDirectories } from '../cache/directories.ts'
import { privatePatternsToShare, privatePatternsVariable } from '../cache/excluded-modules.ts'
import type { Checkout } from '../checkout/checkout.ts'
import { UserError } from '../errors.ts'
import { readEvent } from '../github-context.ts'
import { type DetectedGo, detectChecksumDatabase, detectGo, goNotFound } from '../gocmd/detect-go.ts'
import { type GoSettingLookup, privatePatterns, readGoSettings } from '../gocmd/go-env.ts'
import type { BundleSource, EnvChange } from '../gocmd/plan-env.ts'
import { sumsOf } from '../gofiles/roots.ts'
import { mergePatterns } from '../gosettings/module-patterns.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { type OfflinePlan, planOffline } from '../offline/plan.ts'
import { exportVariables } from '../platform/cleanup.ts'
import type { Timeline } from '../platform/clock.ts'
import { prependPath, processEnv, setEnv } from '../platform/environment.ts'
import * as runner from '../platform/runner.ts'
import type { RequestedGo } from '../setup-go/release-spec.ts'
import type { GoSetup } from '../setup-go/setup-go.ts'
import { environmentWarnings } from '../validate/environment.ts'
import { withBuildableRoots } from '../validate/roots.ts'
import { downloadBase, validateJob } from '../validate/validate.ts'

/** The job with its environment and its Go in place. */
export interface ReadyJob {
  readonly inputs: Inputs
  readonly checkout: Checkout
  readonly variables: readonly EnvChange[]
  /** The go command on PATH; undefined where nothing needs one, or a dry run has none. */
  readonly go: DetectedGo | undefined
  /** Where the Go was found that an input asked for; undefined when none was asked for. */
  readonly provided: GoSetup | undefined
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
  readonly settings: GoSettingLookup
}

/**
 * Puts the environment and the Go in place that were asked for: for this process alone, until `publish` hands them on.
 *
 * @param folder makes the private folder of this job; called once everything is known to be right
 * @throws BadInput with every mistake at once, before anything is changed
 */
export async function setUpJob(timeline: Timeline, folder: () => string): Promise<ReadyJob> {
  const judged = await validateJob()
  const { inputs, settings, planned } = judged
  const taken =
    inputs.bundle === '' ? undefined : await timeline.time('bundle', () => take(inputs, judged.checkout))
  const bundle = taken?.source
  const database =
    inputs.offline === 'false'
      ? undefined
      : await detectChecksumDatabase(judged.checkout.workspace, planned('GOSUMDB'))
  const offline = planOffline(inputs, planned, bundle, database)
  for (const { name, value } of [...judged.variables, ...offline.forThisStep]) setEnv(name, value)
  const trusted = inputs['dry-run'] ? {} : await configureCertificates(judged.authorities)
  if (!inputs['dry-run']) noticeMissingSecrets(inputs)
  const credentials = inputs['dry-run'] ? undefined : configureCredentials(inputs, planned('GOAUTH'))
  const ssh = inputs['dry-run'] ? undefined : configureSsh(inputs, judged.ssh)
  const finish = async (): Promise<ReadyJob> => {
    const asked = judged.requestedGo
    const provided =
      asked === undefined ? undefined : await timeline.time('Go', () => provide(asked, inputs, folder()))
    // The others are set already, and credentials may have added to GOAUTH since.
    const moved = goroot(provided, settings('GOROOT'))
    for (const { name, value } of moved) setEnv(name, value)
    const variables = [...judged.variables, ...moved]
    const found = await lookAtChosenGo(judged.checkout, provided)
    if (found !== undefined) maskGoDefaults(found)
    const warnings = [
      ...environmentWarnings(settings, found?.env.GOVERSION ?? '', judged.checkout.roots.flatMap(sumsOf)),
      ...sshWarnings(inputs['ssh-private-key'].keys, readGoSettings(processEnv())),
    ]
    const sealing = { bundle, bundled: taken?.names ?? [], offline, settings: planned }
    const common = { inputs, provided, warnings, credentials, ssh, trusted, ...sealing }
    if (found === undefined) return { ...common, checkout: judged.checkout, variables, go: undefined }
    const placed = moveCacheDirectories(inputs, found, settings)
    const leading = taken === undefined ? [] : await taken.finish(placed.go, offline.mode !== 'false')
    for (const { name, value } of leading) setEnv(name, value)
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
export function exportToLaterSteps(prepared: ReadyJob): void {
  const { inputs, variables, go, provided, credentials, ssh, trusted } = prepared
  if (go !== undefined) runner.addProblemMatcher()
  for (const { name, value } of variables) runner.exportVariable(name, value)
  for (const one of pathsOf(provided, go)) runner.addPath(one)
  exportVariables(trusted)
  if (inputs['export-credentials']) exportVariables({ ...credentials, ...ssh })
  const opened = privatePatternsToShare(
    inputs,
    readEvent(processEnv()),
    privatePatterns(readGoSettings(processEnv())),
  )
  if (opened !== '') {
    runner.exportVariable(
      privatePatternsVariable,
      mergePatterns(processEnv()[privatePatternsVariable] ?? '', opened),
    )
  }
}

/** What opens bundles is loaded only by jobs that use one. */
async function take(inputs: Inputs, checkout: Checkout): Promise<UsedBundle> {
  return useBundle(inputs, checkout)
}

/** A Go obeys GOROOT even when that is another Go's (cmd/go/internal/cfg/cfg.go, SetGOROOT). */
function goroot(provided: GoSetup | undefined, existing: string): readonly EnvChange[] {
  if (provided === undefined || provided.root === '' || existing === '') return []
  const why = `it was set to ${existing}, and this is the Go that was asked for`
  return [{ name: 'GOROOT', value: provided.root, shown: provided.root, why }]
}

async function provide(requested: RequestedGo, inputs: Inputs, folder: string): Promise<GoSetup> {
  const { setUpGo } = await import('../setup-go/setup-go.ts')
  return setUpGo(requested, {
    checkLatest: inputs['check-latest'],
    downloadBase: downloadBase(inputs),
    retries: inputs.retries,
    dryRun: inputs['dry-run'],
    folder,
  })
}

/** Asks the Go that was provided, or the one on PATH where there is a module to build. */
async function lookAtChosenGo(
  checkout: Checkout,
  provided: GoSetup | undefined,
): Promise<DetectedGo | undefined> {
  const [first] = checkout.roots
  if (first === undefined && provided === undefined) return undefined
  const isPlanOnly = provided?.bin === ''
  if (provided !== undefined && !isPlanOnly) prependPath(provided.bin)
  const go = await detectGo(first?.directory ?? checkout.workspace, processEnv())
  if (!('what' in go)) {
    // A dry run installs nothing: what another Go says is taken for what the missing one would say.
    return isPlanOnly ? { ...go, env: { ...go.env, GOVERSION: `go${provided.version}` } } : go
  }
  if (isPlanOnly && go === goNotFound) return undefined
  throw new UserError([go])
}

/** The Go itself, and where `go install` puts commands, as actions/setup-go does it. */
function pathsOf(provided: GoSetup | undefined, go: DetectedGo | undefined): readonly string[] {
  const gopath = (go?.env.GOPATH ?? '').split(path.delimiter)[0] ?? ''
  const bin = provided === undefined ? [] : [provided.bin]
  return [...bin, ...(/^$|[\r\n]/.test(gopath) ? [] : [path.join(gopath, 'bin')])]
}
