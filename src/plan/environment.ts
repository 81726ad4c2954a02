import type { Inputs } from '../inputs/inputs.ts'
import type { Problem } from '../inputs/problem.ts'
import { goFlagValue, mergeGoflags } from '../modules/settings/goflags.ts'
import { redactedGoproxy } from '../modules/settings/goproxy.ts'
import { mergePatterns } from '../modules/settings/module-patterns.ts'

/** A variable that this action sets for its own commands and for later steps. */
export interface PlannedVariable {
  readonly name: string
  readonly value: string
  /** The value as it may be shown: without secrets. */
  readonly shown: string
  readonly why: string
}

/** What is done to the environment of the job, and every mistake in it. */
export interface EnvironmentPlan {
  readonly variables: readonly PlannedVariable[]
  readonly problems: readonly Problem[]
}

/** The inputs that say how the go command is set up. */
export type GoSettings = Pick<
  Inputs,
  | 'dependencies'
  | 'goproxy'
  | 'goprivate'
  | 'gonoproxy'
  | 'gonosumdb'
  | 'gosumdb'
  | 'goinsecure'
  | 'govcs'
  | 'goauth'
  | 'gotoolchain'
  | 'goflags'
>

/** Settings of which the last word wins. */
const replaced = ['goproxy', 'gosumdb', 'govcs', 'goauth', 'gotoolchain'] as const
/** Lists of patterns: what a machine's image or a workflow has set stays in force. */
const merged = ['goprivate', 'gonoproxy', 'gonosumdb', 'goinsecure'] as const

/**
 * Plans the variables of the go command from the inputs. An input that is left out changes nothing.
 *
 * @param inputs the inputs named after Go's variables, and `dependencies`
 * @param existing what is set: the value of a variable in the environment or the user's `go env` file
 * @param choosesGo whether this action puts a Go of its own on PATH
 */
export function planEnvironment(
  inputs: GoSettings,
  existing: (name: string) => string,
  choosesGo: boolean,
): EnvironmentPlan {
  const variables: PlannedVariable[] = []
  for (const input of replaced) {
    if (inputs[input] !== '') variables.push(variable(input, inputs[input], `input \`${input}\``))
  }
  variables.push(...patternVariables(inputs, existing))
  if (choosesGo && inputs.gotoolchain === '' && existing('GOTOOLCHAIN') !== 'local') {
    // What is asked for is what runs, as with actions/setup-go: neither a go line nor what is set may change it unseen.
    variables.push(variable('gotoolchain', 'local', 'the Go that `go-version` names is the one that runs'))
  }
  return {
    variables: [...variables, ...goflagsVariable(inputs, existing('GOFLAGS'))],
    problems: conflicts(inputs),
  }
}

/**
 * GOPRIVATE stands for GONOPROXY and GONOSUMDB where those are not set (`go help private`). One that is set here
 * must not end that, or private modules would be asked for in public; nor may one that was set hide GOPRIVATE.
 */
function patternVariables(
  inputs: GoSettings,
  existing: (name: string) => string,
): readonly PlannedVariable[] {
  const set = new Map<string, PlannedVariable>()
  const value = (name: string) => set.get(name)?.value ?? existing(name)
  const merge = (name: string, before: string, added: string, why: string) => {
    const after = mergePatterns(before, added)
    const also = before !== '' && after !== added ? ', added to what was set' : ''
    if (after !== existing(name)) set.set(name, variable(name.toLowerCase(), after, `${why}${also}`))
  }
  for (const input of merged) {
    const name = input.toUpperCase()
    const inherits = name === 'GONOPROXY' || name === 'GONOSUMDB'
    if (inputs[input] !== '') {
      merge(name, existing(name) || (inherits ? value('GOPRIVATE') : ''), inputs[input], `input \`${input}\``)
    } else if (
      inherits &&
      !['', 'none'].includes(inputs.goprivate) &&
      !['', 'none'].includes(existing(name))
    ) {
      // With `none` a proxy that knows the private modules is meant to serve them.
      merge(name, existing(name), inputs.goprivate, 'input `goprivate`')
    }
  }
  return [...set.values()]
}

function goflagsVariable(inputs: GoSettings, existing: string): readonly PlannedVariable[] {
  const vendors = inputs.dependencies === 'vendor'
  const added = [inputs.goflags, vendors ? '-mod=vendor' : ''].filter((flags) => flags !== '').join(' ')
  if (added === '') return []
  const value = mergeGoflags(existing, added)
  const reasons = [
    ...(inputs.goflags === '' ? [] : ['input `goflags`']),
    ...(vendors ? ['`dependencies: vendor`'] : []),
    ...(existing === '' ? [] : ['merged with what was set']),
  ]
  return [variable('goflags', value, reasons.join(', '))]
}

function conflicts(inputs: GoSettings): readonly Problem[] {
  const mod = goFlagValue(inputs.goflags, 'mod')
  if (inputs.dependencies !== 'vendor' || mod === undefined || mod === 'vendor') return []
  return [
    {
      what: `Input \`goflags\` holds "-mod=${mod}", and \`dependencies: vendor\` needs "-mod=vendor"`,
      allowed: '',
      mend: 'Take the flag out of `goflags`, or choose another word for `dependencies`.',
    },
  ]
}

function variable(input: string, value: string, why: string): PlannedVariable {
  return { name: input.toUpperCase(), value, shown: shown(input, value), why }
}

function shown(input: string, value: string): string {
  if (input === 'goproxy' || input === 'gosumdb') return redactedGoproxy(value)
  // A command line may hold a token.
  return input === 'goauth' ? '(not shown)' : value
}
