import { chmodSync, chownSync, copyFileSync, cpSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import * as path from 'node:path'
import { type Bed, root } from './bed.ts'
import type { Places, RunnerJob } from './runner-job.ts'

/** Whether the tests may start a job as somebody else. */
export const isRoot = process.getuid?.() === 0
/** Who owns nothing (Debian: nobody). */
export const nobody = { uid: 65534, gid: 65534 }
/** Whether that user may read this checkout: in the home of root it may not. */
export const isOpenToNobody =
  isRoot && directoriesAbove(root).every((one) => (statSync(one).mode & 0o001) !== 0)

/**
 * A job whose steps an unprivileged user runs, with places that are this user's.
 *
 * @param prepare done before the places are given away
 * @param afterwards done once they are
 */
export function unprivileged(
  bed: Bed,
  prepare: (places: Places) => void = () => {},
  afterwards: (places: Places) => void = () => {},
): RunnerJob {
  const folder = path.join(bed.folder, 'unprivileged')
  mkdirSync(path.join(folder, 'action'), { recursive: true })
  const node = path.join(folder, path.basename(process.execPath))
  copyFileSync(process.execPath, node)
  cpSync(path.join(root, 'dist'), path.join(folder, 'action', 'dist'), { recursive: true })
  copyFileSync(path.join(root, 'action.yml'), path.join(folder, 'action', 'action.yml'))
  return {
    actionDirectory: path.join(folder, 'action'),
    user: { ...nobody, node },
    prepare: (places) => {
      prepare(places)
      chmodSync(bed.folder, 0o755)
      giveAway(bed.folder)
      afterwards(places)
    },
  }
}

function directoriesAbove(directory: string): readonly string[] {
  const above = path.dirname(directory)
  return above === directory ? [directory] : [directory, ...directoriesAbove(above)]
}

function giveAway(target: string): void {
  chownSync(target, nobody.uid, nobody.gid)
  if (!statSync(target).isDirectory()) return
  for (const entry of readdirSync(target, { withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue
    giveAway(path.join(target, entry.name))
  }
}
