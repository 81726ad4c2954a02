import * as path from 'node:path'
import { type DetectedGo, type EnvChange, type GoEnv, valuesOf } from '../gocmd/index.ts'
import type { Inputs } from '../inputs/index.ts'
import { lstat, makeDirectory, realPath } from '../platform/files.ts'
import { platform } from '../platform/machine.ts'
import * as runner from '../platform/runner.ts'
import { holdsObjects } from './gocache/listing.ts'

/** Facts that decide where Go's caches are located. */
export interface CacheDirectoryFacts {
  readonly inputs: Pick<Inputs, 'cache' | 'cache-modules' | 'cache-build'>
  /** Operating system, as Node names it (`win32`, `linux`). */
  readonly platform: string
  /** RUNNER_TEMP with links resolved; empty when it is unset. */
  readonly temp: string
  /** RUNNER_ENVIRONMENT: `github-hosted` or `self-hosted`. */
  readonly runner: string
  /** Output of `go env`. */
  readonly env: Readonly<Record<string, string>>
  /** Returns the value that the user set for a variable, in the environment or the user's `go env` file. */
  readonly existing: (name: string) => string
  /** Reports whether a cache directory already holds modules or objects. */
  readonly isPopulated: (directory: string) => boolean
}

/**
 * Variable that names a cache, its folder on the other drive, and the variables by which a user chooses the location.
 */
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
 * Plans to move Go's caches to the drive of RUNNER_TEMP, on Windows, when their default is another drive.
 *
 * A hosted Windows runner keeps home directories on C:, its slow system disk. The job's work is on a fast local disk,
 * if the image has one (actions/runner-images, "C drive is significantly slower than D drive"; not every image has a
 * D:). The folders are siblings of RUNNER_TEMP, since the runner empties RUNNER_TEMP itself for each job
 * (actions/runner, TempDirectoryManager.cs).
 *
 * Three cases change nothing. The user chose a location. This action does not manage the cache, so another step may.
 * The machine is self-hosted and the cache holds something.
 *
 * @returns the variables to set; empty when no cache moves
 */
export function planCacheDirectories(facts: CacheDirectoryFacts): readonly EnvChange[] {
  const { inputs, platform, temp, runner, env, existing, isPopulated } = facts
  if (platform !== 'win32' || !inputs.cache) return []
  const [drive, folderOfTemp] = [driveOf(temp), path.win32.normalize(temp)]
  // RUNNER_TEMP at the root of a drive has no parent for sibling folders.
  if (drive === undefined || path.win32.basename(folderOfTemp) === '') return []
  return cacheVariables.flatMap(({ name, input, folder, choices }): readonly EnvChange[] => {
    const directory = env[name] ?? ''
    const from = driveOf(directory)
    if (!inputs[input] || from === undefined || from === drive) return []
    if (choices.some((choice) => existing(choice) !== '')) return []
    if (runner !== 'github-hosted' && isPopulated(directory)) return []
    const value = path.win32.join(path.win32.dirname(folderOfTemp), '_go-deps', folder)
    const why = `Windows runners with two drives have RUNNER_TEMP on the faster one, ${drive}; the default is on ${from}`
    return [{ name, value, shown: value, why }]
  })
}

/** Returns the drive of an absolute path, such as `C:`; undefined for shares and other paths without a drive letter. */
function driveOf(directory: string): string | undefined {
  return /^([a-z]:)[\\/]/i.exec(directory)?.[1]?.toUpperCase()
}

/** Detected Go with its new cache directories, and the variables that set them. */
interface MovedCaches {
  readonly go: DetectedGo
  readonly changes: readonly EnvChange[]
}

/**
 * Moves Go's caches to the fast drive.
 *
 * @param go the go command, already detected
 * @param userEnv the environment of the user
 * @param system operating system, as Node names it
 */
export function moveCacheDirectories(
  inputs: Inputs,
  go: DetectedGo,
  userEnv: GoEnv,
  system: string = platform(),
): MovedCaches {
  const temp = userEnv.variable('RUNNER_TEMP')
  const planned = planCacheDirectories({
    inputs,
    platform: system,
    temp: lstat(temp) === undefined ? temp : realPath(temp),
    runner: userEnv.variable('RUNNER_ENVIRONMENT'),
    env: go.env,
    existing: userEnv.setting,
    isPopulated,
  })
  // A dry run creates nothing, and assumes that it could create the directories.
  const changes = inputs['dry-run'] ? planned : planned.filter(({ value }) => isCreated(value))
  return { go: { ...go, env: { ...go.env, ...valuesOf(changes) } }, changes }
}

/**
 * Reports whether a module cache holds a module, or a build cache an object. The 256 folders of a build cache do not
 * count, because Go creates all of them at once.
 */
function isPopulated(directory: string): boolean {
  return lstat(path.join(directory, 'cache', 'download')) !== undefined || holdsObjects(directory)
}

/** Creates a directory and reports whether it exists now. When this user may not create it, the default stays. */
function isCreated(directory: string): boolean {
  try {
    makeDirectory(directory)
    return true
  } catch (error) {
    runner.info(
      `A Go cache keeps its default directory, because ${directory} cannot be created: ${(error as Error).message}`,
    )
    return false
  }
}
