import { createHash } from 'node:crypto'
import { mkdtempSync, realpathSync } from 'node:fs'
import * as os from 'node:os'
import * as path from 'node:path'

/** The environment variables of this process, as they are now. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return { ...process.env }
}

/** Sets a variable for this process and the commands that it starts, and for nobody else. */
export function setVariable(name: string, value: string): void {
  process.env[name] = value
}

/** Takes a variable away from this process and the commands that it starts. */
export function forgetVariable(name: string): void {
  delete process.env[name]
}

/** Puts a folder first on PATH for this process and the commands that it starts, and for nobody else. */
export function prependPath(folder: string): void {
  process.env.PATH = [folder, process.env.PATH].filter(Boolean).join(path.delimiter)
}

/**
 * PATH with a folder in front, for a command alone. Windows may spell it `Path`, and a second spelling beside that would make
 * the winner a matter of luck.
 */
export function pathVariable(folder: string): Readonly<Record<string, string>> {
  const name = Object.keys(process.env).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  return { [name]: [folder, process.env[name]].filter(Boolean).join(path.delimiter) }
}

/** The machine, as far as it decides what a build makes. */
export interface Machine {
  readonly platform: NodeJS.Platform
  /** As `process.arch` says it: x64, arm64. */
  readonly arch: string
  /** Release of the kernel; on macOS and Windows it stands for the release of the system. */
  readonly release: string
  /** Version of glibc; undefined with musl and where there is none. */
  readonly glibc: string | undefined
}

/** The system, in the words of Node. */
export function platform(): NodeJS.Platform {
  return process.platform
}

/** Absolute path of the Node that runs this. */
export function nodeProgram(): string {
  return process.execPath
}

/** Whether this process may do everything; Windows does not tell. */
export function isSuperuser(): boolean {
  return process.getuid?.() === 0
}

/** The processor, in the words of Node. */
export function architecture(): string {
  return process.arch
}

/** Looks at the machine; a report on the C library takes some milliseconds. */
export function machine(): Machine {
  return { platform: process.platform, arch: process.arch, release: os.release(), glibc: glibcVersion() }
}

/** The folder for temporary files of this job, real path; the system's own when the runner names none. */
export function temporaryFolder(): string {
  const folder = process.env.RUNNER_TEMP
  return realpathSync(folder === undefined || folder === '' ? os.tmpdir() : folder)
}

/** Begins the name of the folder of a job's own files. */
const jobFolderPrefix = 'go-deps-action-'

/** Makes a private folder for this action's own files in the job's temporary folder. */
export function makeJobFolder(): string {
  return mkdtempSync(path.join(temporaryFolder(), jobFolderPrefix))
}

/** Whether a folder can be one that `makeJobFolder` made in this job. */
export function isJobFolder(folder: string): boolean {
  return isTemporary(folder, jobFolderPrefix)
}

/**
 * Whether a path names something directly in the job's temporary folder, whose name begins as this action's own do.
 *
 * @param prefix how the name begins
 */
export function isTemporary(file: string, prefix: string): boolean {
  if (!path.isAbsolute(file) || path.normalize(file) !== file) return false
  return path.dirname(file) === temporaryFolderOrItsName() && path.basename(file).startsWith(prefix)
}

/** A later step may have removed the folder itself. */
function temporaryFolderOrItsName(): string {
  try {
    return temporaryFolder()
  } catch {
    return path.resolve(process.env.RUNNER_TEMP ?? '')
  }
}

/** The folder of the checkout: GITHUB_WORKSPACE, else the current directory. */
export function workspaceFolder(): string {
  const folder = process.env.GITHUB_WORKSPACE
  return path.resolve(folder === undefined || folder === '' ? process.cwd() : folder)
}

/** The user's home (os.UserHomeDir of Go looks at the same variables). */
export function homeFolder(): string {
  return process.env[process.platform === 'win32' ? 'USERPROFILE' : 'HOME'] ?? os.homedir()
}

/** Tells this job from every other one that has run on this machine, in letters that a file's name may have. */
export function jobIdentity(): string {
  const names = ['RUNNER_TRACKING_ID', 'GITHUB_RUN_ID', 'GITHUB_RUN_ATTEMPT', 'GITHUB_JOB']
  const parts = names.map((name) => process.env[name] ?? '')
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 12)
}

function glibcVersion(): string | undefined {
  if (process.platform !== 'linux' || process.report === undefined) return undefined
  // Without this the report looks up the name of every address of the machine.
  Object.assign(process.report, { excludeNetwork: true })
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return report.header?.glibcVersionRuntime
}
