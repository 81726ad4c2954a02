/** What an input's text may look like, and what it becomes. */
export interface Kind<T> {
  /** What is allowed, in words that finish the sentence "allowed: …". */
  readonly allowed: string
  /** Turns the text into a value; undefined when the text is not allowed. */
  readonly parse: (text: string) => T | undefined
}

/** Any single line of text. */
export const text: Kind<string> = {
  allowed: 'one line of text',
  parse: (value) => (hasLineBreak(value) ? undefined : value),
}

/** Any text at all, line breaks included; for values that the runner itself fills in. */
export const anything: Kind<string> = { allowed: 'any text', parse: (value) => value }

/** The booleans of YAML 1.2's core schema, as `core.getBooleanInput` of @actions/core accepts them. */
export const flag: Kind<boolean> = {
  allowed: '`true` or `false`',
  parse: (value) => {
    if (['true', 'True', 'TRUE'].includes(value)) return true
    if (['false', 'False', 'FALSE'].includes(value)) return false
    return undefined
  },
}

/**
 * One of a fixed set of words.
 *
 * @param words the allowed words; the first is not special
 */
export function choice<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  return {
    allowed: `one of ${words.map((word) => `\`${word}\``).join(', ')}`,
    parse: (value) => words.find((word) => word === value),
  }
}

/** Values separated by line breaks or commas; blank ones are dropped. */
export const list: Kind<readonly string[]> = {
  allowed: 'values separated by line breaks or commas',
  parse: (value) =>
    value
      .split(/[\r\n,]+/)
      .map((item) => item.trim())
      .filter((item) => item !== ''),
}

/**
 * A whole number within bounds, both inclusive.
 *
 * @param least the smallest number allowed
 * @param most the largest number allowed
 */
export function wholeNumber(least: number, most: number): Kind<number> {
  return {
    allowed: `a whole number from ${least} to ${most}`,
    parse: (value) => {
      if (!/^\d{1,9}$/.test(value)) return undefined
      const number = Number(value)
      return number >= least && number <= most ? number : undefined
    },
  }
}

function hasLineBreak(value: string): boolean {
  return /[\r\n]/.test(value)
}
