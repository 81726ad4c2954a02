import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { constants } from 'node:os'
import * as path from 'node:path'
import { getExecOutput } from '@actions/exec'
import { childEnvironment } from './environment.ts'
import { debug } from './runner.ts'

/**
 * Runs something before this process ends, also when the job is cancelled: then the runner interrupts this process
 * alone, and `finally` is not reached.
 *
 * @param action does not wait for anything
 * @returns takes it back
 */
export function onExit(action: () => void): () => void {
  const end = (signal: NodeJS.Signals) => process.exit(128 + constants.signals[signal])
  process.once('exit', action)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end)
  return () => {
    process.off('exit', action)
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, end)
  }
}

/**
 * Finds a program as a shell does, but in absolute folders of PATH alone: `.` or an empty element would run what a checkout
 * brings along, which is why Go refuses such programs, too (os/exec, ErrDot). Windows looks into the current directory
 * first. Folders that cannot be read hold nothing to run, and nothing is said of them.
 *
 * @param name a bare name, or an absolute path
 * @param environment holds PATH, and on Windows PATHEXT
 * @param platform the system, in the words of Node
 * @returns its absolute path; undefined when there is none
 */
export function findProgram(
  name: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const paths = platform === 'win32' ? path.win32 : path.posix
  const extensions = platform === 'win32' ? extensionsOf(name, variable(environment, 'PATHEXT')) : ['']
  const folders = variable(environment, 'PATH').split(paths.delimiter)
  const files = paths.isAbsolute(name)
    ? [name]
    : folders
        // Windows allows quotes around a folder.
        .map((folder) => (platform === 'win32' ? folder.replaceAll('"', '') : folder))
        .filter((folder) => paths.isAbsolute(folder))
        .map((folder) => paths.join(folder, name))
  return files
    .flatMap((file) => extensions.map((extension) => `${file}${extension}`))
    .find((file) => isProgram(file, platform))
}

/** A program that comes with Windows, whatever PATH says: `taskkill` as `C:\Windows\System32\taskkill.exe`. */
export function windowsProgram(
  name: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): string {
  return path.win32.join(variable(environment, 'SYSTEMROOT') || 'C:\\Windows', 'System32', `${name}.exe`)
}

/** Windows spells its variables as it likes. */
function variable(environment: Readonly<Record<string, string | undefined>>, name: string): string {
  const found = Object.keys(environment).find((key) => key.toUpperCase() === name)
  return (found === undefined ? undefined : environment[found]) ?? ''
}

/** A name that ends in one of them is whole. */
function extensionsOf(name: string, pathext: string): readonly string[] {
  const all = (pathext || '.COM;.EXE;.BAT;.CMD').split(';').filter((one) => one !== '')
  return all.some((one) => name.toUpperCase().endsWith(one.toUpperCase())) ? [''] : all
}

function isProgram(file: string, platform: NodeJS.Platform): boolean {
  try {
    // Windows has no permission to start a file; its extension says it.
    fs.accessSync(file, platform === 'win32' ? fs.constants.F_OK : fs.constants.X_OK)
    return fs.statSync(file).isFile()
  } catch {
    return false
  }
}

/** What a command did. */
export interface RunResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
}

/**
 * Runs a command without a shell and waits for its end.
 *
 * @param command the program: a bare name is looked up in the absolute folders of PATH, a path starts from `cwd`
 * @param args its arguments, passed as they are
 * @param options `cwd`: where it runs; `environment`: variables that are added to this process's own
 * @returns undefined when there is no such program
 */
export async function run(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly environment?: Readonly<Record<string, string>> },
): Promise<RunResult | undefined> {
  const start = performance.now()
  const variables = { ...process.env, ...options.environment }
  const isBare = path.basename(command) === command
  const program = findProgram(isBare ? command : path.resolve(options.cwd, command), variables)
  if (program === undefined) return undefined
  try {
    const { exitCode, stdout, stderr } = await getExecOutput(commandLine(program), [...args], {
      cwd: options.cwd,
      env: childEnvironment(variables),
      silent: true,
      ignoreReturnCode: true,
    })
    return { code: exitCode, stdout, stderr, seconds: (performance.now() - start) / 1000 }
  } catch (error) {
    if (/Unable to locate executable file/.test((error as Error).message)) return undefined
    throw error
  }
}

/** A path that @actions/exec does not take apart at blanks. */
function commandLine(program: string): string {
  return `"${program.replaceAll('"', '\\"')}"`
}

/** How long a program that ends others may take, in milliseconds. */
const mostEnding = 3000

/** Ends a child and all that it has started; it has been started with `detached` where it is the leader of a group. */
export function killTree(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    if (process.platform === 'win32') {
      const args = ['/pid', String(child.pid), '/T', '/F']
      const { status } = spawnSync(windowsProgram('taskkill'), args, {
        windowsHide: true,
        timeout: mostEnding,
      })
      if (status !== 0) child.kill('SIGKILL')
    } else {
      process.kill(-child.pid, 'SIGKILL')
    }
  } catch (error) {
    debug(`process ${child.pid} had ended already, or cannot be ended: ${(error as Error).message}`)
  }
}

/** How a command is watched. */
interface IdleWatch {
  /** How long it may do nothing, in seconds. */
  readonly seconds: number
  /**
   * Whether it has done anything since this was last called.
   *
   * @param group number of the process and of its group
   */
  readonly isWorking: (group: number) => boolean
}

/** What a watched command did. */
interface WatchedRun extends RunResult {
  /** Whether it was ended because it did nothing. */
  readonly isStalled: boolean
}

/** So often is it looked at within the time in which it may do nothing. */
const looks = 5

/**
 * Runs a command as `run` does, and ends it, and all that it has started, when it does nothing any more.
 *
 * @param command the program, looked up in the absolute folders on PATH
 * @param args its arguments, passed as they are
 * @param options `cwd`: where it runs; `environment`: variables that are added to this process's own
 * @param watch when it counts as idle; what it prints counts as work, too
 * @returns undefined when there is no such program
 */
export async function runWatched(
  command: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly environment?: Readonly<Record<string, string>> },
  watch: IdleWatch,
): Promise<WatchedRun | undefined> {
  const variables = { ...process.env, ...options.environment }
  const program = findProgram(command, variables)
  if (program === undefined) return undefined
  const start = performance.now()
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: childEnvironment(variables),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
  const release = onExit(() => killTree(child))
  const printed: { readonly out: Buffer[]; readonly err: Buffer[] } = { out: [], err: [] }
  let [lastWork, isStalled] = [performance.now(), false]
  const collect = (chunks: Buffer[]) => (chunk: Buffer) => {
    chunks.push(chunk)
    lastWork = performance.now()
  }
  child.stdout.on('data', collect(printed.out))
  child.stderr.on('data', collect(printed.err))
  const timer = setInterval(
    () => {
      if (watch.isWorking(child.pid ?? 0)) lastWork = performance.now()
      if (performance.now() - lastWork < watch.seconds * 1000) return
      isStalled = true
      killTree(child)
    },
    (watch.seconds * 1000) / looks,
  )
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (exitCode) => resolve(exitCode ?? 1))
    })
    const [stdout, stderr] = [printed.out, printed.err].map((chunks) =>
      Buffer.concat(chunks).toString('utf8'),
    )
    const seconds = (performance.now() - start) / 1000
    return { code, stdout: stdout ?? '', stderr: stderr ?? '', seconds, isStalled }
  } finally {
    clearInterval(timer)
    release()
  }
}
