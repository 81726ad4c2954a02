/** Lists of patterns for module paths: GOPRIVATE, GONOPROXY, GONOSUMDB and GOINSECURE. */

import { redactedGoproxy } from './goproxy.ts'

/**
 * Checks a list of patterns that Go compares with the first elements of module paths
 * (golang.org/x/mod/module, MatchPrefixPatterns; "go help private"). Go never refuses a pattern: one in another
 * notation, or with a leading blank, matches nothing.
 *
 * @param text patterns separated by `,` or line breaks, or `none`; empty means that the variable is not set
 * @returns the patterns separated by `,`, each once, without blanks and trailing slashes
 */
export function readModulePatterns(text: string): Setting {
  const patterns = splitPatterns(text)
  if (patterns.length === 0 && text.trim() !== '') return { fault: 'it holds only separators' }
  for (const [index, pattern] of patterns.entries()) {
    const fault = pattern === 'none' ? noneFault(patterns) : (patternFault(pattern) ?? starsFault(pattern))
    if (fault !== undefined) return { fault: `element ${index + 1} ("${redactedGoproxy(pattern)}") ${fault}` }
  }
  return { value: joinPatterns(patterns) }
}

/**
 * Returns the fault of a variable's value that holds a pattern without effect. Go takes a blank next to a comma as part
 * of the pattern.
 *
 * @param value the value as Go reads it
 * @returns a clause that follows the name of the variable; undefined if every pattern is valid
 */
export function patternListFault(value: string): string | undefined {
  const patterns = value.split(',')
  for (const [index, pattern] of patterns.entries()) {
    if (pattern === '' || pattern === 'none') continue
    const fault =
      pattern === pattern.trim()
        ? patternFault(pattern)
        : 'has a blank around it, which Go reads as part of it'
    if (fault !== undefined) return `element ${index + 1} ("${redactedGoproxy(pattern)}") ${fault}`
  }
  return undefined
}

/**
 * Adds patterns to those of a variable.
 *
 * @param existing patterns separated by `,`; a `none` among them is dropped when patterns are added
 * @param added patterns separated by `,`; `none` alone replaces all
 * @returns the existing patterns first, each once
 */
export function mergePatterns(existing: string, added: string): string {
  const before = splitPatterns(existing)
  const after = splitPatterns(added)
  if (after.length === 0) return joinPatterns(before)
  if (after.every((pattern) => pattern === 'none')) return 'none'
  return joinPatterns([...before, ...after].filter((pattern) => pattern !== 'none'))
}

/**
 * Returns why a pattern matches no module path, or not the intended ones (path.Match; golang.org/x/mod/module,
 * CheckPath).
 *
 * @param pattern a pattern without surrounding blanks
 * @returns a clause that follows the name of the pattern; undefined for a valid one
 */
export function patternFault(pattern: string): string | undefined {
  return notationFault(pattern) ?? charactersFault(pattern) ?? elementsFault(pattern)
}

function splitPatterns(text: string): readonly string[] {
  return text
    .split(/[,\r\n]/)
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== '')
}

/** Joins patterns without their trailing slashes, which Go also ignores. */
function joinPatterns(patterns: readonly string[]): string {
  return [...new Set(patterns.map((pattern) => pattern.replace(/(?<=.)\/$/, '')))].join(',')
}

/** Returns the fault of `**`. Go reads a final `**` as `*`, which may be intended, so a variable may hold it. */
function starsFault(pattern: string): string | undefined {
  if (!pattern.includes('**')) return undefined
  if (pattern === '**') return 'holds `**`: write `*` for all modules'
  return 'holds `**`, which Go reads as `*`: remove it, because a pattern also covers everything below it'
}

function noneFault(patterns: readonly string[]): string | undefined {
  return patterns.length === 1 ? undefined : 'must stand alone: it means that no module matches'
}

