import { devNull } from 'node:os'
import * as path from 'node:path'
import { platform } from './machine.ts'

/** Environment variables by name. An undefined value stands for a variable that is not set. */
export type Variables = Readonly<Record<string, string | undefined>>

/**
 * Returns the variables that the runner gave to this process. No code writes `process.env`, so the answer is always the
 * same. Commands get their variables as an argument, and later steps get theirs when main ends.
 */
export function processEnv(): Variables {
  return Object.freeze(canonicalNames({ ...process.env }, platform()))
}

/**
 * Returns a copy of variables in which a name can be looked up. On Windows the case of a name does not count, but in a
 * copy of `process.env` it does: a workflow may set `GoFlags`, and Windows itself sets `Path`. There, names become upper
 * case. Those of proxies stay as they are, because curl of MSYS reads some of them in lower case only.
 *
 * @param system the system, as in `process.platform`
 */
export function canonicalNames(variables: Variables, system: string): Variables {
  if (system !== 'win32') return variables
  const named = Object.entries(variables).map(
    ([name, value]) => [/_proxy$/i.test(name) ? name : name.toUpperCase(), value] as const,
  )
  return Object.fromEntries(named)
}

/**
 * Returns variables with some of them replaced or added. On Windows the case of a name does not count. With a second
 * spelling next to `Path`, it would be undefined which one a command gets.
 *
 * @param changes values by name; undefined removes the variable
 * @param system the system, as in `process.platform`
 */
export function withVariables(
  variables: Variables,
  changes: Variables,
  system: string = platform(),
): Variables {
  if (system !== 'win32') return Object.freeze({ ...variables, ...changes })
  const names = new Set(Object.keys(changes).map((name) => name.toUpperCase()))
  const others = Object.entries(variables).filter(([name]) => !names.has(name.toUpperCase()))
  return Object.freeze({ ...Object.fromEntries(others), ...changes })
}

/** Returns the value of a variable, whatever the case of its name, as on Windows; empty when it is not set. */
export function anyCaseVariable(variables: Variables, name: string): string {
  const found = Object.keys(variables).find((key) => key.toUpperCase() === name)
  return (found === undefined ? undefined : variables[found]) ?? ''
}

/** Returns variables with a folder in front of PATH. Windows may spell it `Path`. */
export function withPath(variables: Variables, folder: string): Variables {
  const name = Object.keys(variables).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  return withVariables(variables, { [name]: [folder, variables[name]].filter(Boolean).join(path.delimiter) })
}

/**
 * Whether a path means the same from every folder, as filepath.IsAbs of Go reports it. On Windows `\\tools` does not,
 * although Node calls it absolute: it is on the drive of the current folder.
 *
 * @param system the system, as in `process.platform`
 */
export function isFixedPath(file: string, system: string): boolean {
  return system === 'win32' ? /^(?:[a-z]:[\\/]|[\\/]{2}[^\\/])/i.test(file) : path.posix.isAbsolute(file)
}

/** Removes folders that depend on the current one from a list in PATH's form. Windows allows quotes around a folder. */
function fixedFolders(list: string, system: string): string {
  const { delimiter } = system === 'win32' ? path.win32 : path.posix
  return list
    .split(delimiter)
    .filter((folder) => isFixedPath(system === 'win32' ? folder.replaceAll('"', '') : folder, system))
    .join(delimiter)
}

/**
 * Git settings that keep a repository from starting a program. `core.fsmonitor` names a program that git runs whenever
 * it reads the index. `core.hooksPath` is the folder of the hooks (git-config(1)).
 */
export const gitSafeguards: readonly (readonly [key: string, value: string])[] = [
  ['core.fsmonitor', 'false'],
  ['core.hooksPath', devNull],
]

/**
 * Returns the environment of a child process. It omits relative elements of PATH, so that neither the child nor its
 * children run a program from the checkout. Programs that start git, such as the go command, pass the safeguards on.
 *
 * Go 1.21 relies on git's discovery for its own bare repositories (cmd/go/internal/modfetch/codehost/git.go). So only
 * this action's own git calls set `safe.bareRepository`.
 *
 * @param variables the variables for the child
 * @param system the system, as in `process.platform`
 */
export function childEnvironment(variables: Variables, system: string = platform()): Record<string, string> {
  // Otherwise, Windows searches the current directory first (NeedCurrentDirectoryForExePathW).
  const inPathOnly = system === 'win32' ? { NoDefaultCurrentDirectoryInExePath: '1' } : {}
  const defined = Object.entries(withVariables(variables, inPathOnly, system)).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const cleaned = defined.map(([name, value]): [string, string] =>
    name.toUpperCase() === 'PATH' ? [name, fixedFolders(value, system)] : [name, value],
  )
  const count = Number(variables.GIT_CONFIG_COUNT || '0')
  // Git refuses such a count; the user has to correct it.
  if (!Number.isInteger(count) || count < 0) return Object.fromEntries(cleaned)
  const settings = gitSafeguards.flatMap(([key, value], index): [string, string][] => [
    [`GIT_CONFIG_KEY_${count + index}`, key],
    [`GIT_CONFIG_VALUE_${count + index}`, value],
  ])
  return Object.fromEntries([
    ...cleaned,
    ['GIT_CONFIG_COUNT', String(count + gitSafeguards.length)],
    ...settings,
  ])
}

/**
 * Returns the variables that add a setting to git's configuration (git-config(1), GIT_CONFIG_COUNT; since git 2.31).
 * Settings that exist there stay.
 *
 * @param variables the current variables
 * @param key name of the setting, such as `include.path`
 */
export function gitSetting(
  variables: Variables,
  key: string,
  value: string,
): Readonly<Record<string, string>> {
  const count = Number(variables.GIT_CONFIG_COUNT ?? '') || 0
  return {
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: key,
    [`GIT_CONFIG_VALUE_${count}`]: value,
  }
}
