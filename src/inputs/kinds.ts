import type { Setting } from '../gosettings/module-patterns.ts'
import { closestWord } from '../text/closest-word.ts'
import { listItems, notationFault } from '../text/lists.ts'

/** The format of an input's text, and its conversion to a value. */
export interface Kind<T> {
  /** The allowed format, as the end of the sentence "allowed: …". */
  readonly allowed: string
  /** Converts the text to a value; undefined when the text is not allowed. */
  readonly parse: (text: string) => T | undefined
  /** Returns the fault of a text that is not allowed, a clause after "is …, but "; undefined if `allowed` suffices. */
  readonly fault?: (text: string) => string | undefined
  /** Returns the allowed word that the user probably meant, for a text that is not allowed. */
  readonly suggest?: (text: string) => string | undefined
  /** Whether it is a list in which lines that begin with `#` are comments. */
  readonly allowsComments?: true
  /** Whether blanks around the text are significant. */
  readonly keepsBlanks?: true
  /** Redacts the text, if it can hold a secret. */
  readonly shown?: (text: string) => string
}

/** Any single line of text. */
export const text: Kind<string> = {
  allowed: 'one line of text',
  parse: (value) => (hasLineBreak(value) ? undefined : value),
}

/** Any text, including line breaks; for values that the runner fills in. */
export const anyText: Kind<string> = { allowed: 'any text', parse: (value) => value }

/** A boolean of YAML 1.2's core schema, as `core.getBooleanInput` of @actions/core accepts it. */
export const flag: Kind<boolean> = {
  allowed: '`true` or `false`',
  parse: (value) => {
    if (['true', 'True', 'TRUE'].includes(value)) return true
    if (['false', 'False', 'FALSE'].includes(value)) return false
    return undefined
  },
  suggest: (value) => suggestWord(value, ['true', 'false']),
}

/**
 * Returns a kind that accepts one of a fixed set of words.
 *
 * @param words the allowed words; the first is not special
 */
export function choice<const Word extends string>(...words: readonly Word[]): Kind<Word> {
  return {
    allowed: `one of ${words.map((word) => `\`${word}\``).join(', ')}`,
    parse: (value) => words.find((word) => word === value),
    suggest: (value) => suggestWord(value, words),
  }
}

/** Groups of words with one meaning; each input accepts only some of them. */
const synonymGroups: readonly (readonly string[])[] = [
  ['true', 'yes', 'y', 'on', '1', 'enable', 'enabled', 'always'],
  ['false', 'no', 'n', 'off', '0', 'disable', 'disabled', 'none', 'never'],
]

/**
 * Suggests the allowed word that the user probably meant.
 *
 * @param text the text as written
 * @param words the allowed words
 */
export function suggestWord(text: string, words: readonly string[]): string | undefined {
  const plain = text.toLowerCase().replaceAll(/["'`\s]/g, '')
  const synonyms = synonymGroups.find((group) => group.includes(plain)) ?? []
  const closest = closestWord(plain, words)
  const beginning = words.filter((word) => word.length > 2 && plain.startsWith(word))
  return words.find((word) => synonyms.includes(word)) ?? closest ?? beginning.at(-1)
}

/** Values separated by line breaks or commas; blank ones are dropped. */
export const list: Kind<readonly string[]> = {
  allowed: 'values separated by line breaks or commas',
  allowsComments: true,
  parse: (value) => (notationFault(value) === undefined ? listItems(value) : undefined),
  fault: notationFault,
}

/**
 * Returns a kind that accepts a whole number within bounds, both inclusive.
 *
 * @param min the smallest number allowed
 * @param max the largest number allowed
 */
export function wholeNumber(min: number, max: number): Kind<number> {
  return {
    allowed: `a whole number from ${min} to ${max}`,
    parse: (value) => {
      if (!/^\d{1,9}$/.test(value)) return undefined
      const number = Number(value)
      return number >= min && number <= max ? number : undefined
    },
  }
}

/** Bytes in each unit of a size; SI units are decimal, IEC units binary (IEC 80000-13). */
const unitBytes = new Map([
  ['', 1],
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['tb', 1e12],
  ['kib', 2 ** 10],
  ['mib', 2 ** 20],
  ['gib', 2 ** 30],
  ['tib', 2 ** 40],
])

/** A stored size from 1 MB to 1 TB, such as `500 MB`; becomes a whole number of bytes. */
export const byteSize: Kind<number> = {
  allowed:
    'a size from 1 MB to 1 TB: a number, and B, kB, MB, GB or TB (powers of 1000) or KiB, MiB, GiB or TiB (powers of 1024), bytes without a unit',
  parse: (value) => {
    const read = readByteSize(value)
    return 'bytes' in read ? read.bytes : undefined
  },
  fault: (value) => {
    const read = readByteSize(value)
    return 'fault' in read ? read.fault : undefined
  },
}

