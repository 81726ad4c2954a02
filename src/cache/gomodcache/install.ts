import * as path from 'node:path'
import { isDownloadPath, moduleRoot } from '../../gofiles/cache-layout.ts'
import { splitModuleVersion, treeDirectory } from '../../gofiles/module-path.ts'
import { type FileLocks, lockFiles, maxLockedFiles } from '../../platform/file-locks.ts'
import {
  entriesOf,
  isDirectory,
  isFile,
  isWithin,
  lstat,
  makeDirectory,
  makeReadOnly,
  moveIfAbsent,
  readTextUpTo,
  realPath,
} from '../../platform/files.ts'
import { makeTreeWritable } from '../../platform/permissions.ts'
import { debug } from '../../platform/runner.ts'
import { type ModuleUnit, sumdbPath } from './select.ts'

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
export function moveModulesIntoPlace(
  units: readonly ModuleUnit[],
  stage: string,
  gomodcache: string,
  readOnly: boolean,
): void {
  const [databases, modules] = [[] as ModuleUnit[], [] as ModuleUnit[]]
  for (const unit of units) (unit.roots.includes(sumdbPath) ? databases : modules).push(unit)
  if (databases.length > 0) mergeDirectory(path.join(stage, sumdbPath), path.join(gomodcache, sumdbPath))
  for (let from = 0; from < modules.length; from += maxLockedFiles) {
    const batch = modules.slice(from, from + maxLockedFiles)
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
  const [ziphash, trees] = [roots.find(isZiphash), roots.filter((root) => !isDownloadPath(root))]
  const isWanted =
    ziphash !== undefined &&
    trees.some((tree) => lstat(path.join(stage, tree)) !== undefined) &&
    trees.every((tree) => lstat(path.join(gomodcache, tree)) === undefined) &&
    agrees(ziphash, trees, stage, gomodcache)
  return isWanted ? [lockFile(ziphash, gomodcache)] : []
}

function lockFile(ziphash: string, gomodcache: string): string {
  return path.join(gomodcache, ziphash.replace(/\.ziphash$/, '.lock'))
}

function isZiphash(root: string): boolean {
  return isDownloadPath(root) && root.endsWith('.ziphash')
}

/** Where modules come from and go to. */
interface Places {
  readonly stage: string
  readonly gomodcache: string
  readonly readOnly: boolean
  readonly locks: FileLocks
}

function installModule(unit: ModuleUnit, { stage, gomodcache, readOnly, locks }: Places): void {
  const [files, trees] = [
    unit.roots.filter(isDownloadPath),
    unit.roots.filter((root) => !isDownloadPath(root)),
  ]
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
  return [...trees, ...treeOf(ziphash)].every((tree) => lstat(path.join(gomodcache, tree)) === undefined)
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
  return isFile(lock) && lstat(path.join(gomodcache, tree)) === undefined
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
  if (lstat(from) === undefined) return false
  makeDirectory(path.dirname(to))
  return moveIfAbsent(from, to)
}

/**
 * Whether the trees of a module cache are to stay writable: where it lies in the checkout. There the next job's
 * actions/checkout removes it, with `git clean -ffdx` or file by file (its git-directory-helper.ts), and nobody but
 * root can remove what is in a directory that Go has write-protected (cmd/go/internal/modfetch/fetch.go,
 * makeDirsReadOnly).
 *
 * @param gomodcache GOMODCACHE; empty where Go has none
 * @param workspace absolute path of the checkout
 */
export function mustBeRemovable(gomodcache: string, workspace: string): boolean {
  if (!path.isAbsolute(gomodcache)) return false
  // Of what is not there yet only the name is known.
  return isDirectory(gomodcache)
    ? isWithin(realPath(workspace), realPath(gomodcache))
    : isWithin(workspace, gomodcache)
}

/**
 * Lets the owner remove a module cache and what is in it. The files stay read-only. It touches the time by which
 * trees of this job are told from older ones, so it comes after the save; what it cannot do is nobody's failure.
 *
 * @param gomodcache absolute path of the module cache
 */
export function makeRemovable(gomodcache: string): void {
  if (!isDirectory(gomodcache)) return
  try {
    makeTreeWritable(gomodcache, 'directories')
  } catch (error) {
    debug(`${gomodcache} cannot be made writable: ${(error as Error).message}`)
  }
}
