import * as path from 'node:path'
import {
  entriesOf,
  isFile,
  look,
  makeDirectory,
  makeReadOnly,
  moveIfAbsent,
  readText,
} from '../../system/files.ts'
import { type ModuleUnit, sumdb } from './choice.ts'

/**
 * Moves unpacked modules into a module cache that other commands may be using.
 *
 * Nothing that is there is touched. A tree is moved as a whole and made read-only after it: others than
 * root cannot rename a directory that they cannot write to. The ziphash comes last, because with it Go
 * takes a tree for whole (cmd/go/internal/modfetch/cache.go, DownloadDir), so a killed job leaves nothing
 * that would be believed.
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
  for (const unit of units) {
    if (unit.roots.includes(sumdb)) merge(path.join(stage, sumdb), path.join(gomodcache, sumdb))
    else installModule(unit, stage, gomodcache, readOnly)
  }
}

function installModule(unit: ModuleUnit, stage: string, gomodcache: string, readOnly: boolean): void {
  const [files, trees] = [unit.roots.filter(isDownload), unit.roots.filter((root) => !isDownload(root))]
  const ziphash = files.find((file) => file.endsWith('.ziphash'))
  if (ziphash !== undefined && !agrees(ziphash, trees, stage, gomodcache)) return
  for (const file of files) if (file !== ziphash) move(file, stage, gomodcache)
  for (const tree of trees) {
    if (ziphash !== undefined && isBegun(ziphash, tree, gomodcache)) return
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
  const live = readText(path.join(gomodcache, ziphash))
  if (live !== undefined) {
    const ours = readText(path.join(stage, ziphash))
    return ours === undefined || ours === live
  }
  return trees.every((tree) => look(path.join(gomodcache, tree)) === undefined)
}

/** Whether a go command has begun to download what is not there: its lock file is. */
function isBegun(ziphash: string, tree: string, gomodcache: string): boolean {
  return (
    isFile(path.join(gomodcache, ziphash.replace(/\.ziphash$/, '.lock'))) &&
    look(path.join(gomodcache, tree)) === undefined
  )
}

function merge(from: string, to: string): void {
  for (const entry of entriesOf(from)) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)]
    if (entry.isDirectory()) merge(source, target)
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
