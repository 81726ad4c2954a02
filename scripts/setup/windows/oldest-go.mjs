import { chmodSync, cpSync, existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { goRoot, oldestGo } from '../../../testbed/go-toolchains.ts'
import { say } from '../process.mjs'
import { logged } from './commands.mjs'
import { programs } from './place.mjs'

/** The oldest Go that the action supports, for Windows: its GOROOT. */
export const oldestGoForWindows = join(programs, `go${oldestGo}`)

/**
 * Builds the oldest Go for Windows from the sources in the one for Linux, because the module proxy has only the newest
 * ones for Windows.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {Promise<void>}
 * @throws {import('../process.mjs').SetupError} when the build fails
 */
export async function ensureOldestGo(environment) {
  if (existsSync(oldestGoForWindows)) return
  say(`Go ${oldestGo} for Windows (built by itself, 2 to 5 minutes the first time) ...`)
  const copy = `${oldestGoForWindows}.new`
  rmSync(copy, { recursive: true, force: true })
  cpSync(await goRoot(oldestGo), copy, { recursive: true })
  for (const name of readdirSync(copy, { recursive: true, encoding: 'utf8' }))
    chmodSync(join(copy, name), 0o755)
  const go = {
    ...environment,
    CGO_ENABLED: '0',
    GOROOT: copy,
    GOOS: 'windows',
    GOARCH: 'amd64',
    GOFLAGS: '',
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
  }
  // Without paths of this machine a go command looks for its GOROOT where it is.
  logged(join(copy, 'bin', 'go'), ['install', '-trimpath', '-ldflags=-s -w', 'cmd'], go, copy)
  const [bin, built] = [join(copy, 'bin'), join(copy, 'bin', 'windows_amd64')]
  for (const name of ['go', 'gofmt']) rmSync(join(bin, name))
  for (const name of readdirSync(built)) renameSync(join(built, name), join(bin, name))
  for (const folder of [built, join(copy, 'pkg', 'tool', 'linux_amd64')])
    rmSync(folder, { recursive: true, force: true })
  renameSync(copy, oldestGoForWindows)
}