function readByteSize(value: string): { readonly bytes: number } | { readonly fault: string } {
  const [, number = '', unit = ''] = /^([^a-z]*)(.*)$/is.exec(value) ?? []
  const digits = number.replace(/ $/, '')
  if (!/\d/.test(digits)) return { fault: 'it does not begin with a number' }
  if (!/^\d+(?:\.\d+)?$/.test(digits)) return { fault: `"${digits}" is not a number such as 500 or 1.5` }
  const factor = unitBytes.get(unit.toLowerCase())
  if (factor === undefined) return { fault: `"${unit}" is not a unit` }
  const bytes = Math.round(Number(digits) * factor)
  if (bytes < 1e6) return { fault: 'that is less than 1 MB' }
  return bytes > 1e12 ? { fault: 'that is more than 1 TB' } : { bytes }
}

/**
 * Returns a kind for a setting of the go command, in the go command's own notation.
 *
 * @param allowed the allowed format, as in `Kind`
 * @param read converts the text to the value, or returns its fault
 * @param shown redacts the secrets of the text
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

/**
 * Returns a kind for a setting of the go command that is a list: lines may be comments.
 *
 * @param allowed as for `setting`
 * @param read as for `setting`
 */
export function listSetting(allowed: string, read: (text: string) => Setting): Kind<string> {
  const readList = (text: string): Setting => {
    const fault = notationFault(text)
    return fault === undefined ? read(text) : { fault }
  }
  return { ...setting(allowed, readList), allowsComments: true }
}

function hasLineBreak(value: string): boolean {
  return /[\r\n]/.test(value)
}

/** One input of the action: all data for action.yml, the documentation and the parser. */
export interface Declaration<T> {
  readonly kind: Kind<T>
  /** The default as written in action.yml; parsed like a user's value. */
  readonly fallback: string
  /** The description for users, in Markdown, ending with a full stop. */
  readonly help: string
  /** The fix for a value that is not allowed, as an imperative sentence. */
  readonly fix: string
  /** Whether the runner fills it in, not users; the tables of docs/inputs.md omit it. */
  readonly hidden?: true
}

/** The fix for a flag. */
export const fixFlag = 'Write `true` or `false`, or omit the input.'

/** The fix for a choice. */
export const fixChoice = 'Use one of these values, or omit the input.'

/** Branches as names or globs. */
export const branches: Kind<readonly string[]> = {
  allowed: 'names or globs of branches, separated by line breaks or commas',
  allowsComments: true,
  parse: (text) => (branchesFault(text) === undefined ? listItems(text) : undefined),
  fault: branchesFault,
}

function branchesFault(text: string): string | undefined {
  const notation = notationFault(text)
  if (notation !== undefined) return notation
  for (const [index, item] of listItems(text).entries()) {
    const fault = branchFault(item)
    if (fault !== undefined) return `element ${index + 1} ("${item}") ${fault}`
  }
  return undefined
}

/** Returns why no branch, or not the intended branch, has such a name (`git help check-ref-format`). */
function branchFault(item: string): string | undefined {
  const [, namespace, rest = ''] = /^(?:refs\/)?(heads|tags|pull|remotes)\/(.*)$/.exec(item) ?? []
  if (item.startsWith('refs/') || namespace === 'heads' || namespace === 'remotes') {
    if (namespace === 'tags') return 'is a tag: runs on a tag never save'
    if (namespace === 'pull')
      return 'is the merge of a pull request: such a run saves only after a cache miss'
    return `is a full ref: write only the branch name, \`${namespace === 'remotes' ? rest.replace(/^[^/]*\//, '') : rest}\``
  }
  if (/^(?:origin|upstream)\//.test(item)) {
    return `names a branch of a clone: write \`${item.replace(/^[^/]*\//, '')}\``
  }
  if (/^\$/.test(item)) return 'is a placeholder: omit the input for the default branch'
  if (/^(?:true|false)$/i.test(item)) {
    return 'is not a branch: omit the input for the default branch, or write `**` for all branches'
  }
  if (item.includes('://')) return 'is a URL: write the name of a branch'
  if (item.startsWith('!')) return 'begins with `!`: list only the branches that save'
  if (/\s/.test(item)) return 'holds a blank: write one branch per line'
  const [invalid] = /[[\]~^:\\]|\.\.|@\{/.exec(item) ?? []
  if (invalid !== undefined)
    return `holds "${invalid}", which no branch name contains: a glob may hold \`*\`, \`**\` and \`?\``
  if (item.endsWith('/'))
    return `ends with a slash: write \`${item}*\`, or \`${item}**\` for everything below`
  if (/^\/|\/\/|^\.|\/\.|\.$|\.lock$/.test(item)) return 'is not a valid branch name'
  return undefined
}
