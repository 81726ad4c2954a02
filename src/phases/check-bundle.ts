import { maskCredentials, maskSshKeys, withoutSecretInputs } from '../auth/index.ts'
import {
  bundleGapLines,
  bundleOpenedText,
  checkShards,
  compareWithCheckout,
  fitProblems,
  openBundle,
} from '../bundle/index.ts'
import { readCheckout } from '../checkout/index.ts'
import { type Problem, UserError } from '../errors.ts'
import { GoEnv, planEnvironment, valuesOf } from '../gocmd/index.ts'
import { type Inputs, readInputs } from '../inputs/index.ts'
import type { Variables } from '../platform/environment.ts'
import * as runner from '../platform/runner.ts'
import { workspaceFolder } from '../platform/temp-dirs.ts'
import { bundleCheckSummary } from '../report/index.ts'
import { failStep, reportFailure } from './report.ts'

/** Checks whether a bundle holds what the checkout needs. It only reads files: no go command, no changes. */
export async function checkBundle(variables: Variables): Promise<void> {
  const { inputs, problems } = readInputs(variables)
  maskCredentials(inputs)
  maskSshKeys(inputs)
  try {
    await check(inputs, problems, GoEnv.read(withoutSecretInputs(variables)))
  } catch (error) {
    await reportFailure(failStep(error), inputs)
  }
}

async function check(inputs: Inputs, problems: readonly Problem[], env: GoEnv): Promise<void> {
  const workspace = workspaceFolder(env.variables)
  const { changes } = planEnvironment(inputs, env.setting, false)
  const goflags = env.with(valuesOf(changes)).setting('GOFLAGS')
  const checkout = await readCheckout(inputs, workspace, env, goflags)
  const all = [...problems, ...checkout.problems, ...(checkout.roots.length === 0 ? [nothingToCheck] : [])]
  if (all.length > 0) throw new UserError(all)
  const bundle = await openBundle(inputs['bundle-check'], 'bundle-check', workspace, inputs['bundle-sha256'])
  const opened = { ...bundle, sha256: await bundle.confirmed }
  if (bundle.verifiedBy === 'nothing') checkShards(bundle)
  const fit = compareWithCheckout(bundle.content, checkout.roots, bundle.verifiedBy === 'input')
  runner.info(bundleOpenedText(opened, fit.extra.length))
  const gaps = fitProblems(bundle, fit)
  if (gaps.length > 0) runner.group(`Missing from the bundle: ${fit.gaps.length}`, bundleGapLines(fit))
  else runner.info('The bundle contains everything that go.sum and go.mod require.')
  const requested = inputs.summary
  if (requested === 'always' || (requested === 'on-problem' && gaps.length > 0))
    await runner.appendToSummary(bundleCheckSummary(opened, fit))
  if (gaps.length > 0) failStep(new UserError(gaps))
}

const nothingToCheck: Problem = {
  what: 'Input `bundle-check` is set, but this checkout has no go.mod',
  allowed: '',
  fix: 'Put `actions/checkout` first, or set `working-directory` to the directory of the module.',
}
