import * as path from 'node:path'
import type { DetectedGo } from '../gocmd/detect-go.ts'
import type { GoSettingLookup } from '../gocmd/go-env.ts'
import type { EnvChange } from '../gocmd/plan-env.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { processEnv, setEnv } from '../platform/environment.ts'
import { lstat, makeDirectory, realPath } from '../platform/files.ts'
import { platform } from '../platform/machine.ts'
import * as runner from '../platform/runner.ts'
import { holdsObjects } from './gocache/listing.ts'

/** What decides where the caches of Go lie. */
export interface CacheDirectoryFacts {
  readonly inputs: Pick<Inputs, 'cache' | 'cache-modules' | 'cache-build'>
  /** The system, in the words of Node. */
  readonly platform: string
  /** RUNNER_TEMP, links resolved; empty when it is not set. */
  readonly temp: string
  /** RUNNER_ENVIRONMENT: `github-hosted` or `self-hosted`. */
  readonly runner: string
  /** What `go env` says. */
  readonly env: Readonly<Record<string, string>>
  /** What the user has set: the value of a variable in the environment or the user's `go env` file. */
  readonly existing: (name: string) => string
  /** Whether a cache holds anything already. */
  readonly isPopulated: (directory: string) => boolean
}

/** A variable that names a cache, its folder on the other drive, and by what the user chooses another place. */
interface CacheVariable {
  readonly name: 'GOMODCACHE' | 'GOCACHE'
  readonly input: 'cache-modules' | 'cache-build'
  readonly folder: string
  readonly choices: readonly string[]
}

const cacheVariables: readonly CacheVariable[] = [
  // GOMODCACHE is below GOPATH where it is not set itself (cmd/go/internal/cfg/cfg.go).
  { name: 'GOMODCACHE', input: 'cache-modules', folder: 'mod', choices: ['GOMODCACHE', 'GOPATH'] },
  { name: 'GOCACHE', input: 'cache-build', folder: 'build', choices: ['GOCACHE'] },
]

/**
 * Plans to have the caches of Go on the drive of RUNNER_TEMP, on Windows, where the default is another drive.
 *
 * A hosted Windows runner keeps home directories on C:, its slow system disk, and the work of the job on a fast local
 * one, if it has one (actions/runner-images, "C drive is significantly slower than D drive"; not every image has a
 * D:). The folders lie beside RUNNER_TEMP, since the runner empties that for each job (actions/runner,
 * TempDirectoryManager.cs).
 *
 * Left alone is what the user has set, a cache that this action is told not to keep, since another step may keep it,
 * and a cache with something in it on a machine that stays.
 *
 * @returns the variables to set; none where everything is well as it is
 */
export function planCacheDirectories(facts: CacheDirectoryFacts): readonly EnvChange[] {
  const { inputs, platform, temp, runner, env, existing, isPopulated } = facts
  if (platform !== 'win32' || !inputs.cache) return []
  const [drive, folderOfTemp] = [driveOf(temp), path.win32.normalize(temp)]
  // Beside a drive's root there is nothing.
  if (drive === undefined || path.win32.basename(folderOfTemp) === '') return []
  return cacheVariables.flatMap(({ name, input, folder, choices }): readonly EnvChange[] => {
    const directory = env[name] ?? ''
    const from = driveOf(directory)
    if (!inputs[input] || from === undefined || from === drive) return []
    if (choices.some((choice) => existing(choice) !== '')) return []
    if (runner !== 'github-hosted' && isPopulated(directory)) return []
    const value = path.win32.join(path.win32.dirname(folderOfTemp), '_go-deps', folder)
    const why = `the drive of RUNNER_TEMP, ${drive}, is the faster one of Windows runners that have two; the default is on ${from}`
    return [{ name, value, shown: value, why }]
  })
}

/** The drive of an absolute path, such as `C:`; undefined for shares and what else has no letter. */
function driveOf(directory: string): string | undefined {
  return /^([a-z]:)[\\/]/i.exec(directory)?.[1]?.toUpperCase()
}

/** The Go with its caches where they are to be, and the variables that say so. */
interface MovedCaches {
  readonly go: DetectedGo
  readonly variables: readonly EnvChange[]
}

/**
 * Has the caches of Go where they are fast, for this process alone: later steps are told by `publish`.
 *
 * @param go the go command, already looked at
 * @param settings what the user has set
 * @param system the system, in the words of Node
 */
export function moveCacheDirectories(
  inputs: Inputs,
  go: DetectedGo,
  settings: GoSettingLookup,
  system: string = platform(),
): MovedCaches {
  const { RUNNER_TEMP: temp = '', RUNNER_ENVIRONMENT: kind = '' } = processEnv()
  const planned = planCacheDirectories({
    inputs,
    platform: system,
    temp: lstat(temp) === undefined ? temp : realPath(temp),
    runner: kind,
    env: go.env,
    existing: settings,
    isPopulated,
  })
  // A dry run makes nothing, and believes that it could.
  const variables = inputs['dry-run'] ? planned : planned.filter(({ value }) => isMade(value))
  for (const { name, value } of variables) setEnv(name, value)
  const places = Object.fromEntries(variables.map(({ name, value }) => [name, value]))
  return { go: { ...go, env: { ...go.env, ...places } }, variables }
}

/** Whether there is a module in a module cache, or an object in a build cache: Go makes the 256 folders of one at once. */
function isPopulated(directory: string): boolean {
  return lstat(path.join(directory, 'cache', 'download')) !== undefined || holdsObjects(directory)
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
