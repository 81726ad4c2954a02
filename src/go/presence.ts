import * as path from 'node:path'
import { downloadPrefix, treeDirectory } from '../modules/module-path.ts'
import { splitModuleVersion } from '../modules/module-version.ts'
import { isFile, look } from '../system/files.ts'

/**
 * Whether a module version is in a module cache as Go itself wants it: its tree, whole, with its ziphash
 * (cmd/go/internal/modfetch/cache.go, DownloadDir).
 *
 * @param gomodcache absolute path of the module cache
 * @param name `path@version`
 */
export function isPresent(gomodcache: string, name: string): boolean {
  const version = splitModuleVersion(name)
  const prefix = path.join(gomodcache, downloadPrefix(version))
  return (
    isFile(`${prefix}.ziphash`) &&
    !isFile(`${prefix}.partial`) &&
    look(path.join(gomodcache, treeDirectory(version))) !== undefined
  )
}
