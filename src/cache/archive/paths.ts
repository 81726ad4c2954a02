/**
 * Device names that Windows recognizes in every directory, with any extension (Microsoft, "Naming Files, Paths, and
 * Namespaces").
 */
const reservedName = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)/i

// biome-ignore lint/suspicious/noControlCharactersInRegex: Windows forbids exactly these
const forbiddenOnWindows = /[\x00-\x1f<>:"|?*]/

/**
 * Control characters, line ends, invisible characters, and characters that change the writing direction. No file of a
 * module has them: Go allows letters and some ASCII punctuation (golang.org/x/mod/module, fileNameOK).
 */
export const hiddenCharacter = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

/** Maximum length of a path: PATH_MAX of Linux. A limit is needed because the lookup of roots checks every parent. */
const longest = 4096

const dottedSegment = /(?:^|\/)\.{0,2}(?:\/|$)/

/**
 * Explains why a path may not be used inside a pack; undefined when it may. A valid path is relative, with `/`, without
 * empty, `.` or `..` parts, and means the same file on every system.
 *
 * @param path the path as the archive or manifest gives it
 * @param platform the system that opens it, as Node names it (`win32`, `linux`); only on `win32` are its reserved names
 *   rejected, because elsewhere they are ordinary
 */
export function pathProblem(path: string, platform: string): string | undefined {
  if (path.length > longest) return `has more than ${longest} characters`
  if (path.includes('\0')) return 'holds a NUL'
  if (path.includes('\\')) return 'holds a backslash'
  // readdir returns U+FFFD for invalid Unicode, which names another file or none.
  if (path.includes('\uFFFD') || !path.isWellFormed()) return 'is not valid Unicode'
  if (hiddenCharacter.test(path)) return 'holds a control character or an invisible character'
  if (path.startsWith('/')) return 'is absolute'
  if (/^[A-Za-z]:/.test(path)) return 'begins with a drive letter'
  if (dottedSegment.test(path)) return 'has an empty, . or .. part'
  return platform === 'win32' ? windowsProblem(path) : undefined
}

function windowsProblem(path: string): string | undefined {
  if (forbiddenOnWindows.test(path)) return 'holds a character that Windows forbids'
  for (const segment of path.split('/')) {
    if (/[. ]$/.test(segment)) return 'has a part that ends with a dot or a space'
    if (reservedName.test(segment)) return 'has a part that Windows reserves'
  }
  return undefined
}
