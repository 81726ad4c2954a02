import { devNull } from 'node:os'
import * as path from 'node:path'
import { platform } from './machine.ts'

/** The environment variables of this process, as they are now. */
export function processEnv(): Readonly<Record<string, string | undefined>> {
  return { ...process.env }
}

/** Sets a variable for this process and the commands that it starts, and for nobody else. */
export function setEnv(name: string, value: string): void {
  process.env[name] = value
}

/** Takes a variable away from this process and the commands that it starts. */
export function unsetEnv(name: string): void {
  delete process.env[name]
}

/**
 * Takes relative folders off PATH, for this process and the commands that it starts: they lead into the checkout, whose programs
 * are not to be run in place of the machine's.
 */
export function removeRelativePaths(): void {
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH')
  if (name !== undefined) process.env[name] = absoluteFolders(process.env[name] ?? '')
  // Else Windows looks into the current directory first (NeedCurrentDirectoryForExePathW).
  if (platform() === 'win32') process.env.NoDefaultCurrentDirectoryInExePath = '1'
}

/** A list as PATH holds it, without what is relative. Windows allows quotes around a folder. */
function absoluteFolders(list: string): string {
  return list
    .split(path.delimiter)
    .filter((folder) => path.isAbsolute(folder.replaceAll('"', '')))
    .join(path.delimiter)
}

/** Puts a folder first on PATH for this process and the commands that it starts, and for nobody else. */
export function prependPath(folder: string): void {
  process.env.PATH = [folder, process.env.PATH].filter(Boolean).join(path.delimiter)
}

/**
 * PATH with a folder in front, for a command alone. Windows may spell it `Path`, and a second spelling beside that would make
 * the winner a matter of luck.
 */
export function pathVariable(folder: string): Readonly<Record<string, string>> {
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  return { [name]: [folder, process.env[name]].filter(Boolean).join(path.delimiter) }
}

type Variables = Readonly<Record<string, string | undefined>>

/**
 * Settings of git under which a repository starts no program: `core.fsmonitor` names one that runs at every look at the
 * index, `core.hooksPath` is where hooks are (git-config(1)).
 */
export const gitSafeguards: readonly (readonly [key: string, value: string])[] = [
  ['core.fsmonitor', 'false'],
  ['core.hooksPath', devNull],
]

/**
 * The environment of a child process. Relative elements of PATH are left out, so that neither the child nor what it starts
 * runs a program that a checkout brings along. What starts git, as the go command does, passes the safeguards on. Go 1.21
 * finds its own bare repositories as git finds any (cmd/go/internal/modfetch/codehost/git.go), so `safe.bareRepository` is for
 * our own calls of git alone.
 *
 * @param variables the variables of this process, with those that are meant for the child
 */
export function childEnvironment(variables: Variables): Record<string, string> {
  const defined = Object.entries(variables).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  )
  const cleaned = defined.map(([name, value]): [string, string] =>
    name.toUpperCase() === 'PATH' ? [name, absoluteFolders(value)] : [name, value],
  )
  const count = Number(variables.GIT_CONFIG_COUNT || '0')
  // A count that git refuses stays the user's own to correct.
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
