import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { decodeFolderState, type FolderState } from '../plan/state.ts'
import { now } from '../system/clock.ts'
import { environment, isTemporary, jobIdentity, setVariable, temporaryFolder } from '../system/environment.ts'
import { entriesOf, look, makePrivateDirectory, removeIfPossible } from '../system/files.ts'
import { ownerState, ownerToken } from '../system/owner.ts'
import { closeToOthers } from '../system/private-rights.ts'
import * as runner from '../system/runner.ts'

/** What lies in a folder of its own until the job ends, at the latest: each kind has one. */
const kinds = ['credentials', 'certificates', 'ssh', 'bundle'] as const
export type OwnFolderKind = (typeof kinds)[number]

/** Begins the name of such a folder in RUNNER_TEMP; which job's it is, and what started that one, comes next. */
const prefixOf = (kind: OwnFolderKind) => `go-deps-${kind}-`

/** No job of GitHub's runs longer than five days (docs.github.com, "Actions limits", job execution time). */
const longestJob = 6 * 24 * 60 * 60 * 1000

/** Removes what jobs have left that were killed. Several runners may share RUNNER_TEMP: what a running job has there stays. */
export function removeLeftFolders(): void {
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
 * @param rest the name behind the kind: whose it is, who started that job, and a random ending
 * @param target absolute path of the folder
 */
function isLeft(rest: string, target: string): boolean {
  if (rest.startsWith(`${jobIdentity()}-`)) return false
  const owner = /^[\da-f]{12}-(\d+\.\d+\.[\da-f]{8})-/.exec(rest)?.[1]
  if (owner === undefined || ownerState(owner) === 'ended') return true
  return now() - (look(target)?.mtimeMs ?? 0) > longestJob
}

/**
 * Makes a private folder. Post knows of it before there is anything in it.
 *
 * @returns its absolute path
 */
export function makeOwnFolder(kind: OwnFolderKind): string {
  const name = `${prefixOf(kind)}${jobIdentity()}-${ownerToken()}-`
  const folder = makePrivateDirectory(path.join(temporaryFolder(), name))
  if (kind !== 'bundle') closeToOthers(folder)
  tellPost(kind, { folder, given: {}, before: {} })
  return folder
}

/**
 * Makes a private folder, fills it, and sets the variables that lead there for this process and the commands that it
 * starts.
 *
 * @param fill gets the folder's absolute path, answers the variables
 * @param absent what stands for a variable that is not set, when the job ends; by default an empty one
 * @returns the variables
 */
export function fillOwnFolder(
  kind: OwnFolderKind,
  fill: (folder: string) => Readonly<Record<string, string>>,
  absent: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const folder = makeOwnFolder(kind)
  const given = fill(folder)
  const was = (name: string) => environment()[name] || (absent[name] ?? neutralValue(name))
  tellPost(kind, {
    folder,
    given,
    before: Object.fromEntries(Object.keys(given).map((name) => [name, was(name)])),
  })
  for (const [name, value] of Object.entries(given)) setVariable(name, value)
  return given
}

/**
 * What stands for a variable that was not set. A variable cannot be unset for later steps, and git refuses an empty key as
 * soon as a later step has added settings of its own behind it.
 */
function neutralValue(name: string): string {
  return name.startsWith('GIT_CONFIG_KEY_') ? 'go-deps.removed' : ''
}

function tellPost(kind: OwnFolderKind, state: FolderState): void {
  runner.saveState(kind, JSON.stringify(state))
}

/** Hands variables on to later steps. */
export function exportAll(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) runner.exportVariable(name, value)
}

/** Removes in post what main has left for later steps, and gives its variables back what they were. */
export function removeOwnFolder(kind: OwnFolderKind): void {
  const text = runner.savedState(kind)
  if (text === '') return
  const state = decodeFolderState(text)
  if (state === undefined || !isTemporary(state.folder, prefixOf(kind))) {
    runner.info(`Nothing is removed for ${kind}: what the main step said of its folder cannot be read.`)
    return
  }
  const { folder, given, before } = state
  removeIfPossible(folder)
  if (kind === 'bundle') withoutBundle(folder)
  for (const [name, value] of Object.entries(given)) {
    // What was not exported, or what a later step has changed, is nothing of ours.
    if (environment()[name] === value) giveBack(name, before[name] ?? '')
  }
}

/** Also for this process: the kinds of one use add to the same variables, and give them back one after the other. */
function giveBack(name: string, value: string): void {
  setVariable(name, value)
  runner.exportVariable(name, value)
}

/** What comes behind the bundle in GOPROXY is not part of the state, because it may hold a password. */
function withoutBundle(folder: string): void {
  const [first = '', ...rest] = (environment().GOPROXY ?? '').split(',')
  if (first.startsWith(pathToFileURL(folder).href)) giveBack('GOPROXY', rest.join(','))
}
