import { createHash } from 'node:crypto'
import { accessSync, constants, mkdirSync, mkdtempSync, realpathSync } from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'

/** The folder for temporary files of this job, real path: RUNNER_TEMP, or the system's own where that one cannot be used. */
export function temporaryFolder(): string {
  const { RUNNER_TEMP: given = '' } = process.env
  return temporaryFault() === undefined && given !== '' ? realpathSync(given) : systemFolder()
}

/**
 * What keeps this action from having its files in RUNNER_TEMP, as a part of a sentence; undefined where nothing does. A folder
 * that is missing is made.
 */
export function temporaryFault(): string | undefined {
  const { RUNNER_TEMP: given = '' } = process.env
  return given === '' ? undefined : folderFault(given)
}

/** Begins the name of the folder of a job's own files. */
const jobFolderPrefix = 'go-deps-action-'

/** Makes a private folder for this action's own files in the job's temporary folder. */
export function makeJobDir(): string {
  return mkdtempSync(path.join(jobDirParent(), jobFolderPrefix))
}

/** Whether a folder can be one that `makeJobFolder` made in this job. */
export function isJobDir(folder: string): boolean {
  return isDirectlyIn(jobDirParent(), folder, jobFolderPrefix)
}

/**
 * Whether a path names something directly in the job's temporary folder, whose name begins as this action's own do.
 *
 * @param prefix how the name begins
 */
export function isInTempDir(file: string, prefix: string): boolean {
  return isDirectlyIn(temporaryFolder(), file, prefix)
}

function isDirectlyIn(folder: string, file: string, prefix: string): boolean {
  if (!path.isAbsolute(file) || path.normalize(file) !== file) return false
  return path.dirname(file) === folder && path.basename(file).startsWith(prefix)
}

/** Where the folders of jobs are: in the temporary folder, unless a blank in its name keeps @actions/cache from packing there. */
export function jobDirParent(): string {
  const folder = temporaryFolder()
  if (!/\s/.test(folder)) return folder
  const other = systemFolder()
  return /\s/.test(other) ? folder : other
}

/** The system's folder for temporary files, or the next best; the last word is the system's own. */
function systemFolder(): string {
  const folders = [os.tmpdir(), ...(process.platform === 'win32' ? [] : ['/tmp']), homeFolder()]
  return realpathSync(
    folders.find((folder) => folder !== '' && folderFault(folder) === undefined) ?? os.tmpdir(),
  )
}

/** Of these characters each is special to one of ssh, GOAUTH, @actions/glob or @actions/exec; of quotes, `'` is to none. */
const awkward = process.platform === 'win32' ? /["`;%$*?[\]\p{Cc}]/u : /["`;%$*?[\]\\\p{Cc}]/u

function folderFault(folder: string): string | undefined {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK | constants.X_OK)
    const sign = awkward.exec(realpathSync(folder))?.[0]
    return sign === undefined
      ? undefined
      : `holds ${JSON.stringify(sign)}, which git, ssh or tar take for their own`
  } catch (error) {
    return `cannot be written (${(error as NodeJS.ErrnoException).code ?? 'unknown error'})`
  }
}

/** The folder of the checkout: GITHUB_WORKSPACE, else the current directory. */
export function workspaceFolder(): string {
  const folder = process.env.GITHUB_WORKSPACE
  return path.resolve(folder === undefined || folder === '' ? process.cwd() : folder)
}

/**
 * The user's home (os.UserHomeDir of Go looks at the same variables); empty where that is none. A relative one would lead into
 * the checkout, whose files are not the user's.
 */
export function homeFolder(): string {
  const folder = process.env[process.platform === 'win32' ? 'USERPROFILE' : 'HOME'] ?? os.homedir()
  return path.isAbsolute(folder) ? folder : ''
}

/** Tells this job from every other one that has run on this machine, in letters that a file's name may have. */
export function jobIdentity(): string {
  const names = [
    'RUNNER_TRACKING_ID',
    'GITHUB_REPOSITORY',
    'GITHUB_RUN_ID',
    'GITHUB_RUN_ATTEMPT',
    'GITHUB_JOB',
  ]
  const parts = names.map((name) => process.env[name] ?? '')
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)
}
