import * as path from 'node:path'
import { now } from '../platform/clock.ts'
import { entriesOf, lstat, makePrivateDirectory, removeIfPossible } from '../platform/files.ts'
import { onExit } from '../platform/processes.ts'

/**
 * Begins the name of a folder in which an entry is unpacked before its files are moved into place: in
 * the cache itself, because only there a move is sure to stay within one file system.
 */
export const stagePrefix = '.go-deps-action-'

/** How long unpacking an entry may take, in seconds: downloading everything anew is faster. */
export const maxUnpackSeconds = 600

/** A stage older than this was left by a job that was killed, in milliseconds. */
const stale = 2 * 60 * 60 * 1000

/**
 * Works with a stage, which is gone afterwards, however it ends; only a killed job leaves one.
 *
 * @param directory absolute path of the cache
 * @param work gets the stage's absolute path
 */
export async function withStage<T>(directory: string, work: (stage: string) => Promise<T>): Promise<T> {
  const stage = makePrivateDirectory(path.join(directory, stagePrefix))
  const release = onExit(() => removeIfPossible(stage))
  try {
    return await work(stage)
  } finally {
    release()
    removeIfPossible(stage)
  }
}

/** Removes what killed jobs left in a cache; a stage in use is younger than every deadline. */
export function removeStaleStages(directory: string): void {
  for (const entry of entriesOf(directory)) {
    if (!entry.name.startsWith(stagePrefix)) continue
    const stage = path.join(directory, entry.name)
    if (now() - (lstat(stage)?.mtimeMs ?? now()) > stale) removeIfPossible(stage)
  }
}
