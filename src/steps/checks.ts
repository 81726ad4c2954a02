import { CheckFailed, type Finding } from '../dependencies/check-failed.ts'
import { findUntidy } from '../dependencies/check-tidy.ts'
import type { Facts } from '../facts/facts.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { Problem } from '../inputs/problem.ts'
import type { Root } from '../modules/roots.ts'
import * as runner from '../system/runner.ts'
import type { Timeline } from './timeline.ts'

/**
 * Checks the checkout as the inputs ask for it: every place, before anything is said, so that all that is wrong is told
 * at once. Nothing in the checkout is changed.
 *
 * @param folder absolute path of this job's own folder
 * @throws CheckFailed with all that was found
 */
export async function checkCheckout(
  { inputs, roots }: Pick<Facts, 'inputs' | 'roots'>,
  folder: string,
  timeline: Timeline,
): Promise<void> {
  if (!inputs['check-tidy']) return
  const findings: Finding[] = []
  await timeline.time('check tidiness', async () => {
    for (const root of roots) findings.push(...(await findUntidy(root, { retries: inputs.retries, folder })))
  })
  if (findings.length > 0) throw new CheckFailed(findings)
  runner.info('go.mod and go.sum are tidy (input `check-tidy`)')
}

/** Says of checks that are asked for where there is nothing to check. */
export function checkProblems(inputs: Inputs, roots: readonly Root[]): readonly Problem[] {
  if (!inputs['check-tidy'] || roots.length > 0) return []
  return [
    {
      what: 'Input `check-tidy` is "true", and there is no go.mod to check',
      allowed: '',
      mend: 'Put `actions/checkout` first, name the directory in `working-directory`, or leave the input out.',
    },
  ]
}
