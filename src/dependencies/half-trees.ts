import * as path from 'node:path'
import { downloadPrefix, treeDirectory } from '../modules/module-path.ts'
import { splitModuleVersion } from '../modules/module-version.ts'
import { type Root, sumsOf } from '../modules/roots.ts'
import { recordedSums } from '../proof/recorded-sums.ts'
import { treeHash } from '../proof/tree-hash.ts'
import { isDirectory, isFile, makeDirectory, writeFile } from '../system/files.ts'
import { info } from '../system/runner.ts'

/**
 * Marks trees as unfinished, as Go itself does, that are in the module cache without a `.ziphash` and are not what
 * go.sum says: `go mod download` writes the missing `.ziphash` and then takes such a tree for whole
 * (cmd/go/internal/modfetch/fetch.go, download, and cache.go, DownloadDir). With the mark, Go replaces it. A program that
 * unpacks a cache over GOMODCACHE and is killed leaves such trees; Go does not.
 *
 * @param root whose go.sum counts
 * @param gomodcache absolute path of the module cache
 * @param names `path@version` of what Go is about to download
 */
export async function markHalfTrees(root: Root, gomodcache: string, names: readonly string[]): Promise<void> {
  const sums = recordedSums(sumsOf(root))
  for (const name of names) {
    const version = splitModuleVersion(name)
    const tree = path.join(gomodcache, treeDirectory(version))
    const prefix = path.join(gomodcache, downloadPrefix(version))
    if (!isDirectory(tree) || isFile(`${prefix}.ziphash`) || isFile(`${prefix}.partial`)) continue
    // What is neither a file nor a directory is in no module.
    const hash = await treeHash(tree, name).catch(() => undefined)
    if (hash !== undefined && sums.trees.get(name)?.has(hash)) continue
    info(`${name} is in GOMODCACHE, is not what go.sum says, and lacks what Go leaves beside it: replaced`)
    makeDirectory(path.dirname(prefix))
    writeFile(`${prefix}.partial`, '')
  }
}
