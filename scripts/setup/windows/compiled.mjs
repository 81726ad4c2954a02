import { cpSync, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { say } from '../process.mjs'
import { within } from './commands.mjs'
import { installInDebian } from './debian.mjs'
import { debian, programs } from './place.mjs'

const script = new URL('./build-tools.sh', import.meta.url)

/**
 * Builds git.exe, tar.exe (bsdtar, which Windows itself has) and zstd.exe from Debian's sources by mingw, because no
 * package registry has them for Windows.
 * @param {NodeJS.ProcessEnv} environment
 * @throws {import('../process.mjs').SetupError} when a build fails
 */
export function ensureCompiledPrograms(environment) {
  const stamp = join(programs, '.compiled')
  if (existsSync(stamp)) return
  say('git, tar and zstd for Windows (built by mingw, 2 to 20 minutes the first time) ...')
  const compilers = ['gcc-mingw-w64-x86-64-win32', 'libz-mingw-w64-dev', 'make', 'gcc', 'libc6-dev']
  installInDebian([...compilers, 'dpkg-dev', 'xz-utils'], environment)
  const build = join(debian, 'build')
  rmSync(build, { recursive: true, force: true })
  cpSync(script, join(build, 'build-tools.sh'))
  within(['bash', '/build/build-tools.sh'], environment)
  const out = join(build, 'out')
  for (const name of readdirSync(out)) cpSync(join(out, name), join(programs, name))
  rmSync(build, { recursive: true, force: true })
  writeFileSync(stamp, '')
}
