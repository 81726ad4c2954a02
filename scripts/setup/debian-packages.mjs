// Programs of Debian packages below `.tools/`, for machines that do not have them.
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { ask } from './process.mjs'

/**
 * Unpacks programs of Debian packages into a folder, where there is apt, with whatever they need that is not installed:
 * programs into `programs`, shared libraries into `lib`. Nothing outside is touched: lists and packages lie in a folder
 * of their own, so that no rights are needed, and none of their scripts runs.
 * @param {string} folder absolute path; emptied first
 * @param {readonly string[]} packages
 * @param {readonly string[]} programs names of the programs to keep
 * @param {NodeJS.ProcessEnv} environment
 * @returns {boolean} false when they cannot be had
 */
export function unpackPrograms(folder, packages, programs, environment) {
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
  const isThere = isLoaded && isUnpacked && archives.length > 0
  if (isThere) place(unpacked, folder, programs)
  for (const one of [apt, unpacked]) rmSync(one, { recursive: true, force: true })
  return isThere
}

/**
 * Writes a script that starts an unpacked program with its libraries.
 * @param {string} folder where `unpackPrograms` put them
 * @param {string} name the program's; the script `bin/NAME` gets it, too
 */
export function writeStarter(folder, name) {
  mkdirSync(join(folder, 'bin'), { recursive: true })
  const script = join(folder, 'bin', name)
  const libraries = `LD_LIBRARY_PATH='${join(folder, 'lib')}'`
  writeFileSync(script, `#!/bin/sh\n${libraries} exec '${join(folder, 'programs', name)}' "$@"\n`)
  chmodSync(script, 0o755)
}

/**
 * Puts programs and libraries together, so that one path leads to them wherever the system has them.
 * @param {string} unpacked
 * @param {string} folder
 * @param {readonly string[]} programs
 */
function place(unpacked, folder, programs) {
  const files = readdirSync(unpacked, { recursive: true, encoding: 'utf8' })
  for (const file of files) {
    const name = basename(file)
    const isProgram = programs.includes(name) && /(?:^|\/)(?:s?bin|openssh)\/[^/]+$/.test(file)
    const kind = isProgram ? 'programs' : /\.so(?:\.|$)/.test(name) ? 'lib' : undefined
    if (kind) cpSync(join(unpacked, file), join(folder, kind, name), { verbatimSymlinks: true })
  }
}
