import * as path from 'node:path'
import { toSemver } from '../modules/go-release.ts'
import { renamePatiently } from '../system/files.ts'
import { addToToolCache } from '../system/tool-cache.ts'

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
 * @param folder absolute path of a folder that lasts as long as the job
 */
export async function keepGo(root: string, version: string, folder: string): Promise<KeptGo> {
  const added = await addToToolCache(root, toSemver(version) ?? version)
  if ('root' in added) return { root: added.root, place: 'now in the tool cache' }
  const place = path.join(folder, version)
  renamePatiently(root, place)
  return { root: place, place: `kept for this job alone, for ${added.refused}` }
}
