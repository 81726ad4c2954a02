/**
 * Makes text from other sources safe for the log: file names, module paths, messages of servers and compilers.
 *
 * The runner reads commands in two forms (actions/runner, ActionCommand.cs): `::name::` after leading white space, and
 * `##[name]` anywhere in a line. It compares by the rules of the culture, so invisible characters between the signs do
 * not count. It ends a line at `\n` and at `\r` (ProcessInvoker.cs, StreamReader.ReadLine).
 */

import { randomUUID } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { EOL } from 'node:os'
import { fileURLToPath } from 'node:url'
import { format } from 'node:util'
import * as core from '@actions/core'
import { processEnv } from './environment.ts'
import * as runner from './runner.ts'

/**
 * Control characters, invisible format characters (including those that change the text direction), and line
 * separators.
 */
const hidden = /(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu

/** `::` at the start, after anything that could count as white space or as invisible. */
const doubleColon = /^([^\x21-\x7e]*):(?=[^\x20-\x7e]*:)/

/** `##[` anywhere, also with characters in between that could count as invisible. */
const hashes = /#([^\x20-\x7e]*#[^\x20-\x7e]*)\[/g

const shortEscapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r' }

/**
 * Formats one line of the log so that the runner finds no command in it. Control characters appear as in a Go string,
 * and a backslash breaks up a command. Other text stays unchanged, so that problem matchers find `file:line:col`.
 */
export function logLine(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(hidden, escapeOf)
    .replace(doubleColon, '$1\\:')
    .replaceAll(hashes, '#$1\\[')
}

/** Formats text that may have several lines, such as an annotation, in the same way. */
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

/** The location of an annotation. */
export interface AnnotationLocation {
  readonly title?: string
  readonly file?: string
  readonly line?: number
}

/**
 * Runs a phase of the action. An error that escapes from it becomes an annotation: Node would print its message
 * unchanged, and the runner would read commands in it. Console output of packages becomes debug output.
 *
 * @param phase an escaped error fails the step in `main`, and never in `post`
 */
export async function runPhase(phase: 'main' | 'post', work: () => Promise<void>): Promise<void> {
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    console[name] = (...data: unknown[]) => debug(format(...data))
  }
  const end = (failure: unknown) => {
    const { message, stack } = failure instanceof Error ? failure : new Error(String(failure))
    const text = `This is a bug in go-deps-action, please report it: ${message}`
    if (phase === 'main') error(text)
    else warning(text)
    debug(stack ?? '')
    // Exits only after the output is written: a pipe on Windows is asynchronous.
    process.stdout.write('', () => process.exit(phase === 'main' ? core.ExitCode.Failure : 0))
  }
  process.on('uncaughtException', end)
  await work().catch(end)
}

/** Writes one line to the log, whatever it contains. */
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

/** Makes an error annotation and fails the step. */
export function error(text: string, place: AnnotationLocation = {}): void {
  core.error(logLines(text), {
    ...(place.title === undefined ? {} : { title: logLine(place.title) }),
    ...(place.file === undefined ? {} : { file: place.file }),
    ...(place.line === undefined ? {} : { startLine: place.line }),
  })
  process.exitCode = core.ExitCode.Failure
}

/** Writes lines to the log under a collapsible heading. */
export function group(heading: string, lines: readonly string[]): void {
  core.startGroup(logLine(heading))
  for (const line of lines) info(line)
  core.endGroup()
}

/** Masks a value in everything that the runner shows from now on, also in the form of `logLine`. */
export function mask(secret: string): void {
  const shown = secret.split(/\r\n|\r|\n/).filter((line) => logLine(line) !== line)
  for (const one of [secret, ...shown.map(logLine)]) core.setSecret(one)
}

/** Sets an output of the step. */
export function setOutput(name: string, value: string): void {
  core.setOutput(name, value)
}

/**
 * Collects the variables and the folders of PATH that later steps get, and writes them. They are not those of this
 * process, whose own variables never change: GIT_CONFIG_COUNT, for one, counts settings for credentials that later
 * steps do not get. `core.exportVariable` and `core.addPath` would change them, too.
 */
export class LaterSteps {
  readonly #variables = new Map<string, string>()
  readonly #folders: string[] = []

  /** Sets variables. The last value of a name counts. */
  set(variables: Readonly<Record<string, string>>): void {
    for (const [name, value] of Object.entries(variables)) this.#variables.set(name, value)
  }

  /**
   * Puts a folder first on PATH.
   *
   * @throws RangeError when its name has a line break: the runner would read it as two folders
   */
  addPath(folder: string): void {
    if (/[\r\n]/.test(folder))
      throw new RangeError(`${JSON.stringify(folder)} has a line break and cannot be added to PATH`)
    this.#folders.push(folder)
  }

  /** Writes what was collected since the last call. */
  write(): void {
    for (const [name, value] of this.#variables) {
      const end = `ghadelimiter_${randomUUID()}`
      if (!appendToFile('GITHUB_ENV', [`${name}<<${end}`, value, end]))
        core.info(`::set-env name=${name}::${commandData(value)}`)
    }
    for (const folder of this.#folders) {
      if (!appendToFile('GITHUB_PATH', [folder])) core.info(`::add-path::${commandData(folder)}`)
    }
    this.#variables.clear()
    this.#folders.length = 0
  }
}

/**
 * Appends lines to a file of the runner, as @actions/core does (file-command.ts).
 *
 * @param name the variable that names the file
 * @returns false when the runner has no such file, as old runners
 */
function appendToFile(name: 'GITHUB_ENV' | 'GITHUB_PATH', lines: readonly string[]): boolean {
  const file = processEnv()[name] ?? ''
  if (file === '') return false
  appendFileSync(file, lines.map((line) => `${line}${EOL}`).join(''))
  return true
}

/**
 * Adds a problem matcher: the runner turns errors of Go's compiler and `go vet` into annotations, in this and later
 * steps. It has the same owner name as the matcher of actions/setup-go, so that only one of the two counts.
 */
export function addProblemMatcher(): void {
  // Next to the bundle, or at the top of the sources.
  const place = import.meta.url.endsWith('.ts') ? '../problem-matcher.json' : './problem-matcher.json'
  const file = fileURLToPath(new URL(place, import.meta.url))
  core.info(`::add-matcher::${commandData(file)}`)
}

/** Escapes what follows the name of a command, as @actions/core does (command.ts). */
function commandData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}

/** Passes a text to the post step. */
export function saveState(name: string, value: string): void {
  core.saveState(name, value)
}

/** Returns the text that the main step saved; empty when there is none. */
export function savedState(name: string): string {
  return core.getState(name)
}

/** Adds Markdown to the job summary, where the runner has one. */
export async function appendToSummary(markdown: string): Promise<void> {
  if ((processEnv().GITHUB_STEP_SUMMARY ?? '') === '') return
  try {
    await core.summary.addRaw(markdown, true).write()
  } catch (error) {
    debug(`the job summary cannot be written: ${(error as Error).message}`)
  }
}

/** Writes a heading with collapsible lines; without lines, only the heading. */
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
