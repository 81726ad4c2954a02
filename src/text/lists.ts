/** As many modules are named in a sentence. */
const most = 10

/** Names for a sentence: the first of them, and how many more there are. */
export function listSome(names: readonly string[]): string {
  const more = names.length - most
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** Lists as users write them in inputs: one item a line, or items separated by commas. */

/** Takes lines out that begin with `#`: remarks, in every input that is a list. */
export function withoutComments(text: string): string {
  return text
    .split(/\r\n|\r|\n/)
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
}

/** The items of a list, without blank ones. */
export function listItems(text: string): readonly string[] {
  return text
    .split(/[\r\n,]+/)
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

/**
 * Says when a list is written in a notation of another place: JSON, YAML, or with quotes.
 *
 * @param text the whole list
 * @returns a part of a sentence that follows "is …, but "; undefined for a plain list
 */
export function notationFault(text: string): string | undefined {
  const whole = text.trim()
  if (/^\[(?:\s*["'{]|[^[\]]*,[^[\]]*\]$|\s*\]$)/s.test(whole) || /^\{\s*(?:"|\}$)/.test(whole))
    return 'it is a JSON or YAML list: write one item a line, without brackets and quotes'
  for (const [index, item] of listItems(whole).entries()) {
    const fault = itemFault(item)
    if (fault !== undefined) return `element ${index + 1} ("${item}") ${fault}`
  }
  return undefined
}

function itemFault(item: string): string | undefined {
  if (/^(["'`]).*\1$/.test(item)) return 'has quotes around it: take them away'
  if (/^["'`]|["'`]$/.test(item)) return 'has a quote: write one item a line, without quotes'
  return /^-\s/.test(item) ? 'begins with a dash and a blank: write the item alone' : undefined
}
