import * as path from 'node:path'
import { type Checkout, lookAtCheckout } from '../facts/checkout.ts'
import { lookAtEvent } from '../facts/event.ts'
import { type Go, lookAtGo, noGo } from '../facts/go.ts'
import type { ReadGoWish } from '../facts/go-wish.ts'
import { lookAtSettings, type Settings } from '../facts/settings.ts'
import type { ProvidedGo } from '../go/provide.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { BadInput, type Problem } from '../inputs/problem.ts'
import { readInputs, variableOf } from '../inputs/read.ts'
import type { GoWish } from '../modules/go-release.ts'
import { readDownloadBase } from '../modules/settings/download-base.ts'
import { goauthSecrets } from '../modules/settings/goauth.ts'
import { goproxySecrets, redactedGoproxy } from '../modules/settings/goproxy.ts'
import type { BundleSource } from '../plan/bundle-source.ts'
import { type PlannedVariable, planEnvironment } from '../plan/environment.ts'
import { lintEnvironment } from '../plan/environment-lint.ts'
import { type OfflinePlan, offlineProblems, planOffline } from '../plan/offline.ts'
import type { CredentialVariables } from '../private/place-credentials.ts'
import {
  environment,
  forgetVariable,
  prependPath,
  setVariable,
  workspaceFolder,
} from '../system/environment.ts'
import * as runner from '../system/runner.ts'
import { placeCaches } from './cache-directories.ts'
import { findCertificates, installCertificates } from './certificates.ts'
import { checkProblems, depsLockProblems } from './checks.ts'
import { credentialProblems, installCredentials, maskCredentials, removeCredentials } from './credentials.ts'
import { exportAll, removeLeftFolders } from './own-folder.ts'
import type { Timeline } from './timeline.ts'

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
  /** The variables that lead to certificates to trust. */
  readonly trusted: Readonly<Record<string, string>>
  /** What in the environment takes a check away that Go has. */
  readonly warnings: readonly string[]
  /** The bundle that serves the modules; undefined where there is none. */
  readonly bundle: BundleSource | undefined
  /** What keeps the job off the network. */
  readonly offline: OfflinePlan
  /** What the variables of the go command are set to for this step, if nothing keeps it off the network. */
  readonly settings: Settings
}

/**
 * Reads the inputs, looks at the modules, and puts the environment and the Go in place that were asked for: for
 * this process alone, until `publish` hands them on.
 *
 * @param folder makes the private folder of this job; called once everything is known to be right
 * @throws BadInput with every mistake at once, before anything is changed
 */
