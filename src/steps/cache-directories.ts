import * as path from 'node:path'
import { holdsObjects } from '../cache/build/listing.ts'
import type { Go } from '../facts/go.ts'
import type { Settings } from '../facts/settings.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { planCacheDirectories } from '../plan/cache-directories.ts'
import type { PlannedVariable } from '../plan/environment.ts'
import { environment, platform, setVariable } from '../system/environment.ts'
import { look, makeDirectory, realPath } from '../system/files.ts'
import * as runner from '../system/runner.ts'

/** The Go with its caches where they are to be, and the variables that say so. */
export interface PlacedCaches {
  readonly go: Go
  readonly variables: readonly PlannedVariable[]
}

/**
 * Has the caches of Go where they are fast, for this process alone: later steps are told by `publish`.
 *
 * @param go the go command, already looked at
 * @param settings what the user has set
 * @param system the system, in the words of Node
 */
export function placeCaches(
  inputs: Inputs,
  go: Go,
  settings: Settings,
  system: string = platform(),
): PlacedCaches {
  const { RUNNER_TEMP: temp = '', RUNNER_ENVIRONMENT: kind = '' } = environment()
  const planned = planCacheDirectories({
    inputs,
    platform: system,
    temp: look(temp) === undefined ? temp : realPath(temp),
    runner: kind,
    env: go.env,
    existing: settings,
    isPopulated,
  })
  // A dry run makes nothing, and believes that it could.
  const variables = inputs['dry-run'] ? planned : planned.filter(({ value }) => isMade(value))
  for (const { name, value } of variables) setVariable(name, value)
  const places = Object.fromEntries(variables.map(({ name, value }) => [name, value]))
  return { go: { ...go, env: { ...go.env, ...places } }, variables }
}

/** Whether there is a module in a module cache, or an object in a build cache: Go makes the 256 folders of one at once. */
function isPopulated(directory: string): boolean {
  return look(path.join(directory, 'cache', 'download')) !== undefined || holdsObjects(directory)
}

/** Whether the folder is there now; where this user may not make it, the default has to do. */
function isMade(directory: string): boolean {
  try {
    makeDirectory(directory)
    return true
  } catch (error) {
    runner.info(`A cache of Go stays where it is: ${(error as Error).message}`)
    return false
  }
}
