import * as path from 'node:path'
import {
  checkSsh,
  credentialProblems,
  type ExistingSsh,
  insecureServerProblems,
  maskCredentials,
  maskGitSettings,
  maskSettings,
  maskSshKeys,
  readCertificateInput,
  withoutSecretInputs,
} from '../auth/index.ts'
import { type Checkout, nonProjectFolders, readCheckout } from '../checkout/index.ts'
import { isVendored, lockProblems } from '../dependencies/index.ts'
import { type Problem, UserError } from '../errors.ts'
import { type Event, readEvent } from '../github-context.ts'
import { type EnvChange, GoEnv, planEnvironment, valuesOf } from '../gocmd/index.ts'
import type { Root } from '../gofiles/roots.ts'
import { readDownloadBase } from '../gosettings/download-base.ts'
import { redactedGoproxy } from '../gosettings/goproxy.ts'
import { type Inputs, readInputs, s3Problems } from '../inputs/index.ts'
import { offlineProblems, patternsInRoot } from '../offline/index.ts'
import { removeLeftoverDirs } from '../platform/cleanup.ts'
import type { Variables } from '../platform/environment.ts'
import { isDirectory, isWritable } from '../platform/files.ts'
import * as runner from '../platform/runner.ts'
import { temporaryFault, temporaryFolder, workspaceFolder } from '../platform/temp-dirs.ts'
import { type ReadRequestedGo, type RequestedGo, readRequestedGo } from '../setup-go/index.ts'
import { goflagsProblems, overlayProblems } from './goflags.ts'
import { lookupProblems } from './lookup-only.ts'
import { validateRoots } from './roots.ts'

/** Returns the problems of the checks and the vendoring that inputs request. */
function checkProblems(inputs: Inputs, roots: readonly Root[]): readonly Problem[] {
  const missing = (input: string, what: string, value = 'true'): Problem => ({
    what: `Input \`${input}\` is "${value}", but this checkout has no ${what}`,
    allowed: '',
    fix: 'Put `actions/checkout` first, set `working-directory` to the directory of the module, or remove the input.',
  })
  const bundles = (['bundle', 'bundle-output'] as const)
    .filter((input) => inputs[input] !== '' && roots.length === 0)
    .map((input) => missing(input, 'go.mod', inputs[input]))
  const hasNoVendor = inputs['check-vendor'] && !roots.some(isVendored)
  const hasNoModule = inputs['check-tidy'] && roots.length === 0
  const offline = inputs['offline-check']
  const unmatched =
    roots.length === 0
      ? []
      : offline.filter((one) => !roots.some((root) => patternsInRoot(root, [one]).length > 0))
  return [
    ...(inputs.dependencies === 'vendor' ? roots.flatMap(cannotVendor) : []),
    ...(hasNoVendor ? [missing('check-vendor', 'vendor directory')] : []),
    ...(hasNoModule ? [missing('check-tidy', 'go.mod')] : []),
    ...bundles,
    ...(inputs['bundle-sha256'] !== '' && inputs.bundle === '' ? [hashWithoutBundle] : []),
    ...(offline.length > 0 && roots.length === 0
      ? [missing('offline-check', 'go.mod', offline.join(', '))]
      : []),
    ...unmatched.map((pattern) => ({
      what: `Input \`offline-check\` names "${pattern}", but no module has that directory`,
      allowed: '',
      fix: 'Write it relative to the directory of the go.mod or go.work, or set `true` for all packages.',
    })),
  ]
}

/** Returns how the list of `deps-lock` differs from the module files. Only jobs that request it load that code. */
async function depsLockProblems(
  inputs: Inputs,
  checkout: Pick<Checkout, 'workspace' | 'roots'>,
): Promise<readonly Problem[]> {
  if (inputs['deps-lock'] === '') return lockModeProblems(inputs)
  return lockProblems(inputs, checkout)
}

function lockModeProblems({ 'deps-lock-mode': mode }: Inputs): readonly Problem[] {
  if (mode === 'check') return []
  return [
    {
      what: `Input \`deps-lock-mode\` is "${mode}", but \`deps-lock\` is empty`,
      allowed: '',
      fix: 'Set `deps-lock` to the file to write.',
    },
  ]
}

function cannotVendor(root: Root): readonly Problem[] {
  const target = path.join(root.directory, 'vendor')
  const blocked = [root.directory, target].find((one) => isDirectory(one) && !isWritable(one))
  if (blocked === undefined) return []
  return [
    {
      what: `\`dependencies: vendor\` writes the vendor directory of ${root.label}, but this user may not write to ${blocked}`,
      allowed: '',
      fix: 'Run the job as the owner of the checkout, or give it write access.',
    },
  ]
}

const hashWithoutBundle: Problem = {
  what: 'Input `bundle-sha256` is set, but `bundle` and `bundle-check` are empty',
  allowed: '',
  fix: 'Set `bundle` to the path of the bundle, or remove the input.',
}

/** The valid inputs and modules of a job. */
export interface ValidatedJob {
  readonly inputs: Inputs
  readonly event: Event
  readonly checkout: Checkout
  /** The environment of the user, without secret inputs. */
  readonly userEnv: GoEnv
  /** The environment with the variables that inputs set. */
  readonly inputEnv: GoEnv
  /** The variables that inputs set. */
  readonly changes: readonly EnvChange[]
  /** The requested Go; undefined for the one on PATH. */
  readonly requestedGo: RequestedGo | undefined
  /** Certificates to trust, as PEM. */
  readonly authorities: readonly string[]
  /** The existing configuration of ssh; undefined if there are no keys. */
  readonly ssh: ExistingSsh | undefined
}

