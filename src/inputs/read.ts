import { withoutRemarks } from '../modules/list-notation.ts'
import type { Declaration } from './declaration.ts'
import { declarations, type InputName, type Inputs } from './inputs.ts'
import type { Problem } from './problem.ts'

/** What the environment says, and every mistake in it; inputs with a mistake hold their default. */
export interface ReadInputs {
  readonly inputs: Inputs
  readonly problems: readonly Problem[]
}

/**
 * Reads and validates all inputs at once.
 *
 * The runner passes an input as `INPUT_` and its name in upper case, blanks replaced by underscores
 * (actions/runner, Handler.cs); an input that is absent or blank has its default.
 *
 * @param environment the environment variables of the action
 */
export function readInputs(environment: Readonly<Record<string, string | undefined>>): ReadInputs {
  const values: Record<string, unknown> = {}
  const problems: Problem[] = []
  for (const [name, declaration] of Object.entries(declarations) as [InputName, Declaration<unknown>][]) {
    const whole = environment[variableOf(name)] ?? ''
    const raw = declaration.kind.hasRemarks ? withoutRemarks(whole) : whole
    const given = declaration.kind.untrimmed && raw.trim() !== '' ? raw : raw.trim()
    const value = given === '' ? undefined : declaration.kind.parse(given)
    if (given !== '' && value === undefined) problems.push(mistake(name, given, declaration))
    values[name] = value ?? defaultOf(declaration)
  }
  return { inputs: values as Inputs, problems }
}

/** The environment variable in which the runner passes an input. */
export function variableOf(name: string): string {
  return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`
}

function defaultOf(declaration: Declaration<unknown>): unknown {
  // The runner replaces an expression before we are started; where it did not, nothing is known.
  return declaration.kind.parse(declaration.fallback.startsWith('${{') ? '' : declaration.fallback)
}

function mistake(name: string, given: string, declaration: Declaration<unknown>): Problem {
  const { kind } = declaration
  const fault = kind.fault?.(given)
  const meant = kind.meant?.(given)
  return {
    what: `Input \`${name}\` is ${JSON.stringify(kind.shown?.(given) ?? given)}${fault === undefined ? '' : `, but ${fault}`}`,
    allowed: kind.allowed,
    mend: `${meant === undefined ? '' : `Did you mean \`${meant}\`? `}${declaration.mend}`,
  }
}
