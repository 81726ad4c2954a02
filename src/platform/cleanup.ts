import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { now } from './clock.ts'
import { type Variables, withVariables } from './environment.ts'
import { entriesOf, lstat, makePrivateDirectory, removeIfPossible } from './files.ts'
import { ownerState, ownerToken } from './job-owner.ts'
import { restrictToOwner } from './permissions.ts'
import * as runner from './runner.ts'
import { isInTempDir, isJobDir, jobIdentity, makeJobDir, temporaryFolder } from './temp-dirs.ts'

/** What main passes to post about a temp dir: its path, the variables that point to it, and their previous values. */
interface CleanupRecord {
  readonly folder: string
  readonly given: Readonly<Record<string, string>>
  readonly before: Readonly<Record<string, string>>
}

/** Decodes the record that main saved of a temp dir; undefined when it is damaged. */
export function decodeCleanupRecord(text: string): CleanupRecord | undefined {
  const state = objectIn(text) as Partial<CleanupRecord> | undefined
  if (state === undefined || typeof state.folder !== 'string') return undefined
  return areVariables(state.given) && areVariables(state.before) ? (state as CleanupRecord) : undefined
}

function areVariables(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.entries(value).every(([name, text]) => /^\w+$/.test(name) && typeof text === 'string')
  )
}

export function objectIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** The kinds of temp dirs with files that have their own place in RUNNER_TEMP. */
const kinds = ['credentials', 'certificates', 'ssh', 'bundle'] as const

/** What main puts on the machine and removes again: `work` is the folder of this action's own files. */
type TempDirKind = (typeof kinds)[number] | 'work'

/** Returns the start of such a folder's name in RUNNER_TEMP. The job's identity and the owner token follow. */
const prefixOf = (kind: TempDirKind) => `go-deps-${kind}-`

/**
 * Maximum age of a running job's folder, in milliseconds. GitHub ends a job after five days (docs.github.com, "Actions
 * limits", job execution time).
 */
const maxJobAge = 6 * 24 * 60 * 60 * 1000

/** Removes the folders of killed jobs. Several runners may share RUNNER_TEMP, so the folders of running jobs stay. */
export function removeLeftoverDirs(): void {
  const folder = temporaryFolder()
  for (const kind of kinds) {
    for (const { name } of entriesOf(folder)) {
      const target = path.join(folder, name)
      if (name.startsWith(prefixOf(kind)) && isAbandoned(name.slice(prefixOf(kind).length), target))
        removeIfPossible(target)
    }
  }
}

/**
 * Whether the job that made a folder has ended.
 *
 * @param rest the folder's name after the kind: job identity, owner token and a random ending
 * @param target absolute path of the folder
 */
function isAbandoned(rest: string, target: string): boolean {
  if (rest.startsWith(`${jobIdentity()}-`)) return false
  const owner = /^[\da-f]{12}-(\d+\.\d+\.[\da-f]{8})-/.exec(rest)?.[1]
  if (owner === undefined || ownerState(owner) === 'ended') return true
  return now() - (lstat(target)?.mtimeMs ?? 0) > maxJobAge
}

/**
 * The registry of everything that main puts on the machine. Each folder is registered with post before anything is in
 * it. The end of main removes what post does not need, also when the job is cancelled; post removes the rest.
 */
export class Cleanup {
  readonly #folders = new Map<TempDirKind, string>()
  /** The save may go to a server that is trusted only through these certificates, and later steps use the bundle. */
  readonly #kept = new Set<TempDirKind>(['certificates', 'bundle'])

  /**
   * Makes a private folder, once for each kind.
   *
   * @returns its absolute path
   */
  makeDir(kind: TempDirKind): string {
    const existing = this.#folders.get(kind)
    if (existing !== undefined) return existing
    const name = `${prefixOf(kind)}${jobIdentity()}-${ownerToken()}-`
    const folder = kind === 'work' ? makeJobDir() : makePrivateDirectory(path.join(temporaryFolder(), name))
    if (kind !== 'bundle' && kind !== 'work') restrictToOwner(folder)
    this.#folders.set(kind, folder)
    registerWithPost(kind, { folder, given: {}, before: {} })
    return folder
  }

