import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { unpackPrograms, writeStarter } from './debian-packages.mjs'
import { isOnPath, tools } from './place.mjs'
import { SetupError, say } from './process.mjs'

const folder = join(tools, 'bsdtar')
/** Where `bsdtar` is, on machines that have none of their own. */
export const bsdTarFolder = join(folder, 'bin')

/**
 * Makes sure that there is the tar of macOS, which Debian has as `bsdtar`: on the machine, or else below `.tools/`.
 * @param {NodeJS.ProcessEnv} environment
 * @throws {SetupError} when it cannot be had
 */
export function ensureBsdTar(environment) {
  if (isOnPath('bsdtar', environment) || existsSync(join(bsdTarFolder, 'bsdtar'))) return
  say('the tar of macOS ...')
  if (!unpackPrograms(folder, ['libarchive-tools'], ['bsdtar'], environment)) {
    throw new SetupError(
      'bsdtar is needed and was not found on PATH: install libarchive-tools (Debian, Ubuntu)',
    )
  }
  writeStarter(folder, 'bsdtar')
}
