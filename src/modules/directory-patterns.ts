/** The patterns of the input `modules`: directories and globs, and those with `!` in front, which exclude. */
import * as path from 'node:path'

/** A line of the input `modules`. */
export interface DirectoryPattern {
  /** As written. */
  readonly text: string
  /** Without the `!`. */
  readonly pattern: string
  readonly excludes: boolean
  readonly isGlob: boolean
}

/** Reads a line of the input `modules`. */
export function readDirectoryPattern(text: string): DirectoryPattern {
  const excludes = text.startsWith('!')
  const pattern = excludes ? text.slice(1).trim() : text
  return { text, pattern, excludes, isGlob: /[*?[]/.test(pattern) }
}

/**
 * Tells whether a pattern covers a directory: matches it, or a directory above it. `.` covers nothing but the place where
 * patterns begin.
 *
 * @param pattern without `!`; `*`, `?` and `[…]` stay within one name, `**` stands for any number of directories
 * @param directory relative to where patterns begin, with `/`; `.` for that place itself
 * @param options `ignoreCase`: whether `A` and `a` are the same name; `backslashes`: whether `\` separates names
 */
export function coversDirectory(
  pattern: string,
  directory: string,
  options: { readonly ignoreCase?: boolean; readonly backslashes?: boolean } = {},
): boolean {
  const slashed = options.backslashes === true ? pattern.replaceAll('\\', '/') : pattern
  // As where directories are matched, a slash in front means the place where patterns begin.
  const names = namesOf(path.posix.normalize(slashed.replace(/^\/+/, '') || '.'))
  if (names.length === 0) return namesOf(directory).length === 0
  const flags = options.ignoreCase === true ? 'iu' : 'u'
  const matchers = names
    .filter((name, index) => name !== '**' || names[index - 1] !== '**')
    .map((name) => (name === '**' ? anyDirectories : nameMatcher(name, flags)))
  return covers(matchers, namesOf(directory))
}

const anyDirectories = Symbol('**')
type Matcher = RegExp | typeof anyDirectories

function namesOf(directory: string): readonly string[] {
  return directory.split('/').filter((name) => name !== '' && name !== '.')
}

function covers([first, ...rest]: readonly Matcher[], names: readonly string[]): boolean {
  // What is left of the names lies below what matched.
  if (first === undefined) return true
  const [name, ...below] = names
  if (first === anyDirectories)
    return covers(rest, names) || (name !== undefined && covers([first, ...rest], below))
  return name !== undefined && first.test(name) && covers(rest, below)
}

function nameMatcher(name: string, flags: string): RegExp {
  const source = name
    .split(/(\*|\?|\[[^\]]+\])/)
    .map((piece) => {
      if (/^\*+$/.test(piece)) return '.*'
      if (piece === '?') return '.'
      if (/^\[.+\]$/.test(piece)) return characterClass(piece.slice(1, -1))
      return escaped(piece)
    })
    .join('')
  return new RegExp(`^${source}$`, flags)
}

/** `[abc]`, `[a-z]`, and `[!abc]` for any other character. */
function characterClass(text: string): string {
  const isNegated = /^[!^]./.test(text)
  const characters = (isNegated ? text.slice(1) : text).replaceAll(/[\\\]^[]/g, '\\$&')
  try {
    return new RegExp(`[${isNegated ? '^' : ''}${characters}]`, 'u').source
  } catch {
    // A range that runs backwards, such as [z-a], is plain text.
    return escaped(`[${text}]`)
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}
