import * as path from 'node:path'
import { treeDirectory } from '../modules/module-path.ts'
import { splitModuleVersion } from '../modules/module-version.ts'
import { isDirectory } from '../system/files.ts'
import { goWithRetries } from './retry.ts'

/** What sources say that do not have a version: servers, folders, repositories, none (cmd/go/internal/modfetch/proxy.go and repo.go). */
const absent =
  /: (?:404|410) |reading file:.+: (?:no such file|The system cannot find)|unknown revision|invalid version|lookup disabled by GOPROXY=off/

/**
 * Says why a Go that a go.mod asks for cannot be had. One small request tells: nothing is downloaded.
 *
 * @param name its module as `path@version`
 * @param version such as `go1.26.0`
 * @param gomodcache absolute path of the module cache
 * @param retries how often a passing failure is tried again
 * @returns a sentence part; undefined where it can be had, or nothing tells
 */
export async function toolchainFault(
  name: string,
  version: string,
  gomodcache: string,
  retries: number,
): Promise<string | undefined> {
  if (isDirectory(path.join(gomodcache, treeDirectory(splitModuleVersion(name))))) return undefined
  const ran = await goWithRetries(['list', '-m', name], {
    // Outside of any module no file has a say.
    cwd: path.parse(gomodcache).root,
    environment: { GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '' },
    retries,
  })
  if (ran.code === 0 || !absent.test(ran.stderr)) return undefined
  return `it asks for Go ${version.replace(/^go/, '')}, and no source in GOPROXY has that`
}
