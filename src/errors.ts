/** A mistake that the user can fix: in an input, a file or the job's set-up. */
export interface Problem {
  /** What is wrong, naming the thing and its value. */
  readonly what: string
  /** What is allowed or expected; empty when `what` contains it already. */
  readonly allowed: string
  /** What to do, as an imperative sentence. */
  readonly fix: string
  /** The file that holds the mistake: its path as the user knows it. The line counts from 1. */
  readonly file?: string
  readonly line?: number
  /** Lines for the log that show the mistake, such as those of a diff. */
  readonly shown?: readonly string[]
  /** The heading above `shown`; without it, `shown` is the change that `file` needs. */
  readonly shownAs?: string
}

/** The kind of a failure. Code branches on it; messages are for people. */
type ErrorCode =
  | 'bundle-mismatch'
  | 'corrupt-archive'
  | 'corrupt-modules'
  | 'entry-not-applicable'
  | 'envelope-refused'
  | 'go-command'
  | 'go-download-mismatch'
  | 'go-file'
  | 'http-timeout'
  | 'invalid-deps-lock'
  | 'module-path'
  | 'not-enough-space'
  | 'proxy'
  | 'ring-failed'
  | 'transfer'
  | 'unreadable-bundle'
  | 'unreadable-file'
  | 'user'
  | 'worker-timeout'

/**
 * The base of the errors that this action throws on purpose. An error of a worker thread arrives as a plain Error that
 * keeps its code (Node, lib/internal/error_serdes.js). Callers therefore use `hasCode` for errors of a worker thread.
 */
export abstract class ActionError extends Error {
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** Whether an error has one of these codes, from any thread. */
export function hasCode(error: unknown, ...codes: readonly ErrorCode[]): boolean {
  return error instanceof Error && 'code' in error && codes.some((code) => code === error.code)
}

/** One or more mistakes that the user can fix; thrown before the action changes anything. */
export class UserError extends ActionError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super('user', problems.map(problemText).join('\n'))
    this.problems = problems
  }
}

/** Formats a problem as one line for the log and for an annotation. */
export function problemText(problem: Problem): string {
  const allowed = problem.allowed === '' ? '' : ` Allowed: ${problem.allowed}.`
  return `${problem.what}.${allowed} ${problem.fix}`
}

/**
 * An entry that is truncated or altered, or that this action did not write. Callers treat it as a miss.
 * The message names the file of the entry and what is wrong with it.
 */
export class CorruptArchive extends ActionError {
  constructor(message: string) {
    super('corrupt-archive', message)
  }
}

/** Modules differ from their record, in a bundle or while packing one. The message names them and the fix. */
export class BundleMismatch extends ActionError {
  constructor(message: string) {
    super('bundle-mismatch', message)
  }
}
