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
