/** A mistake that the user can fix: in an input, a file or the job's set-up. */
export interface Problem {
  /** What is wrong, naming the thing and its value. */
  readonly what: string
  /** What is allowed or expected; empty when `what` says it already. */
  readonly allowed: string
  /** What to do, as an imperative sentence. */
  readonly fix: string
  /** Where, if it is in a file: path as the user knows it, line counted from 1. */
  readonly file?: string
  readonly line?: number
  /** Lines for the log that show it, such as those of a diff. */
  readonly shown?: readonly string[]
  /** The heading above them; without it they are what would change in `file`. */
  readonly shownAs?: string
}

/** One or more mistakes that the user can fix; thrown before anything is changed. */
export class UserError extends Error {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(problemText).join('\n'))
    this.name = 'BadInput'
    this.problems = problems
  }
}

/** A problem as one line for the log and for an annotation. */
export function problemText(problem: Problem): string {
  const allowed = problem.allowed === '' ? '' : ` Allowed: ${problem.allowed}.`
  return `${problem.what}.${allowed} ${problem.fix}`
}

/**
 * An entry is not what was packed: cut off, altered, or never one of ours. To callers it is a miss.
 * The message names the file of the entry and what is wrong with it.
 */
export class CorruptArchive extends Error {
  override readonly name = 'PackDamaged'
}

/** Modules are not what is recorded of them, in a bundle or on the way into one; the message says which and what to do. */
export class BundleMismatch extends Error {
  override readonly name = 'WrongBundle'
}
