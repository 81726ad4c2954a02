/**
 * Runs Vitest in an emulated macOS: `node scripts/macos.ts <arguments of vitest>`. Exit code 1 also where this machine
 * cannot emulate it, because a run that skips everything would look like one that found nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import * as path from 'node:path'
import { listProblems } from '../__tests__/harness/not-emulated.ts'
import { notEmulated } from '../__tests__/macos/not-emulated.ts'
import { type EmulatedMac, openFilesLimit, startEmulatedMac } from '../testbed/macos/machine.ts'

const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'mac-'))
let child: ChildProcess | undefined
let stoppedBy: NodeJS.Signals | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    stoppedBy = signal
    endGroup(signal)
  })
}
try {
  process.exitCode = await main(process.argv.slice(2))
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 })
}

async function main(args: readonly string[]): Promise<number> {
  let mac: EmulatedMac
  try {
    mac = await startEmulatedMac(folder, process.env)
  } catch (error) {
    say(
      `macOS cannot be emulated here: ${(error as Error).message}\nIt takes Linux, /dev/fuse, and root or fusermount3. Nothing was tested: how the action does on a file system that folds names, behind a link, with BSD tar, few open files and a keychain.`,
    )
    return 1
  }
  try {
    const code = await runLimited(args, { ...process.env, ...mac.environment })
    if (stoppedBy !== undefined) return 128 + constants.signals[stoppedBy]
    const problems = [...keychainProblems(mac), ...staleProblems(args)]
    for (const problem of problems) say(problem)
    return problems.length > 0 ? 1 : code
  } finally {
    // Threads and servers of tests that did not end in time.
    endGroup('SIGKILL')
    await mac.stop()
  }
}

/** Sends a signal to the tests and to what they started. */
function endGroup(signal: NodeJS.Signals): void {
  if (child?.pid === undefined) return
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Runs Node with as few open files as launchd allows. Only a shell can lower the limit for a child. */
function runLimited(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const script = `ulimit -n ${openFilesLimit} && exec "$@"`
  const started = spawn('sh', ['-c', script, 'sh', process.execPath, ...args], {
    env,
    stdio: ['ignore', 'inherit', 'inherit'],
    // A group of its own, which can be ended as a whole.
    detached: true,
  })
  child = started
  return new Promise((resolve, reject) => {
    started.once('error', reject)
    started.once('exit', (code) => resolve(code ?? 1))
  })
}

/** With credentials for a host, no job leaves git to the keychain: it could wait for a click, and keep the secret. */
function keychainProblems(mac: EmulatedMac): readonly string[] {
  return mac.askedOfKeychain().map((question) => `git asked the keychain: ${question}`)
}

function staleProblems(args: readonly string[]): readonly string[] {
  const report = args.map((arg) => /^--outputFile\.json=(.*)$/.exec(arg)?.[1]).find(Boolean)
  if (report === undefined) return []
  return listProblems('macos', notEmulated, JSON.parse(readFileSync(report, 'utf8')))
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}
