import { withoutSecretInputs } from '../auth/index.ts'
import {
  announceSave,
  excludeForOtherUses,
  planSave,
  privatePatternsVariable,
  type SaveReport,
  saveCaches,
  startTransfer,
} from '../cache/index.ts'
import type { Problem } from '../errors.ts'
import { foreignInputsOfSave, variableOf } from '../inputs/index.ts'
import type { Variables } from '../platform/environment.ts'
import { makeDirectory } from '../platform/files.ts'
import * as runner from '../platform/runner.ts'
import { saveOutputsOf } from '../report/index.ts'
import { jobStatus, type State } from '../state.ts'
import { failForProblems, reportFailure, reportSaves, setOutputs } from './report.ts'
import { markSaved, readEarlierUses, withSaved } from './uses.ts'

/**
 * Saves the caches of one use of this action as its main planned.
 *
 * @param variables the variables of this process, without secrets
 */
export async function saveUse(state: State, variables: Variables): Promise<readonly SaveReport[]> {
  // A step may have cleared RUNNER_TEMP.
  makeDirectory(state.folder)
  const status = jobStatus(variables[variableOf('job-status')] ?? '')
  const allowed = excludeForOtherUses(state, variables[privatePatternsVariable] ?? '')
  const transfer = await startTransfer(state.folder, variables, state.backend, false)
  return saveCaches(planSave(allowed, status), allowed, transfer)
}

/** Reports whether this step is the sub-action `save`. */
export function isSaveAction(variables: Variables): boolean {
  return variables[variableOf('sub-action')] === 'save'
}

/**
 * Runs the sub-action `save`: saves what the uses of this action before it planned and nothing has saved yet. Only a
 * wrong input fails the step.
 */
export async function saveNow(all: Variables): Promise<void> {
  const foreign = foreignInputsOfSave(all)
  if (foreign.length > 0) {
    await reportFailure(failForProblems([foreignProblem(foreign)]), undefined)
    return
  }
  const variables = withoutSecretInputs(all)
  const uses = readEarlierUses()
  if (uses.length === 0) runner.warning(noEarlierUse)
  for (const { why } of uses.filter(({ state }) => state === undefined))
    runner.info(`There is nothing to save for an earlier step: ${why}.`)
  const planned = uses.flatMap(({ state }) => state ?? [])
  for (const state of planned.filter(({ restoresOnly }) => restoresOnly))
    announceSave(state.folder, state.save)
  const saves: SaveReport[] = []
  // One after the other, the earliest first: the later ones know what it has saved.
  for (const state of planned) saves.push(...(await saveEarlierUse(state, variables)))
  setOutputs(saveOutputsOf(saves))
}

async function saveEarlierUse(state: State, variables: Variables): Promise<readonly SaveReport[]> {
  const { restoresOnly, ...planned } = withSaved(state)
  try {
    const saves = await saveUse(planned, variables)
    markSaved(planned, saves)
    const modules = saves.find(({ name }) => name === 'modules')?.outcome
    if (restoresOnly)
      announceSave(state.folder, modules?.saved || modules?.exists || modules?.upToDate ? 'yes' : 'no')
    await reportSaves(saves, planned)
    return saves
  } catch (error) {
    runner.warning(`Nothing was saved: ${(error as Error).message}`)
    return []
  }
}

/** A warning and no error: a step that clears RUNNER_TEMP has the same effect, and a cache failure fails no job. */
const noEarlierUse =
  'Nothing is saved: no step of this job has planned a save. Before this step, add one with `org/go-deps-action/restore@v0` or `org/go-deps-action@v0`, after actions/checkout. If there is one, it failed, it was skipped, or a step cleared RUNNER_TEMP.'

function foreignProblem(names: readonly string[]): Problem {
  const list = names.map((name) => `\`${name}\``).join(', ')
  return {
    what: `\`org/go-deps-action/save\` has no inputs, but ${list} ${names.length === 1 ? 'is' : 'are'} set`,
    allowed: '',
    fix: 'Remove the inputs. This step saves what the step with `org/go-deps-action/restore` or `org/go-deps-action` planned, so set them there.',
  }
}
