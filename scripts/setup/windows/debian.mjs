import { copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask, SetupError, say } from '../process.mjs'
import { logged, within } from './commands.mjs'
import { debian, user, windows } from './place.mjs'

/** Debian 12 has Wine 8, which is too old for Node 24. */
const release = 'trixie'

/**
 * Why this machine cannot emulate Windows; undefined if it can.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string | undefined}
 */
export function missingForWindows(environment) {
  if (process.platform !== 'linux' || process.arch !== 'x64') return 'it needs Linux on x64'
  if (process.getuid?.() !== 0) return 'it needs root, for chroot and mounts in a namespace of its own'
  if (ask('apt-get', ['--version'], environment) === undefined) return 'it needs apt-get, of Debian or Ubuntu'
  if (mirror(environment) === undefined)
    return 'no Debian mirror is in /etc/apt: set DEBIAN_MIRROR to the URL of one, such as http://mirror.example.com/debian'
  if (ask('unshare', ['-m', 'true'], environment) === undefined) return 'it needs the right to mount'
  return undefined
}

/**
 * Makes a Debian with Wine in a root of its own, by debootstrap.
 * @param {NodeJS.ProcessEnv} environment
 * @throws {SetupError} when a part cannot be installed
 */
export function ensureDebian(environment) {
  const stamp = join(debian, '.installed-from')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === release) return
  say('a Debian with Wine (a minute) ...')
  if (ask('debootstrap', ['--version'], environment) === undefined)
    logged('apt-get', ['-qq', 'install', '-y', '--no-install-recommends', 'debootstrap'], environment)
  rmSync(debian, { recursive: true, force: true })
  const source = /** @type {string} */ (mirror(environment))
  logged(
    'debootstrap',
    ['--variant=minbase', '--include=ca-certificates', release, debian, source],
    environment,
  )
  writeFileSync(join(debian, 'etc/apt/sources.list.d/sources.list'), `deb-src ${source} ${release} main\n`)
  // Wine's crypt32, and so Go for Windows, trusts the authorities in this file: the machine's own are among them.
  const authorities = 'etc/ssl/certs/ca-certificates.crt'
  const own = environment.SSL_CERT_FILE || `/${authorities}`
  if (existsSync(own)) copyFileSync(own, join(debian, authorities))
  writeFileSync(join(debian, 'etc/hosts'), '127.0.0.1 localhost\n')
  if (existsSync('/etc/resolv.conf')) copyFileSync('/etc/resolv.conf', join(debian, 'etc/resolv.conf'))
  within(['apt-get', '-qq', '-o', 'Acquire::Languages=none', 'update'], environment)
  installInDebian(['wine', 'wine64'], environment)
  within(['useradd', '-u', String(user), '-M', '-d', join(windows, 'home'), 'runner'], environment)
  writeFileSync(stamp, release)
}

/**
 * Installs packages into the root.
 * @param {readonly string[]} packages
 * @param {NodeJS.ProcessEnv} environment
 * @throws {SetupError} when apt fails three times
 */
export function installInDebian(packages, environment) {
  const args = [
    'apt-get',
    '-qq',
    '-o',
    'Acquire::Retries=3',
    'install',
    '-y',
    '--no-install-recommends',
    ...packages,
  ]
  for (let attempt = 1; ; attempt++) {
    try {
      within(args, environment)
      return
    } catch (error) {
      if (!(error instanceof SetupError) || attempt === 3) throw error
    }
  }
}

/**
 * The Debian mirror that this machine's apt uses, or DEBIAN_MIRROR.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string | undefined}
 */
function mirror(environment) {
  if (environment.DEBIAN_MIRROR) return environment.DEBIAN_MIRROR
  const folder = '/etc/apt/sources.list.d'
  const files = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []
  const lines = [...files, '/etc/apt/sources.list']
    .filter((file) => existsSync(file))
    .flatMap((file) => readFileSync(file, 'utf8').split('\n'))
  return lines
    .map((line) => /^(?:URIs:|deb )\s*(?:\[[^\]]*\] )?(\S+\/debian)\/?(?:\s|$)/.exec(line)?.[1])
    .find(Boolean)
}
