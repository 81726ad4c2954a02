import { expect, test } from 'vitest'
import { foreignInputsOfSave } from '../../src/inputs/save-inputs.ts'

test('`save` has no inputs: those of the other actions and of actions/cache/save are noticed', () => {
  const own = { 'INPUT_JOB-STATUS': 'success', 'INPUT_SUB-ACTION': 'save', INPUT_KEY: ' ', INPUT_OTHER: 'x' }
  expect(foreignInputsOfSave(own)).toEqual([])
  const given = { ...own, INPUT_PATH: '~/go', INPUT_ENABLECROSSOSARCHIVE: 'true', 'INPUT_CACHE-MODE': 'read' }
  expect(foreignInputsOfSave(given)).toEqual(['path', 'enableCrossOsArchive', 'cache-mode'])
  // The inputs of the composite action, which some runners pass to its steps.
  expect(foreignInputsOfSave({ ...given, GITHUB_ACTION_PATH: '/actions/go' })).toEqual([])
})
