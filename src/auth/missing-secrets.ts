import { mayNeedCredentials } from '../gocmd/index.ts'
import { type Inputs, variableOf } from '../inputs/index.ts'
import { type Variables, withVariables } from '../platform/environment.ts'
import * as runner from '../platform/runner.ts'

/** Returns the variables without the secret inputs, so that programs that this action starts do not get them. */
export function withoutSecretInputs(variables: Variables): Variables {
  const names = ['credentials', 'ssh-private-key'].map(variableOf)
  return withVariables(variables, Object.fromEntries(names.map((name) => [name, undefined])))
}

/** Logs one notice that lists the missing secrets of a run that gets none. */
export function noticeMissingSecrets(inputs: Pick<Inputs, 'credentials' | 'ssh-private-key'>): void {
  const { credentials, 'ssh-private-key': keys } = inputs
  const missing = [
    ...(credentials.linesWithoutSecret.length > 0
      ? [`\`credentials\` has no secret in ${lineNumbers(credentials.linesWithoutSecret)}`]
      : []),
    ...(keys.linesWithoutSecret.length > 0
      ? [`\`ssh-private-key\` has no key below ${lineNumbers(keys.linesWithoutSecret)}`]
      : []),
  ]
  if (missing.length === 0) return
  runner.notice(
    `This run gets no secrets: ${missing.join(', ')}. Private modules can only come from a cache.`,
  )
}

/**
 * Returns the first sentences of the error of a run that gets no secrets and therefore may not read a module.
 *
 * @param run `fork`: whether it is a run for a fork; `actor`: who started it (GITHUB_ACTOR)
 * @param patterns patterns of private modules, separated by `,`
 * @param output what the go command printed
 * @returns sentences; undefined if missing secrets cannot be the cause
 */
export function missingSecretsText(
  inputs: Pick<Inputs, 'credentials' | 'ssh-private-key'>,
  run: { readonly fork: boolean; readonly actor: string },
  patterns: string,
  output: string,
): string | undefined {
  const { credentials, 'ssh-private-key': keys } = inputs
  const isDependabot = run.actor === 'dependabot[bot]'
  if (!run.fork && !isDependabot) return undefined
  const hasMissing = credentials.linesWithoutSecret.length + keys.linesWithoutSecret.length > 0
  const hasSecrets = credentials.credentials.length + keys.keys.length > 0
  if (hasSecrets && !hasMissing) return undefined
  // Without a line and without a pattern, there is no sign that a module is private.
  if (!hasMissing && patterns === '' && !mayNeedCredentials(output, 'none')) return undefined
  if (!mayNeedCredentials(output, patterns)) return undefined
  return run.fork
    ? 'This run is for a fork, and GitHub gives such runs no secrets, so `credentials` and `ssh-private-key` have no effect. Private modules can only come from a cache: let a run of the default branch save them first (in a public repository with `cache-private: true`), or run this change from a branch of this repository.'
    : 'This is a Dependabot run, and GitHub gives such runs no Actions secrets, so `credentials` and `ssh-private-key` have no effect. Set them as Dependabot secrets, too (Settings, Secrets and variables, Dependabot).'
}

/** Formats line numbers, such as `lines 2, 5`. */
export function lineNumbers(numbers: readonly number[]): string {
  return `${numbers.length === 1 ? 'line' : 'lines'} ${numbers.join(', ')}`
}
