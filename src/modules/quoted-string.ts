/** Strings in go.mod and go.work, quoted or not. */

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
 * The value of a token: a double-quoted Go string is unquoted, a bare word stands for itself.
 *
 * Back quotes lex as a string, but parseString in golang.org/x/mod/modfile/rule.go refuses them, with every
 * other quote inside a bare word, although the reference documents them; so they are refused here too.
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
