import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { tools } from './place.mjs'
import { ask, say } from './process.mjs'

const folder = join(tools, 'ssh')
/** Where `ssh` and `ssh-keygen` are, on machines that have none of their own. */
export const sshFolder = join(folder, 'bin')

/** The server; a library that lets it know a user whom the machine does not have. */
const packages = ['openssh-server', 'libnss-wrapper']
const programs = ['sshd', 'sshd-session', 'sshd-auth', 'ssh', 'ssh-keygen']

/**
 * Unpacks an OpenSSH server below `.tools/`, where there is apt, with whatever it needs that is not installed. Nothing
 * outside is touched: lists and packages lie in a folder of their own, so that no rights are needed, and none of their
 * scripts runs. Where it cannot be had the tests that need it are skipped and say so, unless sshd is on the machine.
 * @param {NodeJS.ProcessEnv} environment
 */
export function ensureSshServer(environment) {
  const stamp = join(folder, 'installed-from')
  const wanted = [...packages, ...programs].join('\n')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  if (ask('apt-get', ['--version'], environment) === undefined) return
  say('an ssh server ...')
  rmSync(folder, { recursive: true, force: true })
  const apt = join(folder, 'apt')
  for (const part of ['state/lists/partial', 'cache/archives/partial']) {
    mkdirSync(join(apt, part), { recursive: true })
  }
  const settings = [
    `Dir::State=${join(apt, 'state')}`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::Cache=${join(apt, 'cache')}`,
    'Debug::NoLocking=1',
    // Its own user could not write there.
    'APT::Sandbox::User=root',
    'Acquire::Retries=1',
    'Acquire::http::Timeout=30',
    'Acquire::https::Timeout=30',
  ].flatMap((setting) => ['-o', setting])
  const install = ['install', '--yes', '--download-only', '--no-install-recommends', ...packages]
  const isLoaded = [['update'], install].every(
    (args) => ask('apt-get', ['-qq', ...settings, ...args], environment) !== undefined,
  )
  const unpacked = join(folder, 'unpacked')
  const archives = readdirSync(join(apt, 'cache', 'archives')).filter((name) => name.endsWith('.deb'))
  const isUnpacked = archives.every(
    (name) => ask('dpkg', ['-x', join(apt, 'cache', 'archives', name), unpacked], environment) !== undefined,
  )
  if (isLoaded && isUnpacked && archives.length > 0) {
    place(unpacked, environment)
    writeFileSync(stamp, wanted)
  } else say('there is no ssh server to be had here: tests that need one are skipped if the machine has none')
  for (const one of [apt, unpacked]) rmSync(one, { recursive: true, force: true })
}

/**
 * Puts programs and libraries together, so that one path leads to them wherever the system has them.
 * @param {string} unpacked
 * @param {NodeJS.ProcessEnv} environment
 */
function place(unpacked, environment) {
  const files = readdirSync(unpacked, { recursive: true, encoding: 'utf8' })
  for (const file of files) {
    const name = basename(file)
    const isProgram = programs.includes(name) && /(?:^|\/)(?:s?bin|openssh)\/[^/]+$/.test(file)
    const kind = isProgram ? 'programs' : /\.so(?:\.|$)/.test(name) ? 'lib' : undefined
    if (kind) cpSync(join(unpacked, file), join(folder, kind, name), { verbatimSymlinks: true })
  }
  mkdirSync(sshFolder, { recursive: true })
  for (const name of ['ssh', 'ssh-keygen'].filter((one) => !isOnPath(one, environment))) {
    const script = join(sshFolder, name)
    const libraries = `LD_LIBRARY_PATH='${join(folder, 'lib')}'`
    writeFileSync(script, `#!/bin/sh\n${libraries} exec '${join(folder, 'programs', name)}' "$@"\n`)
    chmodSync(script, 0o755)
  }
}

/**
 * @param {string} name
 * @param {NodeJS.ProcessEnv} environment
 */
function isOnPath(name, environment) {
  return (environment.PATH ?? '').split(':').some((one) => existsSync(join(one, name)))
}
