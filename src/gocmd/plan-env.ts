import type { Problem } from '../errors.ts'
import { goFlagValue, mergeGoflags } from '../gosettings/goflags.ts'
import { redactedGoproxy } from '../gosettings/goproxy.ts'
import { mergePatterns } from '../gosettings/module-patterns.ts'
import type { Inputs } from '../inputs/inputs.ts'

/** A bundle that serves its modules as a GOPROXY. */
export interface BundleSource {
  /** `file:///…` of the tree, as GOPROXY takes it. */
  readonly url: string
  /** The toolchain modules in it, such as `golang.org/toolchain@v0.0.1-go1.26.0.linux-amd64`. */
  readonly toolchains: readonly string[]
  /** Names of the checksum databases of which it holds what they say of its modules, and that it serves. */
  readonly sumdb: readonly string[]
}

/**
 * GOPROXY where modules come from a bundle first. What the bundle lacks is still looked for where it was before, because
 * the go command goes on behind a `,` when a file is not there, and only then: one that is there and cannot be read is an
 * error, and not a reason to ask the network (go.dev/ref/mod, "GOPROXY protocol").
 *
 * GONOPROXY stays as it is: modules that it keeps from proxies are not asked for in a bundle, either, for without it
 * their names would be told to the proxies behind the bundle.
 *
 * @param source the bundle
 * @param before GOPROXY as the go command had it, defaults included
 */
export function bundleVariables({ url }: BundleSource, before: string): readonly EnvChange[] {
  // With `off` behind it, a bundle would not be the only source to the go command, which then wants a checksum database
  // for toolchains (cmd/go/internal/modfetch/sumdb.go, useSumDB); there is nothing behind it all the same.
  const rest = ['', 'off'].includes(before.trim()) ? '' : `,${before}`
  const shown = rest === '' ? '' : `,${redactedGoproxy(before)}`
  const why = 'input `bundle`'
  return [{ name: 'GOPROXY', value: `${url}${rest}`, shown: `${url}${shown}`, why }]
}

/** A variable that this action sets for its own commands and for later steps. */
export interface EnvChange {
  readonly name: string
  readonly value: string
  /** The value as it may be shown: without secrets. */
  readonly shown: string
  readonly why: string
}

/** What is done to the environment of the job, and every mistake in it. */
interface EnvironmentPlan {
  readonly variables: readonly EnvChange[]
  readonly problems: readonly Problem[]
}

/** The inputs that say how the go command is set up. */
type GoEnvInputs = Pick<
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
  inputs: GoEnvInputs,
  existing: (name: string) => string,
  choosesGo: boolean,
): EnvironmentPlan {
  const variables: EnvChange[] = []
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
function patternVariables(inputs: GoEnvInputs, existing: (name: string) => string): readonly EnvChange[] {
  const set = new Map<string, EnvChange>()
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

function goflagsVariable(inputs: GoEnvInputs, existing: string): readonly EnvChange[] {
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

function conflicts(inputs: GoEnvInputs): readonly Problem[] {
  const mod = goFlagValue(inputs.goflags, 'mod')
  if (inputs.dependencies !== 'vendor' || mod === undefined || mod === 'vendor') return []
  return [
    {
      what: `Input \`goflags\` holds "-mod=${mod}", and \`dependencies: vendor\` needs "-mod=vendor"`,
      allowed: '',
      fix: 'Take the flag out of `goflags`, or choose another word for `dependencies`.',
    },
  ]
}

function variable(input: string, value: string, why: string): EnvChange {
  return { name: input.toUpperCase(), value, shown: shown(input, value), why }
}

function shown(input: string, value: string): string {
  if (input === 'goproxy' || input === 'gosumdb') return redactedGoproxy(value)
  // A command line may hold a token.
  return input === 'goauth' ? '(not shown)' : value
}

/** The variables that are set, without secrets, one a line. */
export function variableLines(variables: readonly EnvChange[]): readonly string[] {
  return variables.map(({ name, shown, why }) => `${name}=${shown}  (${why})`)
}
