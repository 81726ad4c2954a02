import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import * as fs from 'node:fs'
import { constants } from 'node:os'
import * as path from 'node:path'
import { getExecOutput } from '@actions/exec'
import { anyCaseVariable, childEnvironment, isFixedPath, processEnv, type Variables } from './environment.ts'
import { debug } from './runner.ts'

/**
 * Runs an action before this process ends, also when the job is cancelled. On cancellation the runner interrupts only
 * this process, and `finally` is not reached.
 *
 * @param action a synchronous function
 * @returns a function that unregisters the action
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
 * Finds a program as a shell does, but only in absolute folders of PATH. `.` or an empty element would run a program of
 * the checkout, which is why Go refuses such programs, too (os/exec, ErrDot). Windows itself would search the current
 * directory first. Folders that cannot be read are skipped silently.
 *
 * @param name a bare name, or an absolute path
 * @param variables hold PATH, and on Windows PATHEXT
 * @param platform the system, as in `process.platform`
 * @returns its absolute path; undefined when there is none
 */
export function findProgram(
  name: string,
  variables: Variables,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  const paths = platform === 'win32' ? path.win32 : path.posix
  const extensions = platform === 'win32' ? extensionsOf(name, anyCaseVariable(variables, 'PATHEXT')) : ['']
  const folders = anyCaseVariable(variables, 'PATH').split(paths.delimiter)
  const files = isFixedPath(name, platform)
    ? [name]
    : folders
        // Windows allows quotes around a folder.
        .map((folder) => (platform === 'win32' ? folder.replaceAll('"', '') : folder))
        .filter((folder) => isFixedPath(folder, platform))
        .map((folder) => paths.join(folder, name))
  return files
    .flatMap((file) => extensions.map((extension) => `${file}${extension}`))
    .find((file) => isProgram(file, platform))
}

/**
 * Returns the path of a program that comes with Windows, regardless of PATH: `taskkill` as
 * `C:\Windows\System32\taskkill.exe`.
 */
export function windowsProgram(name: string, variables: Variables = processEnv()): string {
  return path.win32.join(anyCaseVariable(variables, 'SYSTEMROOT') || 'C:\\Windows', 'System32', `${name}.exe`)
}

/** Returns the extensions to try. A name that ends in one of them is complete. */
function extensionsOf(name: string, pathext: string): readonly string[] {
  const all = (pathext || '.COM;.EXE;.BAT;.CMD').split(';').filter((one) => one !== '')
  return all.some((one) => name.toUpperCase().endsWith(one.toUpperCase())) ? [''] : all
}

/**
 * Whether Windows runs a program in its shell, which needs other quoting. Node starts no such file without a shell
 * (CVE-2024-27980), but @actions/exec does.
 *
 * @param platform the system, as in `process.platform`
 */
export function isBatchFile(program: string, platform: NodeJS.Platform = process.platform): boolean {
  return platform === 'win32' && /\.(?:bat|cmd)$/i.test(program)
}

function isProgram(file: string, platform: NodeJS.Platform): boolean {
  try {
    // Windows has no execute permission; the extension decides.
    fs.accessSync(file, platform === 'win32' ? fs.constants.F_OK : fs.constants.X_OK)
    return fs.statSync(file).isFile()
  } catch {
    return false
  }
}

/** The result of a command. */
export interface RunResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly seconds: number
}

/** Where a command runs, and its environment. */
interface CommandOptions {
  readonly cwd: string
  readonly variables: Variables
}

/**
 * Runs a command without a shell and waits for its end.
 *
 * @param command the program: a bare name is looked up in the absolute folders of PATH, a path starts from `cwd`
 * @param args its arguments, passed unchanged
 * @param options `cwd`: the working directory; `variables`: all variables that it gets
 * @returns undefined when there is no such program
 */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, variables }: CommandOptions,
): Promise<RunResult | undefined> {
  const start = performance.now()
  const isBare = path.basename(command) === command
  const program = findProgram(isBare ? command : path.resolve(cwd, command), variables)
  if (program === undefined) return undefined
  try {
    const { exitCode, stdout, stderr } = await getExecOutput(commandLine(program), [...args], {
      cwd,
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

/** Quotes a path, so that @actions/exec does not split it at blanks. */
function commandLine(program: string): string {
  return `"${program.replaceAll('"', '\\"')}"`
}

/** Maximum duration of the program that ends others, in milliseconds. */
const taskkillTimeout = 3000

/** Kills a child and its descendants. Outside of Windows, the child must be a group leader, started with `detached`. */
export function killTree(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    if (process.platform === 'win32') {
      const args = ['/pid', String(child.pid), '/T', '/F']
      const { status } = spawnSync(windowsProgram('taskkill'), args, {
        windowsHide: true,
        timeout: taskkillTimeout,
      })
      if (status !== 0) child.kill('SIGKILL')
    } else {
      process.kill(-child.pid, 'SIGKILL')
    }
  } catch (error) {
    debug(`process ${child.pid} had ended already, or cannot be ended: ${(error as Error).message}`)
  }
}

/** How to detect an idle command. */
interface IdleWatch {
  /** Maximum idle time, in seconds. */
  readonly seconds: number
  /**
   * Whether the command has done anything since the last call.
   *
   * @param group ID of the process, and of its group
   */
  readonly isWorking: (group: number) => boolean
}

/** The result of a watched command. */
interface WatchedRun extends RunResult {
  /** Whether it was killed because it was idle. */
  readonly isStalled: boolean
}

/**
 * Maximum wait for the output of a killed command to end, in milliseconds. A descendant that survives keeps it open: one
 * in a group of its own, or on Windows one that taskkill may not end.
 */
const killTimeout = 3000

/** Number of checks within the maximum idle time. */
const checksPerTimeout = 5

/**
 * Runs a command as `run` does, and kills it and its descendants when it is idle for too long.
 *
 * @param command the program, looked up in the absolute folders on PATH
 * @param args its arguments, passed unchanged
 * @param options `cwd`: the working directory; `variables`: all variables that it gets
 * @param watch how to detect an idle command; output counts as work, too. A batch file is not watched
 * @returns undefined when there is no such program
 */
export async function runWatched(
  command: string,
  args: readonly string[],
  { cwd, variables }: CommandOptions,
  watch: IdleWatch,
): Promise<WatchedRun | undefined> {
  const program = findProgram(command, variables)
  if (program === undefined) return undefined
  if (isBatchFile(program)) {
    const ran = await run(program, args, { cwd, variables })
    return ran && { ...ran, isStalled: false }
  }
  const start = performance.now()
  const child = spawn(program, args, {
    cwd,
    env: childEnvironment(variables),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
    windowsHide: true,
  })
  const release = onExit(() => killTree(child))
  const printed: { readonly out: Buffer[]; readonly err: Buffer[] } = { out: [], err: [] }
  let [lastWork, isStalled] = [performance.now(), false]
  let giveUp: NodeJS.Timeout | undefined
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
      giveUp ??= setTimeout(() => abandon(child), killTimeout)
    },
    (watch.seconds * 1000) / checksPerTimeout,
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
    clearTimeout(giveUp)
    release()
  }
}

/** Stops waiting for a child: without its output, it counts as closed. */
function abandon(child: ChildProcess): void {
  debug(`a descendant of process ${child.pid} could not be stopped`)
  child.unref()
  for (const stream of [child.stdout, child.stderr]) stream?.destroy()
  child.emit('close', child.exitCode)
}
