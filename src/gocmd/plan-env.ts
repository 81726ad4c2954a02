import type { Problem } from '../errors.ts'
import { goFlagValue, mergeGoflags } from '../gosettings/goflags.ts'
import { redactedGoproxy } from '../gosettings/goproxy.ts'
import { mergePatterns } from '../gosettings/module-patterns.ts'
import { defaultOfPatterns, type GoSettingLookup } from '../gosettings/private-modules.ts'
import type { Inputs } from '../inputs/index.ts'
import type { EnvChange } from './go-env.ts'

/** A bundle that serves its modules as a GOPROXY. */
export interface BundleSource {
  /** `file:///…` of the tree, as GOPROXY takes it. */
  readonly url: string
  /** The toolchain modules in it, such as `golang.org/toolchain@v0.0.1-go1.26.0.linux-amd64`. */
  readonly toolchains: readonly string[]
  /** Names of the checksum databases whose records of these modules are in the bundle. */
  readonly sumdb: readonly string[]
}

/**
 * Returns a GOPROXY that takes modules from a bundle first. Go fetches modules that the bundle does not hold from the
 * previous proxies: after a `,`, it continues only when a file does not exist. A file that exists but cannot be read is
 * an error, and Go does not use the network (go.dev/ref/mod, "GOPROXY protocol").
 *
 * GONOPROXY stays as it is, so Go does not take its modules from the bundle either. Without it, Go would reveal their
 * names to the proxies after the bundle.
 *
 * @param source the bundle
 * @param before the previous effective GOPROXY, defaults included
 */
export function bundleVariables({ url }: BundleSource, before: string): readonly EnvChange[] {
  // `off` at the end changes no source. But only with a bundle as the single entry of GOPROXY does Go accept toolchains
  // without a checksum database (cmd/go/internal/modfetch/sumdb.go, useSumDB).
  const rest = ['', 'off'].includes(before.trim()) ? '' : `,${before}`
  const shown = rest === '' ? '' : `,${redactedGoproxy(before)}`
  const why = 'input `bundle`'
  return [{ name: 'GOPROXY', value: `${url}${rest}`, shown: `${url}${shown}`, why }]
}

/** The variables to set in the job, and the problems of the inputs. */
interface EnvironmentPlan {
  readonly changes: readonly EnvChange[]
  readonly problems: readonly Problem[]
}

/** The inputs that configure the go command. */
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

/** Inputs that replace the existing value. */
const replaced = ['goproxy', 'gosumdb', 'govcs', 'goauth', 'gotoolchain'] as const

/** Inputs with pattern lists, merged with the existing value, so that settings of an image or a workflow remain. */
const merged = ['goprivate', 'gonoproxy', 'gonosumdb', 'goinsecure'] as const

/**
 * Plans the variables of the go command from the inputs. An empty input changes nothing.
 *
 * @param inputs the inputs named after Go's variables, and `dependencies`
 * @param existing returns the current value of a variable, from the environment or the user's `go env` file
 * @param choosesGo whether this action puts its own Go on PATH
 */
export function planEnvironment(
  inputs: GoEnvInputs,
  existing: GoSettingLookup,
  choosesGo: boolean,
): EnvironmentPlan {
  const changes: EnvChange[] = []
  for (const input of replaced) {
    if (inputs[input] !== '') changes.push(variable(input, inputs[input], `input \`${input}\``))
  }
  changes.push(...patternVariables(inputs, existing))
  if (choosesGo && inputs.gotoolchain === '' && existing('GOTOOLCHAIN') !== 'local') {
    // The requested Go must run, as with actions/setup-go: a go line or a setting must not change it.
    changes.push(variable('gotoolchain', 'local', '`go-version` selects the Go that runs'))
  }
  return {
    changes: [...changes, ...goflagsVariable(inputs, existing('GOFLAGS'))],
    problems: conflicts(inputs),
  }
}

/**
 * Plans the pattern variables. GOPRIVATE is the default of GONOPROXY and GONOSUMDB (`go help private`). A new value of
 * these must keep the patterns of GOPRIVATE, or Go would request private modules in public. An existing value of these
 * must not hide a new GOPRIVATE.
 */
function patternVariables(inputs: GoEnvInputs, existing: GoSettingLookup): readonly EnvChange[] {
  const set = new Map<string, EnvChange>()
  const value = (name: string) => set.get(name)?.value ?? existing(name)
  const merge = (name: string, before: string, added: string, why: string) => {
    const after = mergePatterns(before, added)
    const suffix = before !== '' && after !== added ? ', added to the existing value' : ''
    if (after !== existing(name)) set.set(name, variable(name.toLowerCase(), after, `${why}${suffix}`))
  }
  for (const input of merged) {
    const name = input.toUpperCase()
    const defaultName = defaultOfPatterns(name)
    if (inputs[input] !== '') {
      merge(
        name,
        existing(name) || (defaultName === undefined ? '' : value(defaultName)),
        inputs[input],
        `input \`${input}\``,
      )
    } else if (
      defaultName !== undefined &&
      !['', 'none'].includes(inputs.goprivate) &&
      !['', 'none'].includes(existing(name))
    ) {
      // `none` is intentional: a proxy serves the private modules.
      merge(name, existing(name), inputs.goprivate, 'input `goprivate`')
    }
  }
  return [...set.values()]
}

function goflagsVariable(inputs: GoEnvInputs, existing: string): readonly EnvChange[] {
  const isVendoring = inputs.dependencies === 'vendor'
  const added = [inputs.goflags, isVendoring ? '-mod=vendor' : ''].filter((flags) => flags !== '').join(' ')
  if (added === '') return []
  const value = mergeGoflags(existing, added)
  const reasons = [
    ...(inputs.goflags === '' ? [] : ['input `goflags`']),
    ...(isVendoring ? ['`dependencies: vendor`'] : []),
    ...(existing === '' ? [] : ['merged with the existing value']),
  ]
  return [variable('goflags', value, reasons.join(', '))]
}

function conflicts(inputs: GoEnvInputs): readonly Problem[] {
  const mod = goFlagValue(inputs.goflags, 'mod')
  if (inputs.dependencies !== 'vendor' || mod === undefined || mod === 'vendor') return []
  return [
    {
      what: `Input \`goflags\` has "-mod=${mod}", but \`dependencies: vendor\` needs "-mod=vendor"`,
      allowed: '',
      fix: 'Remove the flag from `goflags`, or set `dependencies` to another value.',
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

/** Formats the planned variables, without secrets, one per line. */
export function variableLines(variables: readonly EnvChange[]): readonly string[] {
  return variables.map(({ name, shown, why }) => `${name}=${shown}  (${why})`)
}
