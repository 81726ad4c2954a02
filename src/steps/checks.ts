import { findUntidy } from '../dependencies/check-tidy.ts'
import { findVendorDrift } from '../dependencies/check-vendor.ts'
import type { Facts } from '../facts/facts.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { BadInput, type Problem } from '../inputs/problem.ts'
import type { Root } from '../modules/roots.ts'
import * as runner from '../system/runner.ts'
import type { Timeline } from './timeline.ts'

/**
 * Checks the checkout as the inputs ask for it: every place, before anything is said, so that all that is wrong is told
 * at once. Nothing in the checkout is changed.
 *
 * @param folder absolute path of this job's own folder
 * @throws BadInput with all that was found
 */
export async function checkCheckout(
  { inputs, roots, go }: Pick<Facts, 'inputs' | 'roots' | 'go'>,
  folder: string,
  timeline: Timeline,
): Promise<void> {
  const findings: Problem[] = []
  const options = { retries: inputs.retries, folder, goVersion: go.env.GOVERSION ?? '' }
  if (inputs['check-vendor']) {
    await timeline.time('check vendored files', async () => {
      for (const root of roots.filter(isVendored)) findings.push(...(await findVendorDrift(root, options)))
    })
  }
  if (inputs['check-tidy']) {
    await timeline.time('check tidiness', async () => {
      for (const root of roots) findings.push(...(await findUntidy(root, options)))
    })
  }
  if (findings.length > 0) throw new BadInput(findings)
  if (inputs['check-vendor']) runner.info('Vendored files are what go.mod asks for (input `check-vendor`)')
  if (inputs['check-tidy']) runner.info('go.mod and go.sum are tidy (input `check-tidy`)')
}

/** Says of checks that are asked for where there is nothing to check. */
export function checkProblems(inputs: Inputs, roots: readonly Root[]): readonly Problem[] {
  const absent = (input: string, what: string): Problem => ({
    what: `Input \`${input}\` is "true", and there is no ${what} to check`,
    allowed: '',
    mend: 'Put `actions/checkout` first, name the directory in `working-directory`, or leave the input out.',
  })
  const bundles = (['bundle', 'bundle-output'] as const)
    .filter((input) => inputs[input] !== '' && roots.length === 0)
    .map(
      (input): Problem => ({
        what: `Input \`${input}\` is "${inputs[input]}", and there is no go.mod that it could be for`,
        allowed: '',
        mend: 'Put `actions/checkout` first, name the directory in `working-directory`, or leave the input out.',
      }),
    )
  const lacksVendor = inputs['check-vendor'] && !roots.some(isVendored)
  const lacksModule = inputs['check-tidy'] && roots.length === 0
  return [
    ...(lacksVendor ? [absent('check-vendor', 'vendor directory')] : []),
    ...(lacksModule ? [absent('check-tidy', 'go.mod')] : []),
    ...bundles,
    ...(inputs['bundle-sha256'] !== '' && inputs.bundle === '' ? [hashOfNothing] : []),
  ]
}

function isVendored({ vendored }: Root): boolean {
  return vendored
}

const hashOfNothing: Problem = {
  what: 'Input `bundle-sha256` is given, and neither `bundle` nor `bundle-check` names a file that it could be of',
  allowed: '',
  mend: 'Name the bundle in `bundle`, or leave the input out.',
}
