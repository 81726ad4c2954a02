import { treeHashOf } from '../modules/tree-hash.ts'
import { filesBelow, look } from '../system/files.ts'
import { type Job, processors, runWorkers, workOf } from '../system/workers.ts'
import type { HashedFile, HashFilesJob } from './hash-files.ts'

/**
 * Hashes a module's tree as Go does for go.sum, in worker threads.
 *
 * @param directory absolute path of the tree
 * @param name the module as `path@version`, which begins every file's name in the hash
 * @param without files that are no part of the module, as paths in the tree with `/`
 * @returns the hash, such as `h1:…=`
 * @throws Error when something in the tree is neither a file nor a directory
 */
export async function treeHash(
  directory: string,
  name: string,
  without: ReadonlySet<string> = new Set(),
): Promise<string> {
  const files = filesBelow(directory)
    .map((file) => sized(directory, file))
    .filter(({ file }) => !without.has(file))
  const threads = Math.max(1, Math.min(4, processors()))
  const work = workOf({ files: files.length, bytes: files.reduce((sum, { size }) => sum + size, 0) })
  const digests = (await runWorkers(threads, work, () =>
    share(files, threads).map((part): Job => {
      const data: HashFilesJob = { directory, files: part.map(({ file }) => file) }
      return { task: 'hash-files', data }
    }),
  )) as readonly (readonly HashedFile[])[]
  return treeHashOf(digests.flat().map(({ file, sha256 }) => ({ name: `${name}/${file}`, sha256 })))
}

interface SizedFile {
  readonly file: string
  readonly size: number
}

function sized(directory: string, file: string): SizedFile {
  const stats = look(`${directory}/${file}`)
  if (stats?.isFile() !== true) throw new Error(`${file} is neither a file nor a directory`)
  return { file, size: stats.size }
}

/** Opening a file takes about as long as hashing this many bytes. */
const fileWeight = 16 * 1024

/** Neighbouring files stay together, so that each thread reads one part of the disk; the parts are equally heavy. */
function share(files: readonly SizedFile[], parts: number): readonly (readonly SizedFile[])[] {
  const total = files.reduce((sum, { size }) => sum + size + fileWeight, 0)
  const shares: SizedFile[][] = Array.from({ length: parts }, () => [])
  let done = 0
  for (const file of files) {
    shares[Math.min(parts - 1, Math.floor((done / total) * parts))]?.push(file)
    done += file.size + fileWeight
  }
  return shares
}
