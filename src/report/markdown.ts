/**
 * Markdown as GitHub renders it (GitHub Flavored Markdown, https://github.github.com/gfm/), made of data that
 * nobody vouches for: module paths, labels of directories, what Go or a server said.
 *
 * Markup in data becomes numeric character references, because those "cannot be used in place of symbols
 * indicating structure" (CommonMark, section 2.5) and mean the same in Markdown and in HTML. A backslash does
 * not: `\\|` in a table is read in two ways.
 */

/** How much of one piece of data is shown, in UTF-16 units. */
const longest = 200

/** The same in a block, where a whole key has to fit (cache/key.ts). */
const longestInBlock = 500

/** How a column stands. */
type Align = 'left' | 'right'

/**
 * Text that stays text: no markup, no HTML, no new line, cell, list, heading or link.
 *
 * @param most how much of it is shown, in UTF-16 units
 */
export function escaped(text: string, most = longest): string {
  return atStart(references(shortened(text, most)))
}

/**
 * A sentence of this action's own with data in it. What stands in backticks is shown as code, and so are words
 * of which GitHub would make a link, a mention or an emoji: `text@v0.32.0` is no mail address, and
 * `go.mod:100:` no picture.
 *
 * @param most how much of it is shown, in UTF-16 units
 */
export function prose(text: string, most = longest): string {
  const pieces = shortened(text, most)
    .split(/(`[^`]*[^`\s][^`]*`)/)
    .flatMap((piece, index) =>
      index % 2 === 1 ? span(piece.slice(1, -1).trim()) : piece.split(/( )/).map(word),
    )
    .filter((piece) => piece !== '')
  // Two spans of code that touch would be read as another two.
  const apart = (all: string, piece: string) => (all.endsWith('`') && piece.startsWith('`') ? `${all} ` : all)
  return atStart(pieces.reduce((all, piece) => `${apart(all, piece)}${piece}`, ''))
}

/**
 * Several lines of data as one paragraph, each line as `prose` shows it.
 *
 * @param most how much of the whole is shown, in UTF-16 units
 */
export function lines(text: string, most: number): string {
  return shortenedTo(text, most)
    .split(/[\r\n]+/)
    .map((line) => prose(line, most))
    .filter((line) => line !== '')
    .join('<br>')
}

/** Data as it is, in the type of code; not for tables, where a `|` would end the cell. Empty stays empty. */
export function code(text: string): string {
  return span(shortened(text, longest))
}

/** Lines of data as they are, in a block that none of them can end. */
export function block(texts: readonly string[]): readonly string[] {
  // Blanks are layout here, and stay.
  const shown = texts.map((text) => shortenedTo(cleaned(text).trimEnd(), longestInBlock))
  const fence = fenceFor(shown.join('\n'), 3)
  return [`${fence}text`, ...shown, fence]
}

/** Text of this action's own that is never wrapped. */
export function unbroken(text: string): string {
  return text.replaceAll(' ', '&nbsp;')
}

/**
 * A table.
 *
 * @param columns the head of each column and how it stands
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
 * What is seen after a click only. The empty lines make GitHub read Markdown inside.
 *
 * @param title HTML or plain text of one line
 * @param body lines of Markdown
 */
export function folded(title: string, body: readonly string[]): readonly string[] {
  return ['<details>', `<summary>${title}</summary>`, '', ...body, '', '</details>']
}

/**
 * Sections with an empty line between them, as many as fit.
 *
 * @param sections the most important first; each is a list of lines, and an empty one is left out
 * @param most the most bytes in all
 */
export function document(sections: readonly (readonly string[])[], most: number): string {
  const texts = sections.filter((section) => section.length > 0).map((section) => `${section.join('\n')}\n`)
  const bytes = (count: number) => Buffer.byteLength(texts.slice(0, count).join('\n'))
  let count = texts.length
  while (count > 1 && bytes(count) > most) count--
  return texts.slice(0, count).join('\n')
}

/** One word of a sentence, without the punctuation around it. */
function word(text: string): string {
  const [, before = '', core = '', after = ''] = /^([("'“]*)(.*?)([)"'”.,;:!?]*)$/.exec(text) ?? []
  return /@|:\/\/|www\.|:\w/i.test(core)
    ? `${references(before)}${span(core)}${references(after)}`
    : references(text)
}

/** Every character that means something wherever it stands. */
function references(text: string): string {
  return text.replaceAll(/[&<>|`*_[\]#\\~$!@]|:(?=\/\/)|(?<=www)\./gi, reference)
}

/** The beginning of what would be a list, a rule or an underlined heading at the beginning of a line. */
function atStart(text: string): string {
  return text
    .replace(/^[-+=]/, reference)
    .replace(/^(\d+)([.)])(?= |$)/, (_, digits: string, mark: string) => digits + reference(mark))
}

function reference(character: string): string {
  // GitHub looks for addresses after it has read the references: the invisible word joiner keeps them apart.
  return `&#${character.codePointAt(0)};${character === '@' ? '&#8288;' : ''}`
}

/** One line as a span of code (CommonMark, section 6.1). */
function span(text: string): string {
  if (text === '') return ''
  const fence = fenceFor(text, 1)
  const blank = text.startsWith('`') || text.endsWith('`') ? ' ' : ''
  return `${fence}${blank}${text}${blank}${fence}`
}

/** A run of backticks that is longer than any in the text. */
function fenceFor(text: string, least: number): string {
  const runs = text.match(/`+/g) ?? []
  return '`'.repeat(Math.max(least, ...runs.map((run) => run.length + 1)))
}

/** One line of at most so many UTF-16 units, without blanks around it or several in a row. */
function shortened(text: string, most: number): string {
  return shortenedTo(cleaned(text).replaceAll(/ +/g, ' ').trim(), most).trim()
}

/** One line without control characters and without those that turn the direction of writing. */
function cleaned(text: string): string {
  return text.toWellFormed().replaceAll(/[\p{Cc}\p{Bidi_Control}\s]/gu, ' ')
}

function shortenedTo(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`
}
