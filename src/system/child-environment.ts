import { devNull } from 'node:os'
import { absoluteFolders } from './environment.ts'

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
