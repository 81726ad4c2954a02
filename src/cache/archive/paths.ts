/** Device names that Windows finds in every directory, with any extension (Microsoft, "Naming Files, Paths, and Namespaces"). */
const reservedName = /^(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]|conin\$|conout\$) *(?:\.|$)/i

// biome-ignore lint/suspicious/noControlCharactersInRegex: Windows forbids exactly these
const forbiddenOnWindows = /[\x00-\x1f<>:"|?*]/

/**
 * Controls, ends of lines, and what is invisible or turns the direction of writing. No file of a module has them: Go
 * allows letters and some signs of ASCII (golang.org/x/mod/module, fileNameOK).
 */
export const hiddenCharacter = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u

/** Linux takes no longer one (PATH_MAX), and every root and directory of it is looked up. */
const longest = 4096

const dottedSegment = /(?:^|\/)\.{0,2}(?:\/|$)/

/**
 * Says what keeps a path from being one inside a pack; undefined when it may be used. Paths are
 * relative, with `/`, without empty, `.` or `..` parts, and mean the same file on every system.
 *
 * @param path the path as the archive or manifest gives it
 * @param platform the system that will open it, in the words of Node (`win32`, `linux`); only on `win32` are its
 *   reserved names refused, because elsewhere they are ordinary
 */
export function pathProblem(path: string, platform: string): string | undefined {
  if (path.length > longest) return `has more than ${longest} characters`
  if (path.includes('\0')) return 'holds a NUL'
  if (path.includes('\\')) return 'holds a backslash'
  // What is no Unicode comes out of readdir as U+FFFD, which names another file or none.
  if (path.includes('\uFFFD') || !path.isWellFormed()) return 'is not valid Unicode'
  if (hiddenCharacter.test(path)) return 'holds a control character or an invisible one'
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
