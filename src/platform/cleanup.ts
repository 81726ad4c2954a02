import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { now } from './clock.ts'
import { processEnv, setEnv } from './environment.ts'
import { entriesOf, lstat, makePrivateDirectory, removeIfPossible } from './files.ts'
import { restrictToOwner } from './permissions.ts'
import * as runner from './runner.ts'
import { isInTempDir, jobIdentity, temporaryFolder } from './temp-dirs.ts'

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

/**
 * Returns a token for the process that started this one, in characters that a file name may hold. That process is the
 * runner, which lives as long as the job.
 *
 * @param parent its process ID
 * @returns the process ID, its start time in clock ticks since boot (proc(5), /proc/pid/stat; 0 on systems without it),
 *   and a hash of machine and PID namespace
 */
export function ownerToken(parent: number = process.ppid): string {
  return `${parent}.${startOf(parent) ?? '0'}.${machineToken()}`
}

/**
 * Reports whether the process that a token names still runs.
 *
 * @returns `unknown` when the process is of another machine, container or boot, or has no ID here, such as the parent
 *   of a process that `docker exec` starts
 */
export function ownerState(token: string): 'alive' | 'ended' | 'unknown' {
  const [pid = '', start = '', machine] = token.split('.')
  if (machine !== machineToken() || !/^[1-9]\d*$/.test(pid)) return 'unknown'
  if (process.platform === 'linux') return startOf(Number(pid)) === start ? 'alive' : 'ended'
  try {
    process.kill(Number(pid), 0)
    return 'alive'
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH' ? 'ended' : 'alive'
  }
}

/**
 * Returns the start time, which is the 22nd field. The second field is a name in parentheses, which may hold blanks.
 */
function startOf(pid: number): string | undefined {
  const stat = textOf(() => readFileSync(`/proc/${pid}/stat`, 'utf8'))
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] || undefined
}

function machineToken(): string {
  const boot = textOf(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'))
  const namespace = textOf(() => readlinkSync('/proc/self/ns/pid'))
  return createHash('sha256').update([os.hostname(), boot, namespace].join('\n')).digest('hex').slice(0, 8)
}

function textOf(read: () => string): string {
  try {
    return read()
  } catch {
    return ''
  }
}

/** The kinds of temp dirs, which live until the job ends at the latest. Each kind has its own folder. */
const kinds = ['credentials', 'certificates', 'ssh', 'bundle'] as const

export type TempDirKind = (typeof kinds)[number]

/** Returns the start of such a folder's name in RUNNER_TEMP. The job's identity and the owner token follow. */
const prefixOf = (kind: TempDirKind) => `go-deps-${kind}-`

/**
 * Maximum age of a running job's folder, in milliseconds. GitHub ends a job after five days (docs.github.com, "Actions
 * limits", job execution time).
 */
const longestJob = 6 * 24 * 60 * 60 * 1000

/** Removes the folders of killed jobs. Several runners may share RUNNER_TEMP, so the folders of running jobs stay. */
export function removeLeftoverDirs(): void {
  const folder = temporaryFolder()
  for (const kind of kinds) {
    for (const { name } of entriesOf(folder)) {
      const target = path.join(folder, name)
      if (name.startsWith(prefixOf(kind)) && isLeft(name.slice(prefixOf(kind).length), target))
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
function isLeft(rest: string, target: string): boolean {
  if (rest.startsWith(`${jobIdentity()}-`)) return false
  const owner = /^[\da-f]{12}-(\d+\.\d+\.[\da-f]{8})-/.exec(rest)?.[1]
  if (owner === undefined || ownerState(owner) === 'ended') return true
  return now() - (lstat(target)?.mtimeMs ?? 0) > longestJob
}

/**
 * Makes a private folder. It passes the folder to post before anything is in it.
 *
 * @returns its absolute path
 */
export function makeJobTempDir(kind: TempDirKind): string {
  const name = `${prefixOf(kind)}${jobIdentity()}-${ownerToken()}-`
  const folder = makePrivateDirectory(path.join(temporaryFolder(), name))
  if (kind !== 'bundle') restrictToOwner(folder)
  tellPost(kind, { folder, given: {}, before: {} })
  return folder
}

/**
 * Makes a private folder, fills it, and sets the variables that point to it, for this process and the commands that it
 * starts.
 *
 * @param fill receives the folder's absolute path and returns the variables
 * @param absent values for variables that were not set, used when the job ends; by default empty ones
 * @returns the variables
 */
export function fillJobTempDir(
  kind: TempDirKind,
  fill: (folder: string) => Readonly<Record<string, string>>,
  absent: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const folder = makeJobTempDir(kind)
  const given = fill(folder)
  const was = (name: string) => processEnv()[name] || (absent[name] ?? neutralValue(name))
  tellPost(kind, {
    folder,
    given,
    before: Object.fromEntries(Object.keys(given).map((name) => [name, was(name)])),
  })
  for (const [name, value] of Object.entries(given)) setEnv(name, value)
  return given
}

/**
 * Returns the value for a variable that was not set. A variable cannot be unset for later steps. Git refuses an empty
 * key once a later step has added its own settings behind it.
 */
function neutralValue(name: string): string {
  return name.startsWith('GIT_CONFIG_KEY_') ? 'go-deps.removed' : ''
}

function tellPost(kind: TempDirKind, state: CleanupRecord): void {
  runner.saveState(kind, JSON.stringify(state))
}

/** Exports variables to later steps. */
export function exportVariables(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) runner.exportVariable(name, value)
}

/** Removes in post a folder that main made for later steps, and restores its variables. */
export function removeJobTempDir(kind: TempDirKind): void {
  const text = runner.savedState(kind)
  if (text === '') return
  const state = decodeCleanupRecord(text)
  if (state === undefined || !isInTempDir(state.folder, prefixOf(kind))) {
    runner.info(`Nothing is removed for ${kind}: what the main step said of its folder cannot be read.`)
    return
  }
  const { folder, given, before } = state
  removeIfPossible(folder)
  if (kind === 'bundle') withoutBundle(folder)
  for (const [name, value] of Object.entries(given)) {
    // A variable that was not exported, or that a later step changed, is not this action's.
    if (processEnv()[name] === value) giveBack(name, before[name] ?? '')
  }
}

/** Restores a variable, also for this process: several kinds add to the same variables and restore them in turn. */
function giveBack(name: string, value: string): void {
  setEnv(name, value)
  runner.exportVariable(name, value)
}

/** Removes the bundle from GOPROXY. The rest of GOPROXY is not part of the state, because it may hold a password. */
function withoutBundle(folder: string): void {
  const [first = '', ...rest] = (processEnv().GOPROXY ?? '').split(',')
  if (first.startsWith(pathToFileURL(folder).href)) giveBack('GOPROXY', rest.join(','))
}
