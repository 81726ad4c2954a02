import { BadInput, problemText } from '../inputs/problem.ts'
import * as runner from './runner.ts'

/** Shows a heading with lines that the reader can fold; without lines, the heading alone. */
export function tell({
  heading,
  lines,
}: {
  readonly heading: string
  readonly lines: readonly string[]
}): void {
  if (lines.length === 0) runner.info(heading)
  else runner.group(heading, lines)
}

/**
 * Lets the step fail with what the user can do about it: each mistake in an annotation of its own, Go's
 * own words as they are, and anything else as a fault of this action.
 */
export function failStep(error: unknown): void {
  if (error instanceof BadInput) {
    for (const problem of error.problems) {
      runner.error(problemText(problem), {
        ...(problem.file === undefined ? {} : { file: problem.file }),
        ...(problem.line === undefined ? {} : { line: problem.line }),
      })
    }
    return
  }
  const { message, stack, name } = error instanceof Error ? error : new Error(String(error))
  if (name === 'DownloadFailed') runner.error(message, { title: 'Go dependencies' })
  else runner.error(`This is a fault of go-deps-action, please report it: ${message}`)
  runner.debug(stack ?? '')
}
