import { devNull } from 'node:os'
import * as path from 'node:path'
import { platform } from './machine.ts'

/** Returns a copy of the current environment variables of this process. */
export function processEnv(): Readonly<Record<string, string | undefined>> {
  return { ...process.env }
}

/** Sets a variable for this process and the commands that it starts, but not for later steps. */
export function setEnv(name: string, value: string): void {
  process.env[name] = value
}

/** Removes a variable from this process and the commands that it starts. */
export function unsetEnv(name: string): void {
  delete process.env[name]
}

/**
 * Removes relative folders from PATH, for this process and the commands that it starts. They lead into the checkout,
 * whose programs must not run in place of the machine's.
 */
export function removeRelativePaths(): void {
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH')
  if (name !== undefined) process.env[name] = absoluteFolders(process.env[name] ?? '')
  // Otherwise, Windows searches the current directory first (NeedCurrentDirectoryForExePathW).
  if (platform() === 'win32') process.env.NoDefaultCurrentDirectoryInExePath = '1'
}

/** Removes relative folders from a list in PATH's form. Windows allows quotes around a folder. */
function absoluteFolders(list: string): string {
  return list
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder.replaceAll('"', '')))
    .join(path.delimiter)
}

/** Puts a folder first on PATH for this process and the commands that it starts, but not for later steps. */
export function prependPath(folder: string): void {
  process.env.PATH = [folder, process.env.PATH].filter(Boolean).join(path.delimiter)
}

/**
 * Returns PATH with a folder in front, for a single command. Windows may spell it `Path`. With a second spelling next
 * to it, it would be undefined which one counts.
 */
export function pathVariable(folder: string): Readonly<Record<string, string>> {
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  return { [name]: [folder, process.env[name]].filter(Boolean).join(path.delimiter) }
}

type Variables = Readonly<Record<string, string | undefined>>

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
 * @param variables the variables of this process, and those for the child
 */
export function childEnvironment(variables: Variables): Record<string, string> {
  const defined = Object.entries(variables).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const cleaned = defined.map(([name, value]): [string, string] =>
    name.toUpperCase() === 'PATH' ? [name, absoluteFolders(value)] : [name, value],
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
