import { createHash } from 'node:crypto'

/** A file of a module's tree with the digest of its content. */
export interface FileDigest {
  /** Path in the module's zip: `path@version/` and the path in the tree, with `/`. */
  readonly name: string
  /** SHA-256 of the content in hexadecimal. */
  readonly sha256: string
}

/**
 * Returns the hash of a module's tree as in go.sum and .ziphash files, such as `h1:…=`
 * (golang.org/x/mod/sumdb/dirhash, Hash1).
 *
 * @param files every file of the tree, in any order
 */
export function treeHashOf(files: readonly FileDigest[]): string {
  // Go orders names by bytes, as Buffer.compare does; JavaScript orders strings by UTF-16 units.
  const sorted = files
    .map((file) => ({ ...file, bytes: Buffer.from(file.name) }))
    .sort((a, b) => Buffer.compare(a.bytes, b.bytes))
  const hash = createHash('sha256')
  for (const { name, sha256 } of sorted) hash.update(`${sha256}  ${name}\n`)
  return `h1:${hash.digest('base64')}`
}
