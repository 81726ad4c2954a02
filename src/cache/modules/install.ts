import * as path from 'node:path'
import { treeDirectory } from '../../modules/module-path.ts'
import { moduleRoot } from '../../modules/module-roots.ts'
import { splitModuleVersion } from '../../modules/module-version.ts'
import { type FileLocks, lockedAtOnce, lockFiles } from '../../system/file-locks.ts'
import { entriesOf, isFile, look, makeDirectory, makeReadOnly, moveIfAbsent } from '../../system/files.ts'
import { readTextUpTo } from '../../system/sync-files.ts'
import { type ModuleUnit, sumdb } from './choice.ts'

/**
 * Moves unpacked modules into a module cache that other commands may be using.
 *
 * Nothing that is there is touched. A tree is moved as a whole and made read-only after it: others than
 * root cannot rename a directory that they cannot write to. The ziphash comes last, because with it Go
 * takes a tree for whole (cmd/go/internal/modfetch/cache.go, DownloadDir), so a killed job leaves nothing
 * that would be believed. A tree comes into place under the lock that Go extracts it under (fetch.go, unzip): Go fails
 * where a tree appears after it has looked for it.
 *
 * @param units what the entry holds
 * @param stage absolute path of the folder with the unpacked files
 * @param gomodcache absolute path of the module cache, on the same file system
 * @param readOnly whether trees are write-protected
 */
export function installUnits(
  units: readonly ModuleUnit[],
  stage: string,
  gomodcache: string,
  readOnly: boolean,
): void {
  const [databases, modules] = [[] as ModuleUnit[], [] as ModuleUnit[]]
  for (const unit of units) (unit.roots.includes(sumdb) ? databases : modules).push(unit)
  if (databases.length > 0) mergeDirectory(path.join(stage, sumdb), path.join(gomodcache, sumdb))
  for (let from = 0; from < modules.length; from += lockedAtOnce) {
    const batch = modules.slice(from, from + lockedAtOnce)
    const locks = lockFiles(batch.flatMap((unit) => lockOf(unit, stage, gomodcache)))
    try {
      for (const unit of batch) installModule(unit, { stage, gomodcache, readOnly, locks })
    } finally {
      locks.release()
    }
  }
}

/** The lock of a module whose tree is to come into place; none for another unit. */
function lockOf({ roots }: ModuleUnit, stage: string, gomodcache: string): readonly string[] {
  const [ziphash, trees] = [roots.find(isZiphash), roots.filter((root) => !isDownload(root))]
  const isWanted =
    ziphash !== undefined &&
    trees.some((tree) => look(path.join(stage, tree)) !== undefined) &&
    trees.every((tree) => look(path.join(gomodcache, tree)) === undefined) &&
    agrees(ziphash, trees, stage, gomodcache)
  return isWanted ? [lockFile(ziphash, gomodcache)] : []
}

function lockFile(ziphash: string, gomodcache: string): string {
  return path.join(gomodcache, ziphash.replace(/\.ziphash$/, '.lock'))
}

function isZiphash(root: string): boolean {
  return isDownload(root) && root.endsWith('.ziphash')
}

/** Where modules come from and go to. */
interface Places {
  readonly stage: string
  readonly gomodcache: string
  readonly readOnly: boolean
  readonly locks: FileLocks
}

function installModule(unit: ModuleUnit, { stage, gomodcache, readOnly, locks }: Places): void {
  const [files, trees] = [unit.roots.filter(isDownload), unit.roots.filter((root) => !isDownload(root))]
  const ziphash = files.find(isZiphash)
  if (ziphash !== undefined && !agrees(ziphash, trees, stage, gomodcache)) return
  for (const file of files) if (file !== ziphash) move(file, stage, gomodcache)
  for (const tree of trees) {
    if (ziphash !== undefined && isBegun(ziphash, tree, gomodcache, locks)) return
    if (move(tree, stage, gomodcache) && readOnly) makeReadOnly(path.join(gomodcache, tree))
  }
  if (ziphash !== undefined) move(ziphash, stage, gomodcache)
}

/**
 * Whether our files may stand beside what is there. A tree without a ziphash is another command's,
 * perhaps unfinished: our ziphash would make Go believe it. Nor may our zip join another content's hash.
 */
function agrees(ziphash: string, trees: readonly string[], stage: string, gomodcache: string): boolean {
  if (isFile(path.join(gomodcache, ziphash.replace(/\.ziphash$/, '.partial')))) return false
  const live = readTextUpTo(path.join(gomodcache, ziphash), longestZiphash)
  if (live !== undefined) {
    const ours = readTextUpTo(path.join(stage, ziphash), longestZiphash)
    return ours === undefined || ours === live
  }
  return [...trees, ...treeOf(ziphash)].every((tree) => look(path.join(gomodcache, tree)) === undefined)
}

/** The tree that Go would believe with a `.ziphash`, whether the entry has it or not. */
function treeOf(ziphash: string): readonly string[] {
  const { name } = moduleRoot(ziphash) ?? {}
  return name === undefined ? [] : [treeDirectory(splitModuleVersion(name))]
}

/** A `.ziphash` has 47 bytes; this bounds what is read of another file. */
const longestZiphash = 1024

/** Whether a go command has begun to download what is not there: it holds the lock. Where nobody can tell, the lock's file is there. */
function isBegun(ziphash: string, tree: string, gomodcache: string, locks: FileLocks): boolean {
  const lock = lockFile(ziphash, gomodcache)
  const state = locks.state(lock)
  if (state !== 'unknown') return state === 'taken'
  return isFile(lock) && look(path.join(gomodcache, tree)) === undefined
}

/** Moves what is below a directory to where it is absent. */
export function mergeDirectory(from: string, to: string): void {
  for (const entry of entriesOf(from)) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)]
    if (entry.isDirectory()) mergeDirectory(source, target)
    else {
      makeDirectory(to)
      moveIfAbsent(source, target)
    }
  }
}

function move(root: string, stage: string, gomodcache: string): boolean {
  const [from, to] = [path.join(stage, root), path.join(gomodcache, root)]
  if (look(from) === undefined) return false
  makeDirectory(path.dirname(to))
  return moveIfAbsent(from, to)
}

/** Whether a path of an entry is one of the files that Go keeps beside the trees. */
export function isDownload(root: string): boolean {
  return root.startsWith('cache/download/')
}
