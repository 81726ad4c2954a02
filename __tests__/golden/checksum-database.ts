import { createHash, generateKeyPairSync, sign } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { pathToFileURL } from 'node:url'
import { writeFiles } from '../temporary.ts'

/**
 * Writes a checksum database of one record as files, which the go command reads through a file URL
 * (golang.org/x/mod/sumdb: tlog for the tree, note for the signature).
 *
 * @param folder absolute; must not exist
 * @param module `path@version` that the record is about
 * @param lines go.sum lines of that record
 * @returns a value for GOSUMDB; the database's name is `sums.example.com`
 */
export function writeChecksumDatabase(folder: string, module: string, lines: string): string {
  const name = 'sums.example.com'
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  // A leading 1 says Ed25519; the raw key is the end of its DER form.
  const key = Buffer.concat([Buffer.of(1), publicKey.export({ type: 'spki', format: 'der' }).subarray(-32)])
  const keyHash = sha256(Buffer.from(`${name}\n`), key).subarray(0, 4)
  // A tree of one leaf has that leaf's hash, and so has its only tile.
  const leaf = sha256(Buffer.of(0), Buffer.from(lines))
  const tree = `go.sum database tree\n1\n${leaf.toString('base64')}\n`
  const signature = Buffer.concat([keyHash, sign(null, Buffer.from(tree), privateKey)])
  const note = `${tree}\n— ${name} ${signature.toString('base64')}\n`
  writeFiles(folder, { [`lookup/${module}`]: `0\n${lines}\n${note}`, latest: note })
  const tiles = path.join(folder, 'tile/8/0/000.p')
  mkdirSync(tiles, { recursive: true })
  writeFileSync(path.join(tiles, '1'), leaf)
  return `${name}+${keyHash.toString('hex')}+${key.toString('base64')} ${pathToFileURL(folder).href}`
}

function sha256(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest()
}
