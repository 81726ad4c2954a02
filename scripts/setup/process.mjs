import { spawnSync } from 'node:child_process'
import { root } from './place.mjs'

/** A failure that is the user's to fix: shown as one message, without a stack. */
export class SetupError extends Error {
  name = 'SetupError'
}

/** Arguments that keep npm to what matters for an installation. */
export const quiet = ['--loglevel=error', '--no-audit', '--no-fund', '--no-update-notifier']

/**
 * Says what takes time, on stderr so that a command's own output stays clean.
 * @param {string} text
 */
export function say(text) {
  process.stderr.write(`setting up: ${text}\n`)
}

/**
 * Runs a program in the repository's root, its output going to ours.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} environment
 * @param {{ shell?: boolean }} [options] shell: needed for `.cmd` files on Windows
 * @returns {number} the exit code; 1 when a signal ended it
 * @throws {SetupError} when the program cannot be started
 */
export function run(program, args, environment, options = {}) {
  const result = spawnSync(program, args, { cwd: root, env: environment, stdio: 'inherit', ...options })
  if (result.error) throw new SetupError(`${program} cannot be started: ${result.error.message}`)
  return result.status ?? 1
}

/**
 * What a program prints, or undefined when it cannot be started or fails: for questions like `--version`.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string | undefined} stdout without the whitespace around it
 */
export function ask(program, args, environment) {
  const result = spawnSync(program, args, { cwd: root, env: environment, encoding: 'utf8' })
  return result.status === 0 ? result.stdout.trim() : undefined
}

/**
 * Runs npm with the arguments. `npm run` leaves the path of npm's own JavaScript in npm_execpath, which spares
 * the detour over npm.cmd on Windows.
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} environment
 * @throws {SetupError} when npm fails
 */
export function npm(args, environment) {
  const script = environment.npm_execpath
  const code = script?.endsWith('.js')
    ? run(process.execPath, [script, ...args], environment)
    : run('npm', args, environment, { shell: process.platform === 'win32' })
  if (code !== 0) throw new SetupError(`npm ${args.join(' ')} failed (exit code ${code})`)
}
