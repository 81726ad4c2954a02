import { createHash } from 'node:crypto'
import { accessSync, constants, mkdirSync, mkdtempSync, realpathSync } from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'
import { processEnv, type Variables } from './environment.ts'

/**
 * Returns the real path of this job's folder for temporary files: RUNNER_TEMP, or the system's own when that is
 * unusable.
 */
export function temporaryFolder(): string {
  const { RUNNER_TEMP: given = '' } = processEnv()
  return temporaryFault() === undefined && given !== '' ? realpathSync(given) : systemFolder()
}

/**
 * Returns why this action cannot use RUNNER_TEMP, as a part of a sentence; undefined when it can. Creates a missing
 * folder.
 */
export function temporaryFault(): string | undefined {
  const { RUNNER_TEMP: given = '' } = processEnv()
  return given === '' ? undefined : folderFault(given)
}

/** Prefix of the name of a job's own folder. */
const jobFolderPrefix = 'go-deps-action-'

/** Makes a private folder for this action's own files in the job's temporary folder. */
export function makeJobDir(): string {
  return mkdtempSync(path.join(jobDirParent(), jobFolderPrefix))
}

/** Whether a folder can be one that `makeJobDir` made in this job. */
export function isJobDir(folder: string): boolean {
  return isDirectlyIn(jobDirParent(), folder, jobFolderPrefix)
}

/**
 * Whether a path is directly in the job's temporary folder and its name starts with a prefix of this action.
 *
 * @param prefix start of the name
 */
export function isInTempDir(file: string, prefix: string): boolean {
  return isDirectlyIn(temporaryFolder(), file, prefix)
}

function isDirectlyIn(folder: string, file: string, prefix: string): boolean {
  if (!path.isAbsolute(file) || path.normalize(file) !== file) return false
  return path.dirname(file) === folder && path.basename(file).startsWith(prefix)
}

/**
 * Returns the parent of the job folders: the temporary folder, unless a blank in its path keeps @actions/cache from
 * packing there.
 */
export function jobDirParent(): string {
  const folder = temporaryFolder()
  if (!/\s/.test(folder)) return folder
  const other = systemFolder()
  return /\s/.test(other) ? folder : other
}

/** Returns the system's folder for temporary files, or the next best; falls back to the system's own. */
function systemFolder(): string {
  const folders = [os.tmpdir(), ...(process.platform === 'win32' ? [] : ['/tmp']), homeFolder(processEnv())]
  return realpathSync(
    folders.find((folder) => folder !== '' && folderFault(folder) === undefined) ?? os.tmpdir(),
  )
}

/**
 * Characters that are special to ssh, GOAUTH, @actions/glob or @actions/exec. Of the quotes, only `'` is special to
 * none.
 */
const specialCharacters = process.platform === 'win32' ? /["`;%$*?[\]\p{Cc}]/u : /["`;%$*?[\]\\\p{Cc}]/u

function folderFault(folder: string): string | undefined {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK | constants.X_OK)
    const character = specialCharacters.exec(realpathSync(folder))?.[0]
    return character === undefined
      ? undefined
      : `holds ${JSON.stringify(character)}, which has a special meaning to git, ssh or tar`
  } catch (error) {
    return `cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`
  }
}

/** Returns the folder of the checkout: GITHUB_WORKSPACE, else the current directory. */
export function workspaceFolder(variables: Variables): string {
  const folder = variables.GITHUB_WORKSPACE
  return path.resolve(folder === undefined || folder === '' ? process.cwd() : folder)
}

/**
 * Returns the user's home from the variables that os.UserHomeDir of Go reads; empty when there is none. A relative path
 * counts as none: it would lead into the checkout, whose files are not the user's.
 */
export function homeFolder(variables: Variables): string {
  const folder = variables[process.platform === 'win32' ? 'USERPROFILE' : 'HOME'] ?? os.homedir()
  return path.isAbsolute(folder) ? folder : ''
}

/**
 * Returns an identifier that distinguishes this job from all others on this machine, in characters that a file name may
 * hold.
 */
export function jobIdentity(): string {
  const names = [
    'RUNNER_TRACKING_ID',
    'GITHUB_REPOSITORY',
    'GITHUB_RUN_ID',
    'GITHUB_RUN_ATTEMPT',
    'GITHUB_JOB',
  ]
  const variables = processEnv()
  const parts = names.map((name) => variables[name] ?? '')
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)
}
