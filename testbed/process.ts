import { spawn, spawnSync } from 'node:child_process'
import { constants } from 'node:os'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'

/** How a child process ended and what it said. */
export type ProcessResult = {
  /** 128 + signal number when a signal ended it, as shells count. */
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
  /** Wall-clock time from start to exit. */
  readonly seconds: number
}

/** A user of the system, by number. */
export type User = { readonly uid: number; readonly gid: number }

/** What to run and where. */
export type ProcessRequest = {
  readonly command: string
  readonly args: readonly string[]
  readonly cwd: string
  /** The child's whole environment: nothing of ours is added. */
  readonly env: Readonly<Record<string, string>>
  /** Who runs it; by default whoever runs this. Only root can start processes of others. */
  readonly user?: User | undefined
  /** Called for each line of stdout and stderr as it arrives, without its line ending. */
  readonly onLine?: (line: string) => void
  /** Aborting it ends the child as GitHub's runner ends a cancelled step. */
  readonly signal?: AbortSignal
}

// ProcessInvoker.cs of actions/runner: SIGINT, 7.5 s later SIGTERM, 2.5 s later the end.
const interruptGrace = 7_500
const terminateGrace = 2_500
// The same runner waits this long for pipes that a background process keeps open after the step's exit.
const pipeGrace = 5_000

/**
 * Runs a program with plain pipes (never a terminal) and a closed stdin, and waits for its end.
 * @throws {Error} when it cannot be started
 */
export async function runProcess(request: ProcessRequest): Promise<ProcessResult> {
  const started = performance.now()
  const { command, args, cwd, env, user, onLine, signal } = request
  const child = spawn(command, args, {
    cwd,
    env,
    ...user,
    stdio: ['ignore', 'pipe', 'pipe'],
    windowsHide: true,
  })
  const outputs = [child.stdout, child.stderr].map((stream) => collect(stream, onLine))
  const exit = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signalName) =>
      resolve(code ?? 128 + (signalName ? constants.signals[signalName] : 0)),
    )
  })
  const stop = (): void => {
    // No signals there: what the runner's Ctrl-C does not end, it ends with all below it.
    if (process.platform === 'win32' && child.pid !== undefined) {
      spawnSync('taskkill', ['/PID', String(child.pid), '/T', '/F'], { windowsHide: true })
    }
    child.kill('SIGINT')
    setTimeout(() => child.kill('SIGTERM'), interruptGrace).unref()
    setTimeout(() => child.kill('SIGKILL'), interruptGrace + terminateGrace).unref()
  }
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  try {
    const exitCode = await exit
    const seconds = (performance.now() - started) / 1000
    const ended = Promise.all(outputs.map((output) => output.ended))
    await Promise.race([ended, sleep(pipeGrace, undefined, { ref: false })])
    const [stdout = '', stderr = ''] = outputs.map((output) => output.text())
    return { exitCode, stdout, stderr, seconds }
  } finally {
    signal?.removeEventListener('abort', stop)
    child.stdout.destroy()
    child.stderr.destroy()
  }
}

/** Gathers a stream's text while handing out its lines. */
function collect(stream: Readable, onLine: ((line: string) => void) | undefined) {
  let text = ''
  stream.setEncoding('utf8')
  stream.on('data', (chunk: string) => {
    text += chunk
  })
  const lines = createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })
  if (onLine) lines.on('line', onLine)
  const ended = new Promise<void>((resolve) => lines.once('close', resolve))
  return { text: () => text, ended }
}
