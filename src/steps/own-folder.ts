import * as path from 'node:path'
import { environment, jobIdentity, setVariable, temporaryFolder } from '../system/environment.ts'
import { entriesOf, makePrivateDirectory, removeIfPossible } from '../system/files.ts'
import { closeToOthers } from '../system/private-rights.ts'
import * as runner from '../system/runner.ts'

/** What lies in a folder of its own until the job ends, at the latest: each kind has one. */
const kinds = ['credentials', 'certificates'] as const
export type OwnFolderKind = (typeof kinds)[number]

/** What post is told: where it is, which variables lead there, and what they were before. */
interface OwnFolderState {
  readonly folder: string
  readonly given: Readonly<Record<string, string>>
  readonly before: Readonly<Record<string, string>>
}

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
 * Makes a private folder, fills it, and sets the variables that lead there for this process and the commands that it
 * starts. Post knows of it before there is anything in it.
 *
 * @param fill gets the folder's absolute path, answers the variables
 * @returns the variables
 */
export function fillOwnFolder(
  kind: OwnFolderKind,
  fill: (folder: string) => Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const folder = makePrivateDirectory(path.join(temporaryFolder(), `${prefixOf(kind)}${jobIdentity()}-`))
  closeToOthers(folder)
  const tell = (given: OwnFolderState['given'], before: OwnFolderState['before']) =>
    runner.saveState(kind, JSON.stringify({ folder, given, before } satisfies OwnFolderState))
  tell({}, {})
  const variables = fill(folder)
  tell(variables, Object.fromEntries(Object.keys(variables).map((name) => [name, environment()[name] ?? ''])))
  for (const [name, value] of Object.entries(variables)) setVariable(name, value)
  return variables
}

/** Hands variables on to later steps. */
export function exportAll(variables: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(variables)) runner.exportVariable(name, value)
}

/** Removes in post what main has left for later steps, and gives its variables back what they were. */
export function removeOwnFolder(kind: OwnFolderKind): void {
  const text = runner.savedState(kind)
  if (text === '') return
  const { folder, given, before } = JSON.parse(text) as OwnFolderState
  removeIfPossible(folder)
  for (const [name, value] of Object.entries(given)) {
    // What was not exported, or what a later step has changed, is nothing of ours.
    if (environment()[name] === value) runner.exportVariable(name, before[name] ?? '')
  }
}
