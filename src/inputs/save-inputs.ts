import { type InputName, variableOf } from './inputs.ts'

/** The inputs of the other actions that concern what is saved. */
const cachingInputs = [
  'working-directory',
  'modules',
  'cache',
  'cache-modules',
  'cache-build',
  'cache-mode',
  'cache-backend',
  's3-bucket',
  's3-region',
  's3-endpoint',
  's3-prefix',
  'cache-key',
  'cache-zips',
  'cache-save-on-failure',
  'cache-save-branches',
  'cache-max-size',
] as const satisfies readonly InputName[]

/** The inputs of actions/cache/save, which `save` may replace. */
const inputsOfCacheSave = ['path', 'key', 'upload-chunk-size', 'enableCrossOsArchive']

/**
 * Returns the names of inputs that are set for `save`, but mean nothing to it. The runner passes undeclared inputs, too,
 * and only warns of them.
 *
 * In a composite action nothing counts as set: there the runner of Gitea passes the inputs of that action to its steps,
 * too (gitea.com/gitea/act, pkg/runner/step.go, mergeEnv).
 *
 * @param environment the environment variables of the action
 */
export function foreignInputsOfSave(
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  if ((environment.GITHUB_ACTION_PATH ?? '') !== '') return []
  return [...inputsOfCacheSave, ...cachingInputs].filter(
    (name) => (environment[variableOf(name)] ?? '').trim() !== '',
  )
}
