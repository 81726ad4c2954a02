/**
 * Markdown as GitHub renders it (GitHub Flavored Markdown, https://github.github.com/gfm/), from untrusted data:
 * module paths, labels of directories, output of Go or of a server.
 *
 * Markup in data becomes numeric character references. Those "cannot be used in place of symbols indicating
 * structure" (CommonMark, section 2.5). They mean the same in Markdown and in HTML. A backslash is ambiguous: `\\|` in a
 * table can be read in two ways.
 */

/** Maximum length of one piece of data, in UTF-16 units. */
const longest = 200

/** Maximum length of a line in a block, in UTF-16 units: a whole key must fit (cache/key.ts). */
const longestInBlock = 500

/** The alignment of a column. */
type Align = 'left' | 'right'

/**
 * Escapes data so that it stays text: no markup, no HTML, no new line, cell, list, heading or link.
 *
 * @param most maximum length in UTF-16 units
 */
export function escaped(text: string, most = longest): string {
  return atStart(references(shortened(text, most)))
}

/**
 * Formats a sentence of this action that contains data. Text in backticks becomes code. So do words that GitHub would
 * turn into a link, a mention or an emoji: `text@v0.32.0` is no mail address, and `go.mod:100:` no emoji.
 *
 * @param most maximum length in UTF-16 units
 */
export function prose(text: string, most = longest): string {
  const pieces = shortened(text, most)
    .split(/(`[^`]*[^`\s][^`]*`)/)
    .flatMap((piece, index) =>
      index % 2 === 1 ? span(piece.slice(1, -1).trim()) : piece.split(/( )/).map(word),
    )
    .filter((piece) => piece !== '')
  // GitHub would parse two adjacent code spans differently.
  const apart = (all: string, piece: string) => (all.endsWith('`') && piece.startsWith('`') ? `${all} ` : all)
  return atStart(pieces.reduce((all, piece) => `${apart(all, piece)}${piece}`, ''))
}

/**
 * Formats several lines of data as one paragraph, each line as `prose` formats it.
 *
 * @param most maximum length of the whole in UTF-16 units
 */
export function lines(text: string, most: number): string {
  return shortenedTo(text, most)
    .split(/[\r\n]+/)
    .map((line) => prose(line, most))
    .filter((line) => line !== '')
    .join('<br>')
}

/** Formats data verbatim as code; not for tables, where a `|` would end the cell. Empty stays empty. */
export function code(text: string): string {
  return span(shortened(text, longest))
}

/** Formats lines of data verbatim, in a code block that none of them can end. */
export function block(texts: readonly string[]): readonly string[] {
  // Blanks are layout here, so they stay.
  const shown = texts.map((text) => shortenedTo(cleaned(text).trimEnd(), longestInBlock))
  const fence = fenceFor(shown.join('\n'), 3)
  return [`${fence}text`, ...shown, fence]
}

/** Makes a text of this action unbreakable. */
export function unbroken(text: string): string {
  return text.replaceAll(' ', '&nbsp;')
}

/**
 * Formats a table.
 *
 * @param columns the head and the alignment of each column
 * @param rows cells that are Markdown already, without a raw `|` or line break
 */
export function table(
  columns: readonly (readonly [head: string, align: Align])[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [
    row(columns.map(([head]) => head)),
    row(columns.map(([, align]) => (align === 'right' ? '--:' : ':--'))),
    ...rows.map(row),
  ]
}

/**
 * Formats a section that is visible only after a click. The empty lines make GitHub parse Markdown inside.
 *
 * @param title HTML or plain text of one line
 * @param body lines of Markdown
 */
export function folded(title: string, body: readonly string[]): readonly string[] {
  return ['<details>', `<summary>${title}</summary>`, '', ...body, '', '</details>']
}

/**
 * Joins sections with an empty line between them, as many as fit.
 *
 * @param sections the most important first; each is a list of lines, and an empty one is skipped
 * @param most maximum size of the result in bytes
 */
export function document(sections: readonly (readonly string[])[], most: number): string {
  const texts = sections.filter((section) => section.length > 0).map((section) => `${section.join('\n')}\n`)
  const bytes = (count: number) => Buffer.byteLength(texts.slice(0, count).join('\n'))
  let count = texts.length
  while (count > 1 && bytes(count) > most) count--
  return texts.slice(0, count).join('\n')
}

/** Formats one word of a sentence; its punctuation stays outside of the code. */
function word(text: string): string {
  const [, before = '', core = '', after = ''] = /^([("'“]*)(.*?)([)"'”.,;:!?]*)$/.exec(text) ?? []
  return /@|:\/\/|www\.|:\w/i.test(core)
    ? `${references(before)}${span(core)}${references(after)}`
    : references(text)
}

/** Replaces every character that is markup at any position. */
function references(text: string): string {
  return text.replaceAll(/[&<>|`*_[\]#\\~$!@]|:(?=\/\/)|(?<=www)\./gi, reference)
}

/** Escapes the start of a line that would begin a list, a rule or an underlined heading. */
function atStart(text: string): string {
  return text
    .replace(/^[-+=]/, reference)
    .replace(/^(\d+)([.)])(?= |$)/, (_, digits: string, mark: string) => digits + reference(mark))
}

function reference(character: string): string {
  // GitHub detects mail addresses after it decodes the references: the invisible word joiner prevents that.
  return `&#${character.codePointAt(0)};${character === '@' ? '&#8288;' : ''}`
}

/** Formats one line as a code span (CommonMark, section 6.1). */
function span(text: string): string {
  if (text === '') return ''
  const fence = fenceFor(text, 1)
  const blank = text.startsWith('`') || text.endsWith('`') ? ' ' : ''
  return `${fence}${blank}${text}${blank}${fence}`
}

/** Returns a run of backticks that is longer than any in the text. */
function fenceFor(text: string, least: number): string {
  const runs = text.match(/`+/g) ?? []
  return '`'.repeat(Math.max(least, ...runs.map((run) => run.length + 1)))
}

/** Returns one line of at most `most` UTF-16 units, without surrounding or repeated blanks. */
function shortened(text: string, most: number): string {
  return shortenedTo(cleaned(text).replaceAll(/ +/g, ' ').trim(), most).trim()
}

/** Returns one line without control characters and without characters that change the text direction. */
function cleaned(text: string): string {
  return text.toWellFormed().replaceAll(/[\p{Cc}\p{Bidi_Control}\s]/gu, ' ')
}

function shortenedTo(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
