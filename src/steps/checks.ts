import * as path from 'node:path'
import { findUntidy } from '../dependencies/check-tidy.ts'
import { findVendorDrift } from '../dependencies/check-vendor.ts'
import type { Checkout } from '../facts/checkout.ts'
import type { Facts } from '../facts/facts.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { BadInput, type Problem } from '../inputs/problem.ts'
import type { Root } from '../modules/roots.ts'
import { patternsIn } from '../offline/patterns.ts'
import { isDirectory, isWritable } from '../system/files.ts'
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

/** Says what speaks against the checks and the vendoring that are asked for. */
export function checkProblems(inputs: Inputs, roots: readonly Root[]): readonly Problem[] {
  const absent = (input: string, what: string, value = 'true'): Problem => ({
    what: `Input \`${input}\` is "${value}", and there is no ${what}`,
    allowed: '',
    mend: 'Put `actions/checkout` first, name the directory in `working-directory`, or leave the input out.',
  })
  const bundles = (['bundle', 'bundle-output'] as const)
    .filter((input) => inputs[input] !== '' && roots.length === 0)
    .map((input) => absent(input, 'go.mod that it could be for', inputs[input]))
  const lacksVendor = inputs['check-vendor'] && !roots.some(isVendored)
  const lacksModule = inputs['check-tidy'] && roots.length === 0
  const offline = inputs['offline-check']
  const lost =
    roots.length === 0
      ? []
      : offline.filter((one) => !roots.some((root) => patternsIn(root, [one]).length > 0))
  return [
    ...(inputs.dependencies === 'vendor' ? roots.flatMap(cannotVendor) : []),
    ...(lacksVendor ? [absent('check-vendor', 'vendor directory to check')] : []),
    ...(lacksModule ? [absent('check-tidy', 'go.mod to check')] : []),
    ...bundles,
    ...(inputs['bundle-sha256'] !== '' && inputs.bundle === '' ? [hashOfNothing] : []),
    ...(offline.length > 0 && roots.length === 0
      ? [absent('offline-check', 'go.mod to check', offline.join(', '))]
      : []),
    ...lost.map((pattern) => ({
      what: `Input \`offline-check\` names "${pattern}", and no module here has that directory`,
      allowed: '',
      mend: 'Write it relative to the directory of the go.mod or go.work, or `true` for all packages.',
    })),
  ]
}

/** Says how the list of `deps-lock` differs from the module files. What lists modules is loaded only by jobs that ask for it. */
export async function depsLockProblems(
  inputs: Inputs,
  checkout: Pick<Checkout, 'workspace' | 'roots'>,
): Promise<readonly Problem[]> {
  if (inputs['deps-lock'] === '') return lockModeProblems(inputs)
  const { lockProblems } = await import('./deps-lock.ts')
  return lockProblems(inputs, checkout)
}

function lockModeProblems({ 'deps-lock-mode': mode }: Inputs): readonly Problem[] {
  if (mode === 'check') return []
  return [
    {
      what: `Input \`deps-lock-mode\` is "${mode}", and \`deps-lock\` names no file`,
      allowed: '',
      mend: 'Name the file to write in `deps-lock`.',
    },
  ]
}

function isVendored({ vendored }: Root): boolean {
  return vendored
}

function cannotVendor(root: Root): readonly Problem[] {
  const target = path.join(root.directory, 'vendor')
  const blocked = [root.directory, target].find((one) => isDirectory(one) && !isWritable(one))
  if (blocked === undefined) return []
  return [
    {
      what: `\`dependencies: vendor\` writes the vendor directory of ${root.label}, and this user may not write to ${blocked}`,
      allowed: '',
      mend: 'Let the job run as the owner of the checkout, or give it the right to write there.',
    },
  ]
}

const hashOfNothing: Problem = {
  what: 'Input `bundle-sha256` is given, and neither `bundle` nor `bundle-check` names a file that it could be of',
  allowed: '',
  mend: 'Name the bundle in `bundle`, or leave the input out.',
}
