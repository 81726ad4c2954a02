import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { unpackPrograms, writeStarter } from './debian-packages.mjs'
import { isOnPath, tools } from './place.mjs'
import { ask, say } from './process.mjs'

const folder = join(tools, 'ssh')
/** Where `ssh` and `ssh-keygen` are, on machines that have none of their own. */
export const sshFolder = join(folder, 'bin')

/** The server; a library that lets it know a user whom the machine does not have. */
const packages = ['openssh-server', 'libnss-wrapper']
const programs = ['sshd', 'sshd-session', 'sshd-auth', 'ssh', 'ssh-keygen']

/**
 * Unpacks an OpenSSH server below `.tools/`, where there is apt. Where it cannot be had the tests that need it are
 * skipped and say so, unless sshd is on the machine.
 * @param {NodeJS.ProcessEnv} environment
 */
export function ensureSshServer(environment) {
  const stamp = join(folder, 'installed-from')
  const wanted = [...packages, ...programs].join('\n')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  if (ask('apt-get', ['--version'], environment) === undefined) return
  say('an ssh server ...')
  if (unpackPrograms(folder, packages, programs, environment)) {
    mkdirSync(sshFolder, { recursive: true })
    for (const name of ['ssh', 'ssh-keygen'].filter((one) => !isOnPath(one, environment))) {
      writeStarter(folder, name)
    }
    writeFileSync(stamp, wanted)
  } else say('there is no ssh server to be had here: tests that need one are skipped if the machine has none')
}