/**
 * Reads and validates the inputs and the modules. It first masks the secrets, and removes the files of killed jobs.
 *
 * @param variables the variables of this process
 * @throws UserError with all problems at once, before it changes anything
 */
export async function validateJob(variables: Variables): Promise<ValidatedJob> {
  const { inputs, problems } = readInputs(variables)
  const userEnv = GoEnv.read(withoutSecretInputs(variables))
  maskSettings(inputs, downloadBase(inputs, userEnv), userEnv)
  maskCredentials(inputs)
  maskSshKeys(inputs)
  warnOfTemporaryFolder(variables)
  removeLeftoverDirs()
  const workspace = workspaceFolder(variables)
  await maskGitSettings(workspace, userEnv.variables)
  const requested = await readRequested(inputs, workspace)
  const plan = planEnvironment(inputs, userEnv.setting, requested.requestedGo !== undefined)
  const inputEnv = userEnv.with(valuesOf(plan.changes))
  const otherFolders = nonProjectFolders(workspace, userEnv)
  const goflags = inputEnv.setting('GOFLAGS')
  const found = await readCheckout(inputs, workspace, userEnv, goflags, otherFolders)
  const isReadable = found.problems.length === 0
  const validated = isReadable ? validateRoots(inputs, found, goflags) : undefined
  const checkout: Checkout =
    validated === undefined
      ? found
      : { ...found, roots: validated.roots, skipped: [...found.skipped, ...validated.skipped] }
  const base = requested.requestedGo === undefined ? [] : downloadBaseProblems(inputs, userEnv)
  // With `none`, a later step may still create the file.
  const overlay = inputs.dependencies === 'none' ? [] : overlayProblems(checkout.roots, goflags)
  const checks = isReadable ? checkProblems(inputs, checkout.roots) : []
  const lock = isReadable ? await depsLockProblems(inputs, checkout) : []
  const moduleProblems = [
    ...checkout.problems,
    ...checks,
    ...(validated?.problems ?? []),
    ...overlay,
    ...lock,
  ]
  const authorities = readCertificateInput(inputs, workspace)
  const event = readEvent(variables)
  const sshCheck = await checkSsh(inputs, event, inputEnv.variables)
  const all = [
    ...problems,
    // An invalid input counts as empty from here on.
    ...(problems.some(({ what }) => /^Input `(?:s3-|cache-backend`)/.test(what))
      ? []
      : s3Problems(inputs, (name) => userEnv.variable(name))),
    ...credentialProblems(inputs, event, inputEnv.setting('GOAUTH')),
    ...insecureServerProblems(inputs.credentials.credentials, {
      GOPROXY: inputEnv.setting('GOPROXY'),
      GOSUMDB: inputEnv.setting('GOSUMDB'),
    }),
    ...sshCheck.problems,
    ...authorities.problems,
    ...requested.problems,
    ...base,
    ...plan.problems,
    ...goflagsProblems({ goflags, roots: checkout.roots }),
    ...offlineProblems(inputs, goflags),
    ...lookupProblems(inputs),
    ...moduleProblems,
  ]
  if (all.length > 0) throw new UserError(all)
  if (requested.warning !== undefined) runner.warning(requested.warning)
  for (const sentence of validated?.outside ?? []) runner.info(sentence)
  return {
    ...{ inputs, event, checkout, userEnv, inputEnv, requestedGo: requested.requestedGo },
    changes: plan.changes,
    authorities: authorities.certificates,
    ssh: sshCheck.existingSsh,
  }
}

/** Warns about an unusable RUNNER_TEMP. Another folder works too, but the runner does not empty it; post does. */
function warnOfTemporaryFolder(variables: Variables): void {
  const fault = temporaryFault()
  if (fault === undefined) return
  runner.warning(
    `RUNNER_TEMP is ${JSON.stringify(variables.RUNNER_TEMP)}, which ${fault}: this action keeps its files in ${temporaryFolder()} until the job ends. Give the runner a writable work folder whose path has no special characters.`,
  )
}

/** Reads the requested Go version. Only jobs that request one load the code for it. */
async function readRequested(inputs: Inputs, workspace: string): Promise<ReadRequestedGo> {
  if (inputs['go-version'] === '' && inputs['go-version-file'] === '') return { problems: [] }
  return readRequestedGo(inputs, workspace)
}

/** Returns the address from which Go is downloaded; empty for the default. */
export function downloadBase(inputs: Inputs, env: GoEnv): string {
  return inputs['go-download-base-url'] || env.variable('GO_DOWNLOAD_BASE_URL')
}

/** Validates GO_DOWNLOAD_BASE_URL, known from actions/setup-go, if it is used; the parser validates the input. */
function downloadBaseProblems(inputs: Inputs, env: GoEnv): readonly Problem[] {
  const variable = env.variable('GO_DOWNLOAD_BASE_URL')
  const read = readDownloadBase(variable)
  if (inputs['go-download-base-url'] !== '' || 'value' in read) return []
  return [
    {
      what: `The variable GO_DOWNLOAD_BASE_URL is "${redactedGoproxy(variable)}", but ${read.fault}`,
      allowed: 'an http or https address without a query',
      fix: 'Correct it, or set the input `go-download-base-url`, which overrides it.',
    },
  ]
}
