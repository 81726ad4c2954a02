/**
 * Whether one of the patterns in GOPRIVATE, GONOSUMDB or their like matches a module path: each is compared with as many
 * elements at the beginning of the path as it has itself (golang.org/x/mod/module, MatchPrefixPatterns).
 *
 * @param patterns separated by `,`; one that Go could not read matches nothing
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

/** A character of a class: `-` and `]` count as such only behind a backslash (Go's path/match.go, getEsc). */
const inClass = String.raw`(?:\\.|[^\\\]-])`
const range = `${inClass}(?:-${inClass})?`
const pieces = new RegExp(String.raw`^(?:\[\^?(?:${range})+\]|\\.|[^[\\])`, 'su')

/** A pattern of Go's path.Match as a regular expression; undefined for one that is malformed. */
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
    // One that ends before it begins holds nothing.
    return low > high ? '' : `\\u{${low.toString(16)}}-\\u{${high.toString(16)}}`
  })
  return `[${isNegated ? '^' : ''}${ranges.join('')}]`
}

function literal(character: string): string {
  return character.replace(/[.*+?^${}()|[\]\\/]/u, '\\$&')
}
