import { GoFailed } from '../go/failure.ts'
import { BadInput, problemText } from '../inputs/problem.ts'
import * as runner from '../system/runner.ts'

/** The title of a failure in a run that gets no secrets. */
const noSecrets = 'this run gets no secrets'

/**
 * Lets the step fail with what the user can do about it: each mistake in an annotation of its own, Go's
 * failures with what they mean and Go's own words below, and anything else as a fault of this action.
 *
 * @param first what comes before the meaning of Go's words in a failure of the go command; undefined for nothing
 * @returns what is told of it in the job summary, one entry a failure
 */
export function failStep(
  error: unknown,
  first: (output: string) => string | undefined = () => undefined,
): readonly string[] {
  if (error instanceof BadInput) {
    for (const problem of error.problems) {
      runner.error(problemText(problem), placed(problem))
      const { file = 'the checkout', shown, shownAs = `What would change in ${file}` } = problem
      if (shown !== undefined) runner.group(shownAs, shown)
    }
    return error.problems.map(problemText)
  }
  const { message, stack, name } = error instanceof Error ? error : new Error(String(error))
  if (error instanceof GoFailed) {
    const { explanation, output } = error
    // What may be an attack is not to be explained away.
    const lead = explanation?.security === true ? undefined : first(output)
    const text = lead === undefined ? message : `${lead} ${message}`
    const usual = explanation?.title ?? 'Go dependencies'
    const title = explanation?.security === true ? 'SECURITY' : lead === undefined ? usual : noSecrets
    runner.error(text, { title })
    for (const { text, ...place } of explanation?.places ?? []) runner.error(text, placed(place))
    runner.group('What the go command said', output.trimEnd().split(/\r?\n/))
    return [text]
  }
  if (['WrongGo', 'CorruptModules', 'WrongBundle'].includes(name)) {
    runner.error(message, { title: 'SECURITY' })
    return [message]
  }
  if (error instanceof Error && 'syscall' in error) {
    const text = `The system refuses what is needed: ${message}. Look at free space, rights and who else uses the file.`
    runner.error(text)
    runner.debug(stack ?? '')
    return [text]
  }
  runner.error(`This is a fault of go-deps-action, please report it: ${message}`)
  runner.debug(stack ?? '')
  return [message]
}

function placed({
  file,
  line,
}: {
  readonly file?: string
  readonly line?: number | undefined
}): runner.Place {
  return { ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }) }
}
