import { lookAtReplacements } from '../facts/replacements.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { Root } from '../modules/roots.ts'
import { planDependencies } from '../plan/dependencies.ts'

/**
 * Looks at the `replace` lines of the roots for which Go will follow them: a vendored root has what it needs, and what
 * is not fetched here is left to whoever builds it.
 *
 * @param workspace absolute path of the checkout
 */
export function checkReplacements(
  inputs: Pick<Inputs, 'dependencies' | 'check-vendor'>,
  roots: readonly Root[],
  workspace: string,
): ReturnType<typeof lookAtReplacements> {
  const found = planDependencies(inputs, roots)
    .filter(({ action }) => action !== 'nothing' && (action !== 'check' || inputs['check-vendor']))
    .map(({ root }) => lookAtReplacements(root, workspace))
  return {
    problems: found.flatMap(({ problems }) => problems),
    outside: found.flatMap(({ outside }) => outside),
  }
}
