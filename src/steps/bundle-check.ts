import { lookAtCheckout } from '../facts/checkout.ts'
import { lookAtSettings } from '../facts/settings.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { BadInput, type Problem } from '../inputs/problem.ts'
import { readInputs } from '../inputs/read.ts'
import { checkShards, openBundle } from '../offline/bundle/open.ts'
import { fitOf } from '../plan/bundle.ts'
import { planEnvironment } from '../plan/environment.ts'
import { bundleCheckSummary, gapLines, openedText } from '../report/bundle.ts'
import { environment, workspaceFolder } from '../system/environment.ts'
import * as runner from '../system/runner.ts'
import { fitProblems } from './bundle.ts'
import { maskCredentials } from './credentials.ts'
import { failStep } from './fail.ts'
import { reportFailure } from './report.ts'
import { forgetSecretInputs } from './secretless.ts'
import { maskSshKeys } from './ssh.ts'

/** Says whether a bundle holds what the checkout needs, from files alone: no go command runs, and nothing is changed. */
export async function runBundleCheck(): Promise<void> {
  const { inputs, problems } = readInputs(environment())
  maskCredentials(inputs)
  maskSshKeys(inputs)
  forgetSecretInputs()
  try {
    await check(inputs, problems)
  } catch (error) {
    await reportFailure(failStep(error), inputs)
  }
}

async function check(inputs: Inputs, problems: readonly Problem[]): Promise<void> {
  const workspace = workspaceFolder()
  const settings = lookAtSettings(environment())
  const planned = planEnvironment(inputs, settings, false).variables
  const goflags = planned.find(({ name }) => name === 'GOFLAGS')?.value ?? settings('GOFLAGS')
  const checkout = await lookAtCheckout(inputs, workspace, settings, goflags)
  const all = [...problems, ...checkout.problems, ...(checkout.roots.length === 0 ? [nothingToCheck] : [])]
  if (all.length > 0) throw new BadInput(all)
  const bundle = await openBundle(inputs['bundle-check'], 'bundle-check', workspace, inputs['bundle-sha256'])
  const opened = { ...bundle, sha256: await bundle.confirmed }
  if (bundle.vouched === 'nothing') checkShards(bundle)
  const fit = fitOf(bundle.content, checkout.roots, bundle.vouched === 'input')
  runner.info(openedText(opened, fit.extra.length))
  const wrong = fitProblems(bundle, fit)
  if (wrong.length > 0) runner.group(`What the bundle lacks: ${fit.gaps.length}`, gapLines(fit))
  else runner.info('The bundle holds all that go.sum and go.mod ask for here.')
  const wish = inputs.summary
  if (wish === 'always' || (wish === 'on-problem' && wrong.length > 0))
    await runner.appendToSummary(bundleCheckSummary(opened, fit))
  if (wrong.length > 0) failStep(new BadInput(wrong))
}

const nothingToCheck: Problem = {
  what: 'Input `bundle-check` names a bundle, and there is no go.mod here that it could be enough for',
  allowed: '',
  mend: 'Put `actions/checkout` first, or name the directory in `working-directory`.',
}
