import type { Inputs } from '../inputs/inputs.ts'
import { variableOf } from '../inputs/read.ts'
import { forgetVariable } from '../system/environment.ts'
import * as runner from '../system/runner.ts'

/** Takes them out of the environment: no program that this one starts has to know them. */
export function forgetSecretInputs(): void {
  for (const name of ['credentials', 'ssh-private-key']) forgetVariable(variableOf(name))
}

/** Says once what is missing in a run that gets no secrets. */
export function tellOfMissingSecrets(inputs: Pick<Inputs, 'credentials' | 'ssh-private-key'>): void {
  const { credentials, 'ssh-private-key': keys } = inputs
  const missing = [
    ...(credentials.lacking.length > 0
      ? [`\`credentials\` has none in ${linesOf(credentials.lacking)}`]
      : []),
    ...(keys.lacking.length > 0 ? [`\`ssh-private-key\` has none below ${linesOf(keys.lacking)}`] : []),
  ]
  if (missing.length === 0) return
  runner.notice(
    `This run gets no secrets: ${missing.join(', ')}. Private modules cannot be fetched from there, unless a cache has them.`,
  )
}

/** Lines by their numbers, in words. */
export function linesOf(numbers: readonly number[]): string {
  return `${numbers.length === 1 ? 'line' : 'lines'} ${numbers.join(', ')}`
}
