import { fileURLToPath } from 'node:url'
import { format } from 'node:util'
import * as core from '@actions/core'
import * as runner from './runner.ts'

/**
 * Makes text that others wrote fit for the log: file names, module paths, what a server or a compiler said.
 *
 * The runner reads commands in two forms (actions/runner, ActionCommand.cs): `::name::` after leading white space, and
 * `##[name]` anywhere in a line. Its comparisons follow the culture's rules, so invisible characters between the
 * signs do not count. Its reader ends a line at `\n` and at `\r` (ProcessInvoker.cs, StreamReader.ReadLine).
 */

/** Controls, invisible format characters (those that turn the direction of writing among them), ends of lines. */
const hidden = /(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** `::` at the start, behind anything that could count as white space or as nothing. */
const doubleColon = /^([^\x21-\x7e]*):(?=[^\x20-\x7e]*:)/

/** `##[` anywhere, with nothing in it that could count. */
const hashes = /#([^\x20-\x7e]*#[^\x20-\x7e]*)\[/g

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' }

/**
 * One line of the log that the runner takes for text. Control characters are shown as Go writes them in a string, and a
 * backslash breaks what would be a command. Any other text stays as it is, so that problem matchers find `file:line:col`.
 */
export function logLine(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(hidden, escapeOf)
    .replace(doubleColon, '$1\\:')
    .replaceAll(hashes, '#$1\\[')
}

/** The same for text that may have several lines, as an annotation has. */
export function logLines(text: string): string {
  return text
    .trimEnd()
    .split(/\r\n|\r|\n/)
    .map(logLine)
    .join('\n')
}

function escapeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0
  const hex = (digits: number) => code.toString(16).padStart(digits, '0')
  if (code < 0x100) return shortEscapes[character] ?? `\\x${hex(2)}`
  return code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`
}

/** Where an annotation points to. */
export interface AnnotationLocation {
  readonly title?: string
  readonly file?: string
  readonly line?: number
}

/**
 * Runs a phase of the action. Whatever escapes from it reaches the log as an annotation: Node would print its message
 * as it is, and the runner would read commands in it. What packages print becomes debug output.
 *
 * @param phase what escapes fails the step in main, and never in post
 */
export async function runPhase(phase: 'main' | 'post', work: () => Promise<void>): Promise<void> {
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    console[name] = (...data: unknown[]) => debug(format(...data))
  }
  const end = (failure: unknown) => {
    const { message, stack } = failure instanceof Error ? failure : new Error(String(failure))
    const text = `This is a fault of go-deps-action, please report it: ${message}`
    if (phase === 'main') error(text)
    else warning(text)
    debug(stack ?? '')
    // Written out first: a pipe of Windows takes its time.
    process.stdout.write('', () => process.exit(phase === 'main' ? core.ExitCode.Failure : 0))
  }
  process.on('uncaughtException', end)
  await work().catch(end)
}

/** Writes one line to the log, whatever is in it. */
export function info(line: string): void {
  core.info(logLine(line))
}

/** Writes a line that shows only when the job runs with debug logging. */
export function debug(line: string): void {
  core.debug(logLines(line))
}

/** Makes a notice annotation. */
export function notice(text: string): void {
  core.notice(logLines(text))
}

/** Makes a warning annotation. */
export function warning(text: string): void {
  core.warning(logLines(text))
}

/** Makes an error annotation and lets the step fail. */
export function error(text: string, place: AnnotationLocation = {}): void {
  core.error(logLines(text), {
    ...(place.title === undefined ? {} : { title: logLine(place.title) }),
    ...(place.file === undefined ? {} : { file: place.file }),
    ...(place.line === undefined ? {} : { startLine: place.line }),
  })
  process.exitCode = core.ExitCode.Failure
}

/** Writes lines to the log under a heading that the reader can fold. */
export function group(heading: string, lines: readonly string[]): void {
  core.startGroup(logLine(heading))
  for (const line of lines) info(line)
  core.endGroup()
}

/** Hides a value in everything that the runner shows from now on, also in the form that the log gives it. */
export function mask(secret: string): void {
  const shown = secret.split(/\r\n|\r|\n/).filter((line) => logLine(line) !== line)
  for (const one of [secret, ...shown.map(logLine)]) core.setSecret(one)
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
  const file = fileURLToPath(new URL(place, import.meta.url))
  core.info(`::add-matcher::${commandData(file)}`)
}

/** As @actions/core escapes what follows the name of a command (command.ts). */
function commandData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
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
    debug(`the job summary cannot be written: ${(error as Error).message}`)
  }
}

/** Shows a heading with lines that the reader can fold; without lines, the heading alone. */
export function logGroup({
  heading,
  lines,
}: {
  readonly heading: string
  readonly lines: readonly string[]
}): void {
  if (lines.length === 0) runner.info(heading)
  else runner.group(heading, lines)
}
