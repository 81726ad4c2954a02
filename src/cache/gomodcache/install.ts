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
 * Existing files stay untouched. A tree is moved as a whole and made read-only afterwards: only the root user can
 * rename a read-only directory. The ziphash comes last, because with it Go accepts a tree as complete
 * (cmd/go/internal/modfetch/cache.go, DownloadDir). So a killed job leaves nothing that Go would accept. A tree is
 * moved under the lock that Go extracts it under (fetch.go, unzip): Go fails when a tree appears after Go has checked
 * for it.
 *
 * @param units content of the entry
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

/** Returns the lock file of a module whose tree is to be moved; empty for other units. */
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

/** Source and destination of modules. */
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
    if (ziphash !== undefined && isDownloading(ziphash, tree, gomodcache, locks)) return
    if (move(tree, stage, gomodcache) && readOnly) makeReadOnly(path.join(gomodcache, tree))
  }
  if (ziphash !== undefined) move(ziphash, stage, gomodcache)
}

/**
 * Reports whether the entry's files may join the existing ones. A tree without a ziphash belongs to another command and
 * may be incomplete: the entry's ziphash would make Go accept it. The entry's zip must not join the hash of other
 * content either.
 */
function agrees(ziphash: string, trees: readonly string[], stage: string, gomodcache: string): boolean {
  if (isFile(path.join(gomodcache, ziphash.replace(/\.ziphash$/, '.partial')))) return false
  const cached = readTextUpTo(path.join(gomodcache, ziphash), longestZiphash)
  if (cached !== undefined) {
    const staged = readTextUpTo(path.join(stage, ziphash), longestZiphash)
    return staged === undefined || staged === cached
  }
  return [...trees, ...treeOf(ziphash)].every((tree) => lstat(path.join(gomodcache, tree)) === undefined)
}

/** Returns the tree that Go would accept with a `.ziphash`, whether the entry has it or not. */
function treeOf(ziphash: string): readonly string[] {
  const { name } = moduleRoot(ziphash) ?? {}
  return name === undefined ? [] : [treeDirectory(splitModuleVersion(name))]
}

/** Maximum length of a `.ziphash` to read, in bytes; real ones have 47 bytes. */
const longestZiphash = 1024

/**
 * Reports whether a go command has begun to download a missing tree: it holds the lock. Where the lock cannot be
 * queried, the existence of its file counts.
 */
function isDownloading(ziphash: string, tree: string, gomodcache: string, locks: FileLocks): boolean {
  const lock = lockFile(ziphash, gomodcache)
  const state = locks.state(lock)
  if (state !== 'unknown') return state === 'taken'
  return isFile(lock) && lstat(path.join(gomodcache, tree)) === undefined
}

/** Moves the files below a directory to where they are missing. */
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
 * Reports whether the trees of a module cache must stay writable: when it is inside the checkout. There the next job's
 * actions/checkout removes it, with `git clean -ffdx` or file by file (its git-directory-helper.ts). Only the root user
 * can remove files from a directory that Go has write-protected (cmd/go/internal/modfetch/fetch.go, makeDirsReadOnly).
 *
 * @param gomodcache GOMODCACHE; empty where Go has none
 * @param workspace absolute path of the checkout
 */
export function mustBeRemovable(gomodcache: string, workspace: string): boolean {
  if (!path.isAbsolute(gomodcache)) return false
  // A missing directory has no real path, so its name decides.
  return isDirectory(gomodcache)
    ? isWithin(realPath(workspace), realPath(gomodcache))
    : isWithin(workspace, gomodcache)
}

/**
 * Lets the owner remove a module cache and its content. The files stay read-only. The change modifies the times that
 * distinguish trees of this job from older ones, so it comes after the save. An error is only logged.
 *
 * @param gomodcache absolute path of the module cache
 */
export function makeRemovable(gomodcache: string): void {
  if (!isDirectory(gomodcache)) return
  try {
    makeTreeWritable(gomodcache, 'directories')
  } catch (error) {
    debug(`cannot make ${gomodcache} writable: ${(error as Error).message}`)
  }
}
