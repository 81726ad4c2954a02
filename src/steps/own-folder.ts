import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { decodeFolderState, type FolderState } from '../plan/state.ts'
import { environment, isTemporary, jobIdentity, setVariable, temporaryFolder } from '../system/environment.ts'
import { entriesOf, makePrivateDirectory, removeIfPossible } from '../system/files.ts'
import { closeToOthers } from '../system/private-rights.ts'
import * as runner from '../system/runner.ts'

/** What lies in a folder of its own until the job ends, at the latest: each kind has one. */
const kinds = ['credentials', 'certificates', 'ssh', 'bundle'] as const
export type OwnFolderKind = (typeof kinds)[number]

/** Begins the name of such a folder in RUNNER_TEMP; which job's it is comes next. */
const prefixOf = (kind: OwnFolderKind) => `go-deps-${kind}-`

/** Removes what jobs have left that were killed. */
export function removeLeftFolders(): void {
  const folder = temporaryFolder()
  for (const kind of kinds) {
    const own = `${prefixOf(kind)}${jobIdentity()}-`
    for (const { name } of entriesOf(folder)) {
      if (name.startsWith(prefixOf(kind)) && !name.startsWith(own)) removeIfPossible(path.join(folder, name))
    }
  }
}

/**
 * Makes a private folder. Post knows of it before there is anything in it.
 *
 * @returns its absolute path
 */
export function makeOwnFolder(kind: OwnFolderKind): string {
  const folder = makePrivateDirectory(path.join(temporaryFolder(), `${prefixOf(kind)}${jobIdentity()}-`))
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
  const was = (name: string) => environment()[name] || (absent[name] ?? '')
  tellPost(kind, {
    folder,
    given,
    before: Object.fromEntries(Object.keys(given).map((name) => [name, was(name)])),
  })
  for (const [name, value] of Object.entries(given)) setVariable(name, value)
  return given
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
    if (environment()[name] === value) runner.exportVariable(name, before[name] ?? '')
  }
}

/** What comes behind the bundle in GOPROXY is not part of the state, because it may hold a password. */
function withoutBundle(folder: string): void {
  const [first = '', ...rest] = (environment().GOPROXY ?? '').split(',')
  if (first.startsWith(pathToFileURL(folder).href)) runner.exportVariable('GOPROXY', rest.join(','))
}
