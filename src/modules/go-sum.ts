/** go.sum and go.work.sum files as data. */
import { GoFileError, refuseConflictMarker, splitFields } from './syntax.ts'

/** The hash of one module version: of its file tree, or of its go.mod file alone. */
export type ModuleSum = {
  readonly path: string
  readonly version: string
  /** `h1:` and the base64 of a SHA-256, as written; its form is not checked. */
  readonly h1: string
}

/** The h1 lines of a go.sum file, in its order. A module may stand there more than once. */
export type GoSum = {
  readonly trees: readonly ModuleSum[]
  readonly goMods: readonly ModuleSum[]
  /** Whether there is no such file. */
  readonly isMissing?: true
}

const GO_MOD_SUFFIX = '/go.mod'

// The hash of an empty go.mod, which an old Go wrote for repositories that are no modules; Go drops it.
const EMPTY_GO_MOD_HASH = 'h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY='

/**
 * Reads a go.sum or go.work.sum file as readGoSum does (cmd/go/internal/modfetch/fetch.go). Blank lines and
 * hash algorithms other than h1 are skipped.
 *
 * @param text the file's content; line ends may be LF or CRLF.
 * @param file the name to show in errors.
 * @throws GoFileError for a merge conflict and for a line that has not three fields.
 */
export function parseGoSum(text: string, file: string): GoSum {
  const trees: ModuleSum[] = []
  const goMods: ModuleSum[] = []
  for (const [index, content] of text.split('\n').entries()) {
    refuseConflictMarker(content, file, index + 1)
    const fields = splitFields(content)
    const [path, version, h1] = fields
    if (path === undefined) continue
    if (version === undefined || h1 === undefined || fields.length !== 3) {
      const problem = `expected module, version and hash, found ${fields.length} field(s); go mod tidy can mend it`
      throw new GoFileError(file, index + 1, problem)
    }
    if (!h1.startsWith('h1:') || h1 === EMPTY_GO_MOD_HASH) continue
    if (version.endsWith(GO_MOD_SUFFIX)) {
      goMods.push({ path, version: version.slice(0, -GO_MOD_SUFFIX.length), h1 })
    } else trees.push({ path, version, h1 })
  }
  return { trees, goMods }
}
