import { cpSync, existsSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../place.mjs'
import { say } from '../process.mjs'
import { within } from './commands.mjs'
import { installInDebian } from './debian.mjs'
import { debian, programs } from './place.mjs'

const script = new URL('./build-tools.sh', import.meta.url)
const server = join(root, 'testbed', 'windows', 'wineserver')

/**
 * Builds git.exe, tar.exe (bsdtar, which Windows itself has) and zstd.exe from Debian's sources by mingw, because no
 * package registry has them for Windows; and a library without which Wine's server crashes now and then.
 * @param {NodeJS.ProcessEnv} environment
 * @throws {import('../process.mjs').SetupError} when a build fails
 */
export function ensureCompiledPrograms(environment) {
  const stamp = join(programs, '.compiled')
  if (!existsSync(stamp)) {
    build(environment)
    writeFileSync(stamp, '')
  }
  replaceServer()
}

/** @param {NodeJS.ProcessEnv} environment */
function build(environment) {
  say('git, tar and zstd for Windows (built by mingw, 2 to 20 minutes the first time) ...')
  const compilers = ['gcc-mingw-w64-x86-64-win32', 'libz-mingw-w64-dev', 'make', 'gcc', 'libc6-dev']
  installInDebian([...compilers, 'dpkg-dev', 'xz-utils'], environment)
  const folder = join(debian, 'build')
  rmSync(folder, { recursive: true, force: true })
  cpSync(script, join(folder, 'build-tools.sh'))
  cpSync(join(server, 'late-free.c'), join(folder, 'late-free.c'))
  within(['bash', '/build/build-tools.sh'], environment)
  const out = join(folder, 'out')
  for (const name of readdirSync(out)) cpSync(join(out, name), join(programs, name))
  rmSync(folder, { recursive: true, force: true })
}

/** Puts a script in the place of Wine's server: see late-free.c. */
function replaceServer() {
  const place = join(debian, 'usr/lib/wine/wineserver64')
  if (existsSync(`${place}.original`)) return
  renameSync(place, `${place}.original`)
  cpSync(join(programs, 'late-free.so'), `${place}.so`)
  cpSync(join(server, 'wineserver.sh'), place)
}
