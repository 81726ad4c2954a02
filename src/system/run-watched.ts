import { spawn } from 'node:child_process'
import { childEnvironment } from './child-environment.ts'
import { whenEnding } from './ending.ts'
import { killTree } from './kill-tree.ts'
import { findProgram } from './program.ts'
import type { Ran } from './run.ts'

/** How a command is watched. */
export interface Watch {
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
export interface Watched extends Ran {
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
  watch: Watch,
): Promise<Watched | undefined> {
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
  const release = whenEnding(() => killTree(child))
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
