/**
 * The patterns of the input `modules`: directories and globs, with a leading `!` to exclude. Also patterns of packages,
 * as `go build` accepts them (`go help packages`).
 */

import * as path from 'node:path'
import { listItems, notationFault } from '../text/lists.ts'

/** A line of the input `modules`. */
export interface DirectoryPattern {
  /** The line as written. */
  readonly text: string
  /** The line without `!`. */
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
 * Whether a pattern covers a directory: it matches the directory or one above it. `.` covers only the base directory
 * itself.
 *
 * @param pattern the pattern without `!`; `*`, `?` and `[…]` match within one name, `**` any number of directories
 * @param directory path relative to the base directory, with `/`; `.` for the base directory itself
 * @param options `ignoreCase`: whether `A` and `a` are the same name; `backslashes`: whether `\` separates names
 */
export function coversDirectory(
  pattern: string,
  directory: string,
  options: { readonly ignoreCase?: boolean; readonly backslashes?: boolean } = {},
): boolean {
  const slashed = options.backslashes === true ? pattern.replaceAll('\\', '/') : pattern
  // A leading slash means the base directory, as in `directoriesMatching`.
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
  // The remaining names are below the matched directory.
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

/** Converts `[abc]`, `[a-z]`, or `[!abc]` for any other character, to a regular expression. */
function characterClass(text: string): string {
  const isNegated = /^[!^]./.test(text)
  const characters = (isNegated ? text.slice(1) : text).replaceAll(/[\\\]^[]/g, '\\$&')
  try {
    return new RegExp(`[${isNegated ? '^' : ''}${characters}]`, 'u').source
  } catch {
    // A reversed range, such as [z-a], is plain text.
    return escaped(`[${text}]`)
  }
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

/** The patterns of a text, or its fault: a clause that follows "is …, but ". */
type ReadPatterns = { readonly patterns: readonly string[] } | { readonly fault: string }

/**
 * Reads patterns of packages. Offline, only packages of the checkout make sense: neither versions nor flags nor files.
 *
 * @param text `true` for all packages, `false` for none, or patterns separated by commas or line breaks
 */
export function readPackagePatterns(text: string): ReadPatterns {
  if (/^(?:[Ff]alse|FALSE)$/.test(text)) return { patterns: [] }
  if (/^(?:[Tt]rue|TRUE)$/.test(text)) return { patterns: ['./...'] }
  const notation = notationFault(text)
  if (notation !== undefined) return { fault: notation }
  const patterns = listItems(text)
  for (const [index, pattern] of patterns.entries()) {
    const fault = faultOf(pattern)
    if (fault !== undefined) return { fault: `element ${index + 1} ("${pattern}") ${fault}` }
  }
  return patterns.length === 0 ? { fault: 'it holds only separators' } : { patterns }
}

function faultOf(pattern: string): string | undefined {
  if (pattern.startsWith('-')) return 'is a flag: set flags in `goflags`'
  if (/\s/.test(pattern)) return 'holds a blank: write one pattern per line'
  if (pattern.includes('://')) return 'is a URL: write a directory such as ./cmd/...'
  if (/[*?[]/.test(pattern)) return 'is a glob: write `...` for everything below, as in ./cmd/...'
  const word = probableWord(pattern)
  if (word !== undefined) return `is not a package: did you mean \`${word}\`?`
  if (pattern.includes('@')) return 'names a version, which Go would have to fetch'
  if (/\.go$/.test(pattern)) return 'is a file: name its package'
  if (/^(?:[/\\]|[a-z]:)/i.test(pattern))
    return 'is an absolute path: write it relative to the module, as in ./cmd/...'
  if (pattern.split(/[/\\]/).includes('..')) return 'is outside the module'
  return undefined
}

/** Returns `true` or `false` for a probable typo of it, except for names of standard packages and directories. */
function probableWord(pattern: string): 'true' | 'false' | undefined {
  if (/^(?:yes|on|y)$/i.test(pattern)) return 'true'
  if (/^(?:no|off|n|none)$/i.test(pattern)) return 'false'
  // A word with a wrong letter may be the name of a package, such as tree.
  const letters = (text: string) => [...text].sort().join('')
  const written = pattern.toLowerCase()
  return (['true', 'false'] as const).find(
    (word) =>
      letters(word) === letters(written) ||
      [...word].some((_, index) => word.slice(0, index) + word.slice(index + 1) === written) ||
      [...written].some((_, index) => written.slice(0, index) + written.slice(index + 1) === word),
  )
}

/**
 * Returns the directory that a directory pattern searches, relative to the directory in which the go command runs.
 *
 * @returns a path with `/` and without `./`, empty for that directory itself; undefined for a pattern of import paths
 */
export function patternDirectory(pattern: string): string | undefined {
  if (!/^\.(?:[/\\]|$)/.test(pattern)) return undefined
  const steps = pattern.split(/[/\\]/).filter((step) => step !== '.' && step !== '')
  const wildcard = steps.findIndex((step) => step.includes('...'))
  return (wildcard === -1 ? steps : steps.slice(0, wildcard)).join('/')
}
