/** Default maximum number of names in a sentence. */
const maxNames = 10

/**
 * Lists names in a sentence: `a, b and 3 more`.
 *
 * @param count maximum number of listed names
 */
export function listSome(names: readonly string[], count = maxNames): string {
  const more = names.length - count
  return `${names.slice(0, count).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/**
 * Cuts a list of lines, and adds a last line that counts the rest.
 *
 * @param count maximum number of kept lines
 */
export function firstLinesOf(lines: readonly string[], count: number): readonly string[] {
  const more = lines.length - count
  return more > 0 ? [...lines.slice(0, count), `and ${more} more`] : lines
}

/** Removes lines that begin with `#`: they are comments in every input that is a list. */
export function withoutComments(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
}

/** Returns the items of a list of an input: one per line, or separated by commas. Blank items are dropped. */
export function listItems(text: string): readonly string[] {
  return text
    .split(/[\r\n,]+/)
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/**
 * Returns the fault of a list in another notation: JSON, YAML, or with quotes.
 *
 * @param text the whole list
 * @returns a clause that follows "is …, but "; undefined for a plain list
 */
export function notationFault(text: string): string | undefined {
  const whole = text.trim()
  if (/^\[(?:\s*["'{]|[^[\]]*,[^[\]]*\]$|\s*\]$)/s.test(whole) || /^\{\s*(?:"|\}$)/.test(whole))
    return 'it is a JSON or YAML list: write one item per line, without brackets and quotes'
  for (const [index, item] of listItems(whole).entries()) {
    const fault = itemFault(item)
    if (fault !== undefined) return `element ${index + 1} ("${item}") ${fault}`
  }
  return undefined
}

function itemFault(item: string): string | undefined {
  if (/^(["'`]).*\1$/.test(item)) return 'has quotes around it: remove them'
  if (/^["'`]|["'`]$/.test(item)) return 'has a quote: write one item per line, without quotes'
  return /^-\s/.test(item) ? 'begins with a dash and a blank: write only the item' : undefined
}