/** Returns the fault of a pattern in another notation, such as a copied URL. */
function notationFault(pattern: string): string | undefined {
  if (pattern.includes('://')) return 'is a URL: write it as a module path, without a scheme'
  if (/^[^/@]+@[^/]+:/.test(pattern))
    return 'is an ssh address: write it as "git.example.com/team/repository"'
  if (/[\s;|]/.test(pattern)) return 'holds a blank, `;` or `|`: patterns are separated by `,`'
  if (pattern.includes('\\')) return 'holds a backslash: the elements of a module path are separated by `/`'
  if (pattern.includes('...'))
    return 'holds "...": remove it, because a pattern also covers everything below it'
  if (/^\.{0,2}\//.test(pattern))
    return 'is a file path: a module path starts with a host such as "github.com"'
  if (pattern.includes('@')) return 'holds `@`: a module path has no version'
  return pattern.includes(':') ? 'holds `:`: a module path has no port' : undefined
}

function charactersFault(pattern: string): string | undefined {
  const plain = withoutClasses(pattern)
  if (/\[!/.test(pattern)) return 'holds "[!": Go writes a negated class as "[^"'
  if (plain.includes('[')) return 'holds a class in brackets that is malformed or not closed'
  const invalid = /[^\w.~+*?/-]/u.exec(plain)
  return invalid === null ? undefined : `holds "${invalid[0]}", which no module path contains`
}

function elementsFault(pattern: string): string | undefined {
  const elements = withoutClasses(pattern).replace(/\/$/, '').split('/')
  const [host = '', owner = '', repository = ''] = elements
  if (elements.includes('')) return 'has an empty element between slashes'
  if (elements.lastIndexOf('**', -2) !== -1)
    return 'holds `**`, which matches one element here: write `*` for each'
  if (/[A-Z]/.test(host))
    return 'has an upper-case letter in its host: Go matches case, and hosts are lower case'
  if (host.startsWith('.')) return 'starts with a dot: write it as "*.example.com"'
  if (!/[.*?]/.test(host)) return 'has no dot in its first element: a module path starts with a host'
  if (/[_~+]|^-|\.$/.test(host)) return 'has a first element that no module path starts with'
  // Go refuses the suffix on hosts whose repository paths never have one (cmd/go/internal/vcs, noVCSSuffix).
  const isKnown = (host === 'github.com' || host === 'bitbucket.org') && owner !== ''
  return isKnown && repository.endsWith('.git')
    ? 'has a repository ending in ".git": remove that, because module paths on this host never have it'
    : undefined
}

/** Replaces character classes, as path.Match defines them, by `?`: both stand for one character. */
function withoutClasses(pattern: string): string {
  return pattern.replaceAll(/\[(?:\^|(?!\^))(?:[^\\\]/-](?:-[^\\\]/-])?)+\]/gu, '?')
}

/**
 * Whether one of the patterns in GOPRIVATE, GONOSUMDB or a similar variable matches a module path. Go compares a
 * pattern with the same number of leading path elements (golang.org/x/mod/module, MatchPrefixPatterns).
 *
 * @param patterns patterns separated by `,`; a malformed one matches nothing
 */
export function matchesModulePatterns(patterns: string, modulePath: string): boolean {
  const elements = modulePath.split('/')
  return patterns.split(',').some((text) => {
    const pattern = text.replace(/\/$/, '')
    if (pattern === '') return false
    const count = pattern.split('/').length
    return count <= elements.length && (globOf(pattern)?.test(elements.slice(0, count).join('/')) ?? false)
  })
}

/** A pattern for a character of a class: `-` and `]` need a backslash (Go's path/match.go, getEsc). */
const inClass = String.raw`(?:\\.|[^\\\]-])`

const range = `${inClass}(?:-${inClass})?`

const pieces = new RegExp(String.raw`^(?:\[\^?(?:${range})+\]|\\.|[^[\\])`, 'su')

/** Converts a pattern of Go's path.Match to a regular expression; undefined for a malformed one. */
function globOf(pattern: string): RegExp | undefined {
  let source = ''
  let rest = pattern
  while (rest !== '') {
    const [piece = ''] = pieces.exec(rest) ?? []
    if (piece === '') return undefined
    source += translated(piece)
    rest = rest.slice(piece.length)
  }
  return new RegExp(`^${source}$`, 'su')
}

function translated(piece: string): string {
  if (piece === '*') return '[^/]*'
  if (piece === '?') return '[^/]'
  if (!piece.startsWith('[')) return literal(piece.startsWith('\\') ? piece.slice(1) : piece)
  const isNegated = piece.startsWith('[^')
  const body = piece.slice(isNegated ? 2 : 1, -1)
  const ranges = [...body.matchAll(new RegExp(range, 'gsu'))].map(([text]) => {
    const [low = 0, high = low] = [...text.matchAll(/\\(.)|([^\\-])/gsu)].map(
      ([, escaped, plain]) => (escaped ?? plain)?.codePointAt(0) ?? 0,
    )
    // A range whose end is before its start is empty.
    return low > high ? '' : `\\u{${low.toString(16)}}-\\u{${high.toString(16)}}`
  })
  return `[${isNegated ? '^' : ''}${ranges.join('')}]`
}

function literal(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/u, '\\$&')
}

/**
 * The result of reading a text for one of Go's settings: the value as the go command takes it, or a fault.
 * The fault is a clause that follows "is …, but "; it shows no secret.
 */
export type Setting = { readonly value: string } | { readonly fault: string }
