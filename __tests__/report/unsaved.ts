import type { SaveOutcome } from '../../src/cache/outcomes.ts'
import { refuse } from '../../src/cache/save-rules.ts'

/** The outcome of a save that did not happen, for any reason. */
export function notSaved(why: string, error = ''): SaveOutcome {
  return refuse({ rule: 'policy', values: { policy: why } }, error)
}

/** The outcome of a save that is not needed, for any reason. */
export function nothingNew(why: string, key = ''): SaveOutcome {
  return { ...refuse({ rule: 'nothing-new' }), why, key }
}