  /**
   * Makes a private folder, and fills it.
   *
   * @param variables the current variables
   * @param fill receives the folder's absolute path and returns the variables that point to it
   * @param absent values for variables that were not set, used when the job ends; by default empty ones
   * @returns the variables
   */
  fillDir(
    kind: TempDirKind,
    variables: Variables,
    fill: (folder: string) => Readonly<Record<string, string>>,
    absent: Readonly<Record<string, string>> = {},
  ): Readonly<Record<string, string>> {
    const folder = this.makeDir(kind)
    const given = fill(folder)
    const previous = (name: string) => variables[name] || (absent[name] ?? neutralValue(name))
    const before = Object.fromEntries(Object.keys(given).map((name) => [name, previous(name)]))
    registerWithPost(kind, { folder, given, before })
    return given
  }

  /** Keeps a kind until post, because later steps or post itself need it. */
  keepForPost(kind: TempDirKind): void {
    this.#kept.add(kind)
  }

  /** Removes everything that post does not need. */
  endMain(): void {
    for (const [kind, folder] of this.#folders) if (!this.#kept.has(kind)) removeIfPossible(folder)
  }
}

/**
 * Returns the value for a variable that was not set. A variable cannot be unset for later steps. Git rejects an empty
 * key once a later step has added its own settings after it.
 */
function neutralValue(name: string): string {
  return name.startsWith('GIT_CONFIG_KEY_') ? 'go-deps.removed' : ''
}

function registerWithPost(kind: TempDirKind, record: CleanupRecord): void {
  runner.saveState(kind, JSON.stringify(record))
}

/**
 * Removes in post what main made, and restores its variables for later steps. A failure becomes a warning, so that the
 * others are still removed.
 *
 * @param kinds what to remove, in reverse order of creation: several kinds add to the same variables
 * @param variables the variables in effect
 * @param later receives the restored variables
 * @returns the variables with the restored ones
 */
export function removeInPost(
  kinds: readonly TempDirKind[],
  variables: Variables,
  later: runner.LaterSteps,
): Variables {
  return kinds.reduce((current, kind) => {
    try {
      const restored = removeKind(kind, current)
      later.set(restored)
      return withVariables(current, restored)
    } catch (error) {
      runner.warning(`Not everything was cleaned up (${kind}): ${(error as Error).message}`)
      return current
    }
  }, variables)
}

/** Removes a folder that main made, and returns the variables to restore. */
function removeKind(kind: TempDirKind, variables: Variables): Readonly<Record<string, string>> {
  const text = runner.savedState(kind)
  if (text === '') return {}
  const record = decodeCleanupRecord(text)
  if (record === undefined || !isOwnFolder(kind, record.folder)) {
    runner.info(`Nothing is removed for ${kind}: the state from the main step cannot be read.`)
    return {}
  }
  removeIfPossible(record.folder)
  return { ...restoredVariables(record, variables), ...withoutBundle(kind, record, variables) }
}

function isOwnFolder(kind: TempDirKind, folder: string): boolean {
  return kind === 'work' ? isJobDir(folder) : isInTempDir(folder, prefixOf(kind))
}

/** Returns the previous values. A variable that was not exported, or that a later step changed, stays as it is. */
function restoredVariables(
  { given, before }: CleanupRecord,
  variables: Variables,
): Readonly<Record<string, string>> {
  const ours = Object.entries(given).filter(([name, value]) => variables[name] === value)
  return Object.fromEntries(ours.map(([name]) => [name, before[name] ?? '']))
}

/** Returns GOPROXY without the bundle. Its rest is not part of the record, because it may hold a password. */
function withoutBundle(
  kind: TempDirKind,
  { folder }: CleanupRecord,
  { GOPROXY: goproxy = '' }: Variables,
): Readonly<Record<string, string>> {
  const [first = '', ...rest] = goproxy.split(',')
  const isBundle = kind === 'bundle' && first.startsWith(pathToFileURL(folder).href)
  return isBundle ? { GOPROXY: rest.join(',') } : {}
}
