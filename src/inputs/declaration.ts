import type { Kind } from './kinds.ts'

/** One input of the action: everything that action.yml, the README and the parser need to know of it. */
export interface Declaration<T> {
  readonly kind: Kind<T>
  /** The default as written in action.yml; parsed like a user's value. */
  readonly fallback: string
  /** For users: what it does, in Markdown, ending with a full stop. */
  readonly help: string
  /** What to write instead when the value is not allowed, as an imperative sentence. */
  readonly mend: string
  /** Filled in by the runner, not by users; left out of the tables of docs/inputs.md. */
  readonly hidden?: true
}

/** How to mend a flag. */
export const yesOrNo = 'Write `true` or `false`, or leave the input out.'
/** How to mend a choice. */
export const chooseOne = 'Use one of these words as it stands, or leave the input out.'
