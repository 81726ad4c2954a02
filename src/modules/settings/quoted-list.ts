/** Go's notation for lists whose elements may hold blanks. */

/**
 * Splits a list at blanks and line breaks, where an element may stand in single or double quotes
 * (cmd/internal/quoted, Split). Quotes count only around a whole element, and nothing is escaped inside.
 *
 * @returns undefined when a quote is not closed
 */
export function splitQuoted(list: string): readonly string[] | undefined {
  const element = /[ \t\r\n]*(?:'([^']*)'|"([^"]*)"|([^'" \t\r\n][^ \t\r\n]*))/y
  const elements: string[] = []
  while (/[^ \t\r\n]/.test(list.slice(element.lastIndex))) {
    const match = element.exec(list)
    if (match === null) return undefined
    elements.push(match[1] ?? match[2] ?? match[3] ?? '')
  }
  return elements
}

/** The inverse of splitQuoted: none of its elements needs quotes and holds both kinds. */
export function joinQuoted(elements: readonly string[]): string {
  return elements
    .map((element) => {
      if (!/^$|^['"]|[ \t\r\n]/.test(element)) return element
      return element.includes("'") ? `"${element}"` : `'${element}'`
    })
    .join(' ')
}
