import * as path from 'node:path'
import { toSemver } from '../modules/go-release.ts'
import { addToToolCache } from '../system/add-to-tool-cache.ts'
import { isFile, moveIfAbsent, renamePatiently } from '../system/files.ts'
import { goCommandOf } from '../system/tool-cache.ts'
import { makeOwnDirectory } from '../system/write-protection.ts'

/** Where a new Go is, and how to tell of the place. */
export interface KeptGo {
  readonly root: string
  /** A sentence part. */
  readonly place: string
}

/**
 * Puts a Go where it stays: in the tool cache, or for this job alone where there is none that can be written.
 *
 * @param root absolute path of the GOROOT, on the file system of `folder`; gone or of no use afterwards
 * @param version as in `go1.24.3`
 * @param tool its name in the tool cache
 * @param folder absolute path of the private folder of this job, in the folder that the runner empties after it
 */
export async function keepGo(root: string, version: string, tool: string, folder: string): Promise<KeptGo> {
  const added = await addToToolCache(root, tool, toSemver(version) ?? version)
  if ('root' in added) return { root: added.root, place: 'now in the tool cache' }
  const place = `kept for this job alone, for ${added.refused}`
  return { root: keepForThisJob(root, version, tool, folder), place }
}

/**
 * A place with a random name would make another GOROOT in every job, and with it another key of the build cache.
 * This one is for the runner to clear: later steps run what is in it.
 */
function keepForThisJob(root: string, version: string, tool: string, folder: string): string {
  const shared = path.join(path.dirname(folder), `go-deps-action-${tool}`)
  const place = path.join(shared, version.slice('go'.length))
  if (makeOwnDirectory(shared) && (moveIfAbsent(root, place) || isFile(goCommandOf(place)))) return place
  // Somebody else's folder, or half of a Go.
  const own = path.join(folder, version)
  renamePatiently(root, own)
  return own
}
