import { removeSecretInputs } from './auth/missing-secrets.ts'
import { saveCaches, startTransfer } from './cache/cache.ts'
import { excludeForOtherUses, privatePatternsVariable } from './cache/excluded-modules.ts'
import { makeRemovable, mustBeRemovable } from './cache/gomodcache/install.ts'
import { planSave } from './cache/save-rules.ts'
import { variableOf } from './inputs/inputs.ts'
import { reportSaves } from './phases/report.ts'
import { removeJobTempDir, type TempDirKind } from './platform/cleanup.ts'
import { processEnv, removeRelativePaths } from './platform/environment.ts'
import { makeDirectory, removeIfPossible } from './platform/files.ts'
import * as runner from './platform/runner.ts'
import { isJobDir, workspaceFolder } from './platform/temp-dirs.ts'
import { decodeState, jobStatus, stateName } from './state.ts'

/** The post phase: removes secrets, saves the caches as main planned, reports and cleans up. It never fails a job. */
async function runPost(): Promise<void> {
  removeRelativePaths()
  // First, because a cancelled job has little time.
  removeSecretInputs()
  // In reverse order of creation, because each restores the variables that were set before it.
  removeTempDir('ssh')
  removeTempDir('credentials')
  try {
    await saveAll()
  } finally {
    removeTempDir('bundle')
    // The save may go to a server that is trusted only through these certificates.
    removeTempDir('certificates')
  }
}

/** Removes a folder of this action. A failure becomes a warning, so that the caller can remove the others. */
function removeTempDir(kind: TempDirKind): void {
  try {
    removeJobTempDir(kind)
  } catch (error) {
    runner.warning(`Not everything was cleaned up (${kind}): ${(error as Error).message}`)
  }
}

/** Saves the caches as main planned. A failure becomes a warning. */
async function saveAll(): Promise<void> {
  const text = runner.savedState(stateName)
  const state = decodeState(text, isJobDir)
  if (state === undefined) {
    const damaged = 'Nothing is saved: what the main step said of the caches cannot be read.'
    runner.info(text === '' ? 'There is nothing to save.' : damaged)
    return
  }
  try {
    // A step may have cleared RUNNER_TEMP.
    makeDirectory(state.folder)
    const status = jobStatus(processEnv()[variableOf('job-status')] ?? '')
    const kept = excludeForOtherUses(state, processEnv()[privatePatternsVariable] ?? '')
    const saves = await saveCaches(planSave(kept, status), kept, startTransfer(state.folder))
    await reportSaves(saves, state)
  } catch (error) {
    runner.warning(`Nothing was saved: ${(error as Error).message}`)
  } finally {
    const { makeRemovable: removable = '' } = state
    if (mustBeRemovable(removable, workspaceFolder())) makeRemovable(removable)
    removeIfPossible(state.folder)
  }
}

await runner.runPhase('post', runPost)
