import * as path from 'node:path'
import { now } from '../platform/clock.ts'
import { entriesOf, lstat, makePrivateDirectory, removeIfPossible } from '../platform/files.ts'
import { onExit } from '../platform/processes.ts'

/**
 * Prefix of the folder in which an entry is unpacked before its files are moved into place. The folder is in the cache
 * itself, because only there a move is sure to stay within one file system.
 */
export const stagePrefix = '.go-deps-action-'

/** Maximum time for unpacking an entry, in seconds; after that, a download of everything is faster. */
export const maxUnpackSeconds = 600

/** Age in milliseconds above which a stage is a leftover of a killed job. */
const stale = 2 * 60 * 60 * 1000

/**
 * Runs `work` with a stage and removes the stage afterwards, even on failure. Only a killed job leaves one behind.
 *
 * @param directory absolute path of the cache
 * @param work receives the stage's absolute path
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

/** Removes the stages of killed jobs from a cache. A stage in use is younger than every deadline. */
export function removeStaleStages(directory: string): void {
  for (const entry of entriesOf(directory)) {
    if (!entry.name.startsWith(stagePrefix)) continue
    const stage = path.join(directory, entry.name)
    if (now() - (lstat(stage)?.mtimeMs ?? now()) > stale) removeIfPossible(stage)
  }
}
