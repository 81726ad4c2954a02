import { type Checkout, lookAtCheckout } from '../facts/checkout.ts'
import { lookAtEvent } from '../facts/event.ts'
import { overlayProblems } from '../facts/flag-files.ts'
import { foreignFolders } from '../facts/foreign-folders.ts'
import type { ReadGoWish } from '../facts/go-wish.ts'
import { lookAtSettings, type Settings } from '../facts/settings.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { BadInput, type Problem } from '../inputs/problem.ts'
import { readInputs } from '../inputs/read.ts'
import type { GoWish } from '../modules/go-release.ts'
import { readDownloadBase } from '../modules/settings/download-base.ts'
import { redactedGoproxy } from '../modules/settings/goproxy.ts'
import { insecureServerProblems } from '../plan/credential-requirements.ts'
import { type PlannedVariable, planEnvironment } from '../plan/environment.ts'
import { goflagsProblems } from '../plan/goflags.ts'
import { offlineProblems } from '../plan/offline.ts'
import type { SshAround } from '../private/place-ssh.ts'
import { environment, temporaryFault, temporaryFolder, workspaceFolder } from '../system/environment.ts'
import * as runner from '../system/runner.ts'
import { findCertificates } from './certificates.ts'
import { checkProblems, depsLockProblems } from './checks.ts'
import { credentialProblems, maskCredentials } from './credentials.ts'
import { maskGitSettings, maskSettings } from './masks.ts'
import { removeLeftFolders } from './own-folder.ts'
import { forgetSecretInputs } from './secretless.ts'
import { findSsh, maskSshKeys } from './ssh.ts'
import { judgeRoots } from './usable-roots.ts'

/** What the user asks for and what is checked out, with nothing wrong in it. */
export interface Judged {
  readonly inputs: Inputs
  readonly checkout: Checkout
  /** What the variables of the go command are set to, by the user. */
  readonly settings: Settings
  /** What they are set to for this step, if nothing keeps it off the network. */
  readonly planned: Settings
  /** The variables that inputs set. */
  readonly variables: readonly PlannedVariable[]
  /** The Go that is asked for; undefined for the one on PATH. */
  readonly wish: GoWish | undefined
  /** Certificates to trust, as PEM. */
  readonly authorities: readonly string[]
  /** How ssh is used here; undefined where there are no keys for it. */
  readonly ssh: SshAround | undefined
}

/**
 * Reads the inputs and looks at the modules. Secrets are masked before anything else, and what killed jobs have left is
 * removed.
 *
 * @throws BadInput with every mistake at once, before anything is changed
 */
export async function judge(): Promise<Judged> {
  const { inputs, problems } = readInputs(environment())
  maskSettings(inputs, downloadBase(inputs))
  forgetSecretInputs()
  maskCredentials(inputs)
  maskSshKeys(inputs)
  warnOfTemporaryFolder()
  removeLeftFolders()
  const workspace = workspaceFolder()
  await maskGitSettings(workspace)
  const settings = lookAtSettings(environment())
  const wish = await goWish(inputs, workspace)
  const plan = planEnvironment(inputs, settings, wish.wish !== undefined)
  const planned: Settings = (name) =>
    plan.variables.find((variable) => variable.name === name)?.value ?? settings(name)
  const foreign = foreignFolders({ workspace, settings, variables: environment() })
  const found = await lookAtCheckout(inputs, workspace, settings, planned('GOFLAGS'), foreign)
  const goflags = planned('GOFLAGS')
  const areRead = found.problems.length === 0
  const judged = areRead ? judgeRoots(inputs, found, goflags) : undefined
  const checkout: Checkout =
    judged === undefined
      ? found
      : { ...found, roots: judged.roots, leftOut: [...found.leftOut, ...judged.leftOut] }
  const base = wish.wish === undefined ? [] : downloadBaseProblems(inputs)
  // With `none`, a later step may make what is not there yet.
  const overlay = inputs.dependencies === 'none' ? [] : overlayProblems(checkout.roots, goflags)
  const checks = areRead ? checkProblems(inputs, checkout.roots) : []
  const lock = areRead ? await depsLockProblems(inputs, checkout) : []
  const inModules = [...checkout.problems, ...checks, ...(judged?.problems ?? []), ...overlay, ...lock]
  const authorities = findCertificates(inputs, workspace)
  const goauth = planned('GOAUTH')
  const event = lookAtEvent(environment())
  const secretless = credentialProblems(inputs, event, goauth)
  const foundSsh = await findSsh(inputs, event)
  const all = [
    ...problems,
    ...secretless,
    ...insecureServerProblems(inputs.credentials.credentials, {
      GOPROXY: planned('GOPROXY'),
      GOSUMDB: planned('GOSUMDB'),
    }),
    ...foundSsh.problems,
    ...authorities.problems,
    ...wish.problems,
    ...base,
    ...plan.problems,
    ...goflagsProblems({ goflags, roots: checkout.roots }),
    ...offlineProblems(inputs, goflags),
    ...inModules,
  ]
  if (all.length > 0) throw new BadInput(all)
  if (wish.warning !== undefined) runner.warning(wish.warning)
  for (const sentence of judged?.outside ?? []) runner.info(sentence)
  return {
    ...{ inputs, checkout, settings, planned, wish: wish.wish },
    variables: plan.variables,
    authorities: authorities.certificates,
    ssh: foundSsh.around,
  }
}

/** Everything works in another folder; the runner does not empty that one, but post does. */
function warnOfTemporaryFolder(): void {
  const fault = temporaryFault()
  if (fault === undefined) return
  runner.warning(
    `RUNNER_TEMP is ${JSON.stringify(environment().RUNNER_TEMP)}, which ${fault}: this action keeps its files in ${temporaryFolder()} until the job ends. Give the runner a work folder that it can write, with letters and digits in its name.`,
  )
}

/** What finds and installs a Go is loaded only by jobs that ask for one. */
async function goWish(inputs: Inputs, workspace: string): Promise<ReadGoWish> {
  if (inputs['go-version'] === '' && inputs['go-version-file'] === '') return { problems: [] }
  const { readGoWish } = await import('../facts/go-wish.ts')
  return readGoWish(inputs, workspace)
}

/** Where Go is downloaded from; empty where nobody says it. */
export function downloadBase(inputs: Inputs): string {
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
