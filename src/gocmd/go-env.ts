import type { GoSettingLookup } from '../gosettings/private-modules.ts'
import { anyCaseVariable, type Variables, withPath, withVariables } from '../platform/environment.ts'
import { readText } from '../platform/files.ts'
import { platform } from '../platform/machine.ts'

/** A variable that this action sets for its own commands and for later steps. */
export interface EnvChange {
  readonly name: string
  readonly value: string
  /** The value for logs, without secrets. */
  readonly shown: string
  readonly why: string
}

/** Returns the values of changes by name; the last one of a name wins. */
export function valuesOf(changes: readonly EnvChange[]): Readonly<Record<string, string>> {
  return Object.fromEntries(changes.map(({ name, value }) => [name, value]))
}

/**
 * The environment of go commands: the variables that they get, and the settings of the user's go env file. It never
 * changes; `with` and `withPath` return another one. The variables of a command therefore depend only on the value that
 * its caller passes, and not on the order of calls.
 */
export class GoEnv {
  /** The variables that a command gets. */
  readonly variables: Variables
  readonly #userFile: ReadonlyMap<string, string>

  /**
   * @param variables environment variables
   * @param userFile the settings of the user's go env file
   */
  constructor(variables: Variables, userFile: ReadonlyMap<string, string> = new Map()) {
    this.variables = variables
    this.#userFile = userFile
  }

  /** Reads the user's go env file, which the variables determine. */
  static read(variables: Variables): GoEnv {
    const file = goEnvFile(variables, platform())
    return new GoEnv(variables, parseGoEnvFile(file === undefined ? '' : (readText(file) ?? '')))
  }

  /** Returns the value of an environment variable; empty when it is not set. */
  variable(name: string): string {
    return this.variables[name] ?? ''
  }

  /**
   * Looks up a setting as the go command does: the environment, then the user's file (cmd/go/internal/cfg/cfg.go,
   * Getenv). Defaults in GOROOT do not count, because Go may not be installed yet. Empty when it is not set.
   */
  readonly setting: GoSettingLookup = (name) => this.variable(name) || (this.#userFile.get(name) ?? '')

  /** Returns an environment with variables added or replaced; undefined removes one. */
  with(changes: Variables): GoEnv {
    return new GoEnv(withVariables(this.variables, changes), this.#userFile)
  }

  /** Returns an environment with a folder in front of PATH. */
  withPath(folder: string): GoEnv {
    return new GoEnv(withPath(this.variables, folder), this.#userFile)
  }
}

/**
 * Returns the file in which `go env -w` keeps a user's settings: GOENV, else `go/env` in the user's configuration
 * directory (cmd/go/internal/cfg/cfg.go, EnvFile; os.UserConfigDir).
 *
 * @param environment the environment variables
 * @param platform the system, by Node's name, such as `win32`
 * @returns an absolute path; undefined with GOENV=off or without a home directory
 */
export function goEnvFile(
  environment: Readonly<Record<string, string | undefined>>,
  platform: string,
): string | undefined {
  const configured = environment.GOENV ?? ''
  if (configured !== '') return configured === 'off' ? undefined : configured
  const separator = platform === 'win32' ? '\\' : '/'
  const below = (directory: string | undefined, ...names: readonly string[]) =>
    directory === undefined || directory === '' ? undefined : [directory, ...names].join(separator)
  if (platform === 'win32') return below(anyCaseVariable(environment, 'APPDATA'), 'go', 'env')
  if (platform === 'darwin') return below(environment.HOME, 'Library', 'Application Support', 'go', 'env')
  return below(environment.XDG_CONFIG_HOME, 'go', 'env') ?? below(environment.HOME, '.config', 'go', 'env')
}

/**
 * Parses the settings in a file as `go env -w` writes it: lines of `NAME=value`. The last line of a name wins, and
 * other lines are ignored (cmd/go/internal/cfg/cfg.go, readEnvFile).
 */
export function parseGoEnvFile(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).map((line) => /^([A-Z][^=]*)=(.*)$/.exec(line))
  return new Map(lines.flatMap((match) => (match === null ? [] : [[match[1] ?? '', match[2] ?? '']])))
}