export async function prepare(timeline: Timeline, folder: () => string): Promise<Prepared> {
  const { inputs, problems } = readInputs(environment())
  const addresses = [inputs.goproxy, inputs.gosumdb, downloadBase(inputs)]
  const secrets = [...addresses.flatMap(goproxySecrets), ...goauthSecrets(inputs.goauth)]
  for (const secret of secrets) runner.mask(secret)
  // No program that this one starts has to know them.
  forgetVariable(variableOf('credentials'))
  maskCredentials(inputs)
  removeLeftFolders()
  const workspace = workspaceFolder()
  const settings = lookAtSettings(environment())
  for (const secret of goauthSecrets(settings('GOAUTH'))) runner.mask(secret)
  const wish = await goWish(inputs, workspace)
  const plan = planEnvironment(inputs, settings, wish.wish !== undefined)
  const planned: Settings = (name) =>
    plan.variables.find((variable) => variable.name === name)?.value ?? settings(name)
  const checkout = await lookAtCheckout(inputs, workspace, settings, planned('GOFLAGS'))
  const base = wish.wish === undefined ? [] : downloadBaseProblems(inputs)
  const checks = checkout.problems.length > 0 ? [] : checkProblems(inputs, checkout.roots)
  const lock = checkout.problems.length > 0 ? [] : await depsLockProblems(inputs, checkout)
  const inModules = [...checkout.problems, ...checks, ...lock]
  const authorities = findCertificates(inputs, workspace)
  const secretless = credentialProblems(inputs, lookAtEvent(environment()))
  const all = [
    ...problems,
    ...secretless,
    ...authorities.problems,
    ...wish.problems,
    ...base,
    ...plan.problems,
    ...offlineProblems(inputs, planned('GOFLAGS')),
    ...inModules,
  ]
  if (all.length > 0) throw new BadInput(all)
  if (wish.warning !== undefined) runner.warning(wish.warning)

  const bundle: BundleSource | undefined = undefined
  const offline = planOffline(inputs, planned, bundle)
  for (const { name, value } of [...plan.variables, ...offline.own]) setVariable(name, value)
  const trusted = inputs['dry-run'] ? {} : await installCertificates(authorities.certificates)
  const credentials = inputs['dry-run'] ? undefined : installCredentials(inputs, planned('GOAUTH'))
  const finish = async (): Promise<Prepared> => {
    const asked = wish.wish
    const provided =
      asked === undefined ? undefined : await timeline.time('Go', () => provide(asked, inputs, folder()))
    const variables = [...plan.variables, ...goroot(provided, settings('GOROOT'))]
    for (const { name, value } of [...variables, ...offline.own]) setVariable(name, value)
    const found = await lookAtChosenGo(checkout, provided)
    const warnings = lintEnvironment(settings, found?.env.GOVERSION ?? '')
    const sealing = { bundle, offline, settings: planned }
    const common = { inputs, checkout, provided, warnings, credentials, trusted, ...sealing }
    if (found === undefined) return { ...common, variables, go: undefined }
    const placed = placeCaches(inputs, found, settings)
    return { ...common, variables: [...variables, ...placed.variables], go: placed.go }
  }
  return finish().catch((error) => {
    // The step ends here, and nobody else knows of them before post.
    if (credentials !== undefined) removeCredentials(credentials)
    throw error
  })
}

/** Hands what was put in place to the later steps of the job, once nothing speaks against it any more. */
export function publish(prepared: Prepared): void {
  const { inputs, variables, go, provided, credentials, trusted, offline } = prepared
  if (go !== undefined) runner.addProblemMatcher()
  for (const { name, value } of variables) runner.exportVariable(name, value)
  for (const one of pathsOf(provided, go)) runner.addPath(one)
  exportAll(trusted)
  if (inputs['export-credentials'] && credentials !== undefined) exportAll(credentials)
  // What is exported counts for this process, too, and here something stricter does.
  for (const { name, value } of offline.own) setVariable(name, value)
}

/** A Go obeys GOROOT even when that is another Go's (cmd/go/internal/cfg/cfg.go, SetGOROOT). */
function goroot(provided: ProvidedGo | undefined, existing: string): readonly PlannedVariable[] {
  if (provided === undefined || provided.root === '' || existing === '') return []
  const why = `it was set to ${existing}, and this is the Go that was asked for`
  return [{ name: 'GOROOT', value: provided.root, shown: provided.root, why }]
}

/** What finds and installs a Go is loaded only by jobs that ask for one. */
async function goWish(inputs: Inputs, workspace: string): Promise<ReadGoWish> {
  if (inputs['go-version'] === '' && inputs['go-version-file'] === '') return { problems: [] }
  const { readGoWish } = await import('../facts/go-wish.ts')
  return readGoWish(inputs, workspace)
}

function downloadBase(inputs: Inputs): string {
  return inputs['go-download-base-url'] || environment().GO_DOWNLOAD_BASE_URL || ''
}

/** The input is judged where it is read; the variable, which actions/setup-go knows too, only where it counts. */
function downloadBaseProblems(inputs: Inputs): readonly Problem[] {
  const variable = environment().GO_DOWNLOAD_BASE_URL ?? ''
  const read = readDownloadBase(variable)
  if (inputs['go-download-base-url'] !== '' || 'value' in read) return []
  return [
    {
      what: `The variable GO_DOWNLOAD_BASE_URL is "${redactedGoproxy(variable)}", but ${read.fault}`,
      allowed: 'an http or https address without a query',
      mend: 'Correct it, or set the input `go-download-base-url`, which wins.',
    },
  ]
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
