/** go.sum and go.work.sum files as data. */

import { createHash } from 'node:crypto'
import { moduleVersionName } from './module-path.ts'
import { GoFileError, refuseConflictMarker, splitFields } from './syntax.ts'

/** All hashes that the checksum files record, by `path@version`. */
export interface RecordedSums {
  /** Hashes of the module's file tree. */
  readonly trees: ReadonlyMap<string, ReadonlySet<string>>
  /** Hashes of its go.mod. */
  readonly goMods: ReadonlyMap<string, ReadonlySet<string>>
}

/** Merges the checksum files of a checkout. If two disagree about a module, it has several hashes. */
export function recordedSums(sums: readonly GoSum[]): RecordedSums {
  return {
    trees: collect(sums.flatMap(({ trees }) => trees)),
    goMods: collect(sums.flatMap(({ goMods }) => goMods)),
  }
}

function collect(lines: readonly ModuleSum[]): ReadonlyMap<string, ReadonlySet<string>> {
  const hashes = new Map<string, Set<string>>()
  for (const line of lines) {
    const name = moduleVersionName(line)
    hashes.set(name, (hashes.get(name) ?? new Set()).add(line.h1))
  }
  return hashes
}

/** Recorded sums as plain JSON data. */
export type EncodedSums = Readonly<
  Record<keyof RecordedSums, readonly (readonly [string, readonly string[]])[]>
>

/** Encodes recorded sums as plain JSON data. */
export function encodeSums({ trees, goMods }: RecordedSums): EncodedSums {
  const encode = (hashes: RecordedSums['trees']) =>
    [...hashes].map(([name, h1s]) => [name, [...h1s]] as const)
  return { trees: encode(trees), goMods: encode(goMods) }
}

/** Decodes recorded sums; the inverse of encodeSums. */
export function decodeSums({ trees, goMods }: EncodedSums): RecordedSums {
  const decode = (hashes: EncodedSums['trees']) => new Map(hashes.map(([name, h1s]) => [name, new Set(h1s)]))
  return { trees: decode(trees), goMods: decode(goMods) }
}

/** The hash of one module version: of its file tree, or of its go.mod file alone. */
export type ModuleSum = {
  readonly path: string
  readonly version: string
  /** `h1:` and the base64 of a SHA-256, as written; its form is not checked. */
  readonly h1: string
}

/** The h1 lines of a go.sum file, in its order. A module may occur more than once. */
export type GoSum = {
  readonly trees: readonly ModuleSum[]
  readonly goMods: readonly ModuleSum[]
  /** Whether the file does not exist. */
  readonly isMissing?: true
}

const GO_MOD_SUFFIX = '/go.mod'

// The hash of an empty go.mod, which old Go versions wrote for repositories without go.mod; Go ignores it.
const EMPTY_GO_MOD_HASH = 'h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY='

/**
 * Reads a go.sum or go.work.sum file as readGoSum does (cmd/go/internal/modfetch/fetch.go). Blank lines and
 * hash algorithms other than h1 are skipped.
 *
 * @param text the file's content; line ends may be LF or CRLF.
 * @param file the name to show in errors.
 * @throws GoFileError for a merge conflict and for a line that does not have three fields.
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
      const problem = `expected module, version and hash, found ${fields.length} field(s): run go mod tidy`
      throw new GoFileError(file, index + 1, problem)
    }
    if (!h1.startsWith('h1:') || h1 === EMPTY_GO_MOD_HASH) continue
    if (version.endsWith(GO_MOD_SUFFIX)) {
      goMods.push({ path, version: version.slice(0, -GO_MOD_SUFFIX.length), h1 })
    } else trees.push({ path, version, h1 })
  }
  return { trees, goMods }
}

/**
 * Returns a digest of the checksum files that depends neither on the order of lines nor on the number of files. It is
 * the SHA-256 of the lines `path version h1` and `path version/go.mod h1`, each once and sorted.
 *
 * @param sums the go.sum and go.work.sum files
 * @returns 64 hexadecimal digits
 */
export function sumsDigest(sums: readonly GoSum[]): string {
  const lines = sums.flatMap(({ trees, goMods }) => [
    ...trees.map(({ path, version, h1 }) => `${path} ${version} ${h1}\n`),
    ...goMods.map(({ path, version, h1 }) => `${path} ${version}/go.mod ${h1}\n`),
  ])
  return createHash('sha256')
    .update([...new Set(lines)].sort().join(''))
    .digest('hex')
}
