// Runs programs of this machine and of the root while Windows is set up.
import { spawnSync } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { SetupError } from '../process.mjs'
import { debian, windows } from './place.mjs'

const log = join(windows, 'log')

/**
 * Runs a program and keeps its output in a log file, of which only a failure shows the end.
 * @param {string} program
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} environment
 * @param {string} [cwd]
 * @returns {string} stdout
 * @throws {SetupError} when it fails
 */
export function logged(program, args, environment, cwd = windows) {
  const result = spawnSync(program, args, { cwd, env: environment, encoding: 'utf8', maxBuffer: 2 ** 28 })
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`
  appendFileSync(log, `$ ${program} ${args.join(' ')}\n${output}`)
  if (result.status === 0) return result.stdout
  const end = output.trimEnd().split('\n').slice(-20).join('\n')
  throw new SetupError(`${program} failed while Windows was set up (${log}):\n${end}`)
}

/** Mounts /proc and /dev below the root `$0`, for its programs alone, and runs the arguments there. */
const inRoot = 'mount --rbind /proc "$0/proc"; mount --rbind /dev "$0/dev"; exec chroot "$0" "$@"'

/**
 * Runs a program of the root, as root.
 * @param {readonly string[]} command
 * @param {NodeJS.ProcessEnv} environment
 * @throws {SetupError} when it fails
 */
export function within(command, environment) {
  const namespace = ['-m', '--propagation', 'private', 'bash', '-c', inRoot, debian]
  const clean = {
    ...environment,
    DEBIAN_FRONTEND: 'noninteractive',
    HOME: '/root',
    LC_ALL: 'C.UTF-8',
    TMPDIR: '/tmp',
  }
  logged('unshare', [...namespace, ...command], clean)
}
