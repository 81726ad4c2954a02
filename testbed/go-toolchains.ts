import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { promisify } from 'node:util'
import { downloadEnvironment } from './environment.ts'

/** The oldest Go that the action supports: the first that can fetch toolchains, in its last release. */
export const oldestGo = '1.21.13'

/** Toolchain modules, downloaded once. */
const modules = path.resolve(import.meta.dirname, '..', '.tools', 'toolchains')

/**
 * A real Go of another version, fetched as the toolchain module where it is not there yet. On Windows the one in the tool
 * cache of GitHub's runners comes first: module proxies may have only the newest ones for Windows.
 *
 * @param version such as `1.21.13`
 * @returns absolute path of its GOROOT
 */
export async function goRoot(version: string): Promise<string> {
  const cached = path.join('C:\\hostedtoolcache\\windows\\go', version, 'x64')
  if (process.platform === 'win32' && existsSync(cached)) return cached
  const { stdout } = await promisify(execFile)('go', ['env', 'GOROOT'], {
    // Outside a module, so that no go.mod asks for yet another version.
    cwd: path.parse(modules).root,
    env: {
      ...process.env,
      ...downloadEnvironment(),
      GOMODCACHE: modules,
      // What was heard of the checksum database before, in GOPATH, decides which parts of it come along; with nothing heard
      // before, they are all that the toolchain by itself needs.
      GOPATH: path.join(modules, '..', 'toolchains-heard', version),
      GOFLAGS: '-modcacherw',
      GOTOOLCHAIN: `go${version}`,
    },
  })
  return stdout.trim()
}
