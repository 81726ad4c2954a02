/**
 * The line grammar that go.mod and go.work share, as cmd/go reads it
 * (golang.org/x/mod/modfile/read.go), and the error that all parsers of this folder throw.
 */

import { ActionError } from '../errors.ts'

/** A file of the Go module system that does not parse. `file` and `line` hold the position; the message does not. */
export class GoFileError extends ActionError {
  readonly file: string
  readonly line: number

  /** `line` counts from 1. */
  constructor(file: string, line: number, problem: string) {
    super('go-file', problem)
    this.file = file
    this.line = line
  }
}

/** One statement: `verb args // comment`, or one line of `verb ( … )`. */
export type Directive = {
  /** Counted from 1. */
  readonly line: number
  readonly verb: string
  /** Tokens as written: quoted strings keep their quotes, so that `"=>"` is not an arrow. */
  readonly args: readonly string[]
  /** Text after `//`, or empty. */
  readonly comment: string
  readonly inBlock: boolean
}

// Alternatives: blanks | comment | string, punctuation or word. A word consists of printable characters
// (unicode.IsPrint) except brackets and commas, and ends where a comment starts.
const TOKEN =
  /([ \t\r]+)|\/\/(.*)|("(?:[^"\\]|\\.)*"|`[^`]*`|[\(\)\[\]\{\},]|(?!["`])(?:(?!\/[\/*])[[\p{L}\p{M}\p{N}\p{P}\p{S}]--[\(\)\[\]\{\},]])+)/svy

const CONFLICT_MARKER = /^(?:<{7}|={7}|>{7}|\|{7})(?=[ \t\r]|$)/

/**
 * Refuses a conflict marker of an unresolved merge. Such a line can pass for an entry:
 * `<<<<<<< Updated upstream` has the three fields of a go.sum line.
 *
 * @throws GoFileError when the line is a conflict marker.
 */
export function refuseConflictMarker(content: string, file: string, line: number): void {
  if (CONFLICT_MARKER.test(content)) throw new GoFileError(file, line, 'unresolved merge conflict')
}

/** Splits a line into fields at the white space of Go's strings.Fields (unicode.IsSpace). */
export function splitFields(text: string): string[] {
  return text
    .split(/[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/)
    .filter((field) => field !== '')
}

/**
 * Splits a go.mod or go.work file into its directives, blocks flattened.
 *
 * Go's lexer lets a backslash continue a string on the next line, but no directive accepts the result. This parser
 * therefore requires that a string ends on its line.
 *
 * @throws GoFileError for unterminated strings and blocks, characters that Go refuses, block headers of more
 * than one word, verbs with characters other than lower-case letters, and merge conflicts.
 */
export function parseDirectives(text: string, file: string): Directive[] {
  if (text.startsWith('\ufeff')) {
    throw new GoFileError(
      file,
      1,
      'the file starts with a byte order mark, which Go refuses: save it without one',
    )
  }
  const directives: Directive[] = []
  let block: { readonly verb: string; readonly line: number } | undefined
  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1
    refuseConflictMarker(content, file, line)
    const { tokens, comment } = scanLine(content, file, line)
    const [verb, ...args] = tokens
    if (verb === undefined) continue
    if (block !== undefined) {
      if (verb !== ')') directives.push({ line, verb: block.verb, args: tokens, comment, inBlock: true })
      else if (args.length > 0) throw new GoFileError(file, line, "expected a new line after ')'")
      else block = undefined
      continue
    }
    if (!/^[a-z]+$/.test(verb)) throw new GoFileError(file, line, `unknown directive: ${verb}`)
    const header = blockHeader(args)
    if (header === undefined) directives.push({ line, verb, args, comment, inBlock: false })
    else if (header.length > 0) {
      throw new GoFileError(file, line, `unknown block type: ${[verb, ...header].join(' ')}`)
    } else if (args.at(-1) === '(') block = { verb, line }
  }
  if (block !== undefined)
    throw new GoFileError(file, block.line, `the ${block.verb} block has no closing ')'`)
  return directives
}

/** Returns the tokens between a verb and the `(` or `( )` at the end of its line; undefined without a block. */
function blockHeader(args: readonly string[]): readonly string[] | undefined {
  if (args.at(-1) === '(') return args.slice(0, -1)
  if (args.at(-1) === ')' && args.at(-2) === '(') return args.slice(0, -2)
  return undefined
}

function scanLine(content: string, file: string, line: number): { tokens: string[]; comment: string } {
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  for (let at = 0; at < content.length; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(content)
    if (match === null) throw new GoFileError(file, line, describeUnreadable(content.slice(at)))
    const [, , comment, token] = match
    if (comment !== undefined) return { tokens, comment }
    if (token !== undefined) tokens.push(token)
  }
  return { tokens, comment: '' }
}

function describeUnreadable(rest: string): string {
  if (rest.startsWith('/*')) return 'comments must start with // (Go accepts no /* */ here)'
  if (/^["`]/.test(rest)) return 'the string has no closing quote'
  const codePoint = (rest.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return `unexpected character U+${codePoint}`
}

const SIMPLE: Readonly<Record<string, number>> = {
  a: 0x07,
  b: 0x08,
  f: 0x0c,
  n: 0x0a,
  r: 0x0d,
  t: 0x09,
  v: 0x0b,
  '\\': 0x5c,
  '"': 0x22,
}

const PIECE =
  /\\(?:([abfnrtv\\"])|([0-3][0-7]{2})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))|([^\\]+)/y

/**
 * Returns the value of a token: the content of a double-quoted Go string, or a bare word unchanged.
 *
 * The lexer accepts back quotes, and the reference documents them. But parseString in
 * golang.org/x/mod/modfile/rule.go refuses them, and every quote inside a bare word, so this function does, too.
 *
 * @returns the value, or undefined when Go would call the token an invalid quoted string.
 */
export function unquote(token: string): string | undefined {
  if (!token.startsWith('"')) return /["'`]/.test(token) ? undefined : token
  const body = token.slice(1, -1)
  // \x and octal escapes are bytes, not characters (strconv.Unquote), so the value is built as UTF-8.
  const bytes: Uint8Array[] = []
  PIECE.lastIndex = 0
  for (let at = 0; at < body.length; at = PIECE.lastIndex) {
    const piece = encodePiece(PIECE.exec(body))
    if (piece === undefined) return undefined
    bytes.push(piece)
  }
  return Buffer.concat(bytes).toString('utf8')
}

function encodePiece(match: RegExpExecArray | null): Uint8Array | undefined {
  if (match === null) return undefined
  const [, simple, octal, hex, short, long, literal] = match
  if (literal !== undefined) return Buffer.from(literal, 'utf8')
  if (simple !== undefined) return Uint8Array.of(SIMPLE[simple] ?? 0)
  if (octal !== undefined) return Uint8Array.of(Number.parseInt(octal, 8))
  if (hex !== undefined) return Uint8Array.of(Number.parseInt(hex, 16))
  const codePoint = Number.parseInt(short ?? long ?? '', 16)
  const valid = codePoint <= 0x10ffff && !(codePoint >= 0xd800 && codePoint <= 0xdfff)
  return valid ? Buffer.from(String.fromCodePoint(codePoint), 'utf8') : undefined
}
