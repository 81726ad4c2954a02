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

/** A job whose environment and Go are set up. */
export interface ReadyJob {
  readonly inputs: Inputs
  readonly checkout: Checkout
  readonly variables: readonly EnvChange[]
  /** The go command on PATH; undefined if nothing needs one, or if a dry run has none. */
  readonly go: DetectedGo | undefined
  /** The Go that an input requested; undefined when none was requested. */
  readonly provided: GoSetup | undefined
  /** The variables that point to credentials; undefined if there are none. */
  readonly credentials: CredentialVariables | undefined
  /** The variables that point to ssh keys; undefined if there are none. */
  readonly ssh: SshVariables | undefined
  /** The variables that point to certificates to trust. */
  readonly trusted: Readonly<Record<string, string>>
  /** Warnings about settings in the environment that disable checks of Go. */
  readonly warnings: readonly string[]
  /** The bundle that serves the modules; undefined if there is none. */
  readonly bundle: BundleSource | undefined
  /** `path@version` of the modules in a bundle, wherever it is unpacked. */
  readonly bundled: readonly string[]
  /** The plan of the offline mode. */
  readonly offline: OfflinePlan
  /** Returns the value of a variable of the go command in this step, without the changes of the offline mode. */
  readonly settings: GoSettingLookup
}

/**
 * Sets up the requested environment and Go, for this process only. `exportToLaterSteps` exports them.
 *
 * @param folder creates the private folder of this job; called only after the validation
 * @throws UserError with all problems at once, before it changes anything
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
    // The other variables are set already, and credentials may have extended GOAUTH since.
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
    // This comes last, because a bundle may hold the Go that a module requires.
    const checkout = await withBuildableRoots(judged.checkout, inputs, placed.go)
    return { ...common, checkout, variables: [...variables, ...placed.variables, ...leading], go: placed.go }
  }
  return finish().catch((error) => {
    // The step ends here, and the caller does not know of these files, so they would remain until post.
    if (credentials !== undefined) removeCredentials(credentials)
    if (ssh !== undefined) removeSsh(ssh)
    throw error
  })
}

/** Exports the variables and PATH to the later steps of the job, once the plan has no problems. */
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

/** Opens a bundle. Only jobs that use one load that code. */
async function take(inputs: Inputs, checkout: Checkout): Promise<UsedBundle> {
  return useBundle(inputs, checkout)
}

/** Plans GOROOT for the provided Go: Go obeys even a GOROOT of another Go (cmd/go/internal/cfg/cfg.go, SetGOROOT). */
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

/** Detects the provided Go, or the one on PATH if there is a module to build. */
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
    // A dry run installs nothing: it uses the environment of another Go with the version of the requested one.
    return isPlanOnly ? { ...go, env: { ...go.env, GOVERSION: `go${provided.version}` } } : go
  }
  if (isPlanOnly && go === goNotFound) return undefined
  throw new UserError([go])
}

/** Returns the folders for PATH: of the Go, and of commands from `go install`, as actions/setup-go adds them. */
function pathsOf(provided: GoSetup | undefined, go: DetectedGo | undefined): readonly string[] {
  const gopath = (go?.env.GOPATH ?? '').split(path.delimiter)[0] ?? ''
  const bin = provided === undefined ? [] : [provided.bin]
  return [...bin, ...(/^$|[\r\n]/.test(gopath) ? [] : [path.join(gopath, 'bin')])]
}
