import { fileURLToPath } from 'node:url'
import * as core from '@actions/core'

/** Where an annotation points to. */
export interface Place {
  readonly title?: string
  readonly file?: string
  readonly line?: number
}

/** Writes a line to the log. */
export function info(line: string): void {
  core.info(line)
}

/** Writes a line that shows only when the job runs with debug logging. */
export function debug(line: string): void {
  core.debug(line)
}

/** Makes a notice annotation. */
export function notice(text: string): void {
  core.notice(text)
}

/** Makes a warning annotation. */
export function warning(text: string): void {
  core.warning(text)
}

/** Makes an error annotation and lets the step fail. */
export function error(text: string, place: Place = {}): void {
  core.error(text, {
    ...(place.title === undefined ? {} : { title: place.title }),
    ...(place.file === undefined ? {} : { file: place.file }),
    ...(place.line === undefined ? {} : { startLine: place.line }),
  })
  process.exitCode = core.ExitCode.Failure
}

/** Writes lines to the log under a heading that the reader can fold. */
export function group(heading: string, lines: readonly string[]): void {
  core.startGroup(heading)
  for (const line of lines) core.info(line)
  core.endGroup()
}

/** Hides a value in everything that the runner shows from now on. */
export function mask(secret: string): void {
  core.setSecret(secret)
}

/** Sets an output of the step. */
export function setOutput(name: string, value: string): void {
  core.setOutput(name, value)
}

/** Sets an environment variable for every later step of the job. This process and its children keep what they have. */
export function exportVariable(name: string, value: string): void {
  keepingVariable(name, () => core.exportVariable(name, value))
}

/**
 * Puts a folder first on PATH for every later step of the job. This process and its children keep what they have.
 *
 * @throws RangeError when there is a line break in its name: the runner would take it for two folders
 */
export function addPath(folder: string): void {
  if (/[\r\n]/.test(folder)) throw new RangeError(`${JSON.stringify(folder)} cannot be put on PATH`)
  keepingVariable('PATH', () => core.addPath(folder))
}

/**
 * Undoes what @actions/core does to this process besides telling the runner. Later steps may get other values than this
 * step's own children: GIT_CONFIG_COUNT, for one, counts settings for credentials that later steps do not get.
 */
function keepingVariable(name: string, write: () => void): void {
  const before = process.env[name]
  write()
  if (before === undefined) delete process.env[name]
  else process.env[name] = before
}

/**
 * Lets the runner make annotations of what Go's compiler and `go vet` complain of, in this and later steps. The
 * owner has the name that actions/setup-go gives its own, so that of two only one counts.
 */
export function addProblemMatcher(): void {
  // Beside the bundle, or at the top of the sources.
  const place = import.meta.url.endsWith('.ts') ? '../problem-matcher.json' : './problem-matcher.json'
  core.info(`::add-matcher::${fileURLToPath(new URL(place, import.meta.url))}`)
}

/** Hands a text to the post step. */
export function saveState(name: string, value: string): void {
  core.saveState(name, value)
}

/** The text that the main step handed over; empty when it handed none. */
export function savedState(name: string): string {
  return core.getState(name)
}

/** Adds Markdown to the job summary, where the runner has one. */
export async function appendToSummary(markdown: string): Promise<void> {
  if ((process.env.GITHUB_STEP_SUMMARY ?? '') === '') return
  try {
    await core.summary.addRaw(markdown, true).write()
  } catch (error) {
    core.debug(`the job summary cannot be written: ${(error as Error).message}`)
  }
}
