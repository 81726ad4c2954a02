import { withoutSecretInputs } from './auth/index.ts'
import { makeRemovable, mustBeRemovable } from './cache/index.ts'
import { isSaveAction, reportSaves, saveNow, saveUse, withSaved } from './phases/index.ts'
import { removeInPost } from './platform/cleanup.ts'
import { processEnv, type Variables } from './platform/environment.ts'
import { onExit } from './platform/processes.ts'
import * as runner from './platform/runner.ts'
import { isJobDir, workspaceFolder } from './platform/temp-dirs.ts'
import { decodeState, stateName } from './state.ts'

/** The post phase of the action and of `restore`: removes secrets, saves the caches as main planned, reports and cleans up. It never fails a job. */
async function runPost(): Promise<void> {
  const later = new runner.LaterSteps()
  // The secrets first, because a cancelled job has little time.
  const variables = removeInPost(['ssh', 'credentials'], withoutSecretInputs(processEnv()), later)
  // The save may go to a server that is trusted only through these certificates.
  const end = () => {
    removeInPost(['work', 'bundle', 'certificates'], variables, later)
    later.write()
  }
  // Also runs when the job is cancelled.
  const unregister = onExit(end)
  try {
    await saveAll(variables)
  } finally {
    end()
    unregister()
  }
}

/** Saves the caches as main planned. A failure becomes a warning. */
async function saveAll(variables: Variables): Promise<void> {
  const text = runner.savedState(stateName)
  const state = decodeState(text, isJobDir)
  if (state === undefined) {
    const unreadable = 'Nothing is saved: the state from the main step cannot be read.'
    runner.info(text === '' ? 'There is nothing to save.' : unreadable)
    return
  }
  try {
    await reportSaves(await saveUse(withSaved(state), variables), state)
  } catch (error) {
    runner.warning(`Nothing was saved: ${(error as Error).message}`)
  } finally {
    const { makeRemovable: removable = '' } = state
    if (mustBeRemovable(removable, workspaceFolder(variables))) makeRemovable(removable)
  }
}

const variables = processEnv()
await runner.runPhase('post', () => (isSaveAction(variables) ? saveNow(variables) : runPost()))
