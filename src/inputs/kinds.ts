import type { Setting } from '../modules/settings/setting.ts'

/** What an input's text may look like, and what it becomes. */
export interface Kind<T> {
  /** What is allowed, in words that finish the sentence "allowed: …". */
  readonly allowed: string
  /** Turns the text into a value; undefined when the text is not allowed. */
  readonly parse: (text: string) => T | undefined
  /** What is wrong with a text that is not allowed, in words that follow "is …, but "; where `allowed` does not say it. */
  readonly fault?: (text: string) => string | undefined
  /** The text as it may be shown, where it can hold a secret. */
  readonly shown?: (text: string) => string
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

/**
 * A setting of the go command, in the go command's own notation.
 *
 * @param allowed what is allowed, as in `Kind`
 * @param read turns the text into the value, or says what is wrong with it
 * @param shown the text without secrets
 */
export function setting(
  allowed: string,
  read: (text: string) => Setting,
  shown?: (text: string) => string,
): Kind<string> {
  return {
    allowed,
    parse: (value) => {
      const setting = read(value)
      return 'value' in setting ? setting.value : undefined
    },
    fault: (value) => {
      const setting = read(value)
      return 'fault' in setting ? setting.fault : undefined
    },
    ...(shown === undefined ? {} : { shown }),
  }
}

function hasLineBreak(value: string): boolean {
  return /[\r\n]/.test(value)
}
