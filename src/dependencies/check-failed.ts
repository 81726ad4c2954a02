import { type Problem, problemText } from '../inputs/problem.ts'

/** What a check found: what is wrong, and the lines that show it. */
export interface Finding extends Problem {
  /** Lines for the log, such as those of a diff. */
  readonly shown: readonly string[]
}

/** The checkout is not as a check wants it. All that was found is told at once. */
export class CheckFailed extends Error {
  readonly findings: readonly Finding[]

  constructor(findings: readonly Finding[]) {
    super(findings.map(problemText).join('\n'))
    this.name = 'CheckFailed'
    this.findings = findings
  }
}
