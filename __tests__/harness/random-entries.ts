import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { type EntrySource, entrySource } from '../../src/cache/archive/entry-source.ts'
import type { OpenEntry } from '../../src/cache/archive/open-entry.ts'
import { unpackEntry } from '../../src/cache/archive/unpack.ts'
import { temporaryFolder } from '../temporary.ts'

/** An entry that a store can pack, and the content of its only file. */
export interface RandomEntry {
  readonly source: EntrySource
  readonly content: Buffer
}

/**
 * Returns an entry of one module whose file has random bytes, which no compressor makes shorter.
 *
 * @param bytes length of the file
 * @param base absolute path of an empty folder for the file
 */
export function randomEntry(bytes = 10, base = temporaryFolder()): RandomEntry {
  const content = randomBytes(bytes)
  mkdirSync(path.join(base, 'm'))
  writeFileSync(path.join(base, 'm', 'file'), content)
  const units = [{ name: 'm', roots: ['m'] }]
  return {
    source: entrySource({ kind: 'modules', metadata: {}, base, units }, Number.POSITIVE_INFINITY),
    content,
  }
}

/** Unpacks an entry of `randomEntry`, and returns the content of its file. */
export async function contentOf(directory: OpenEntry): Promise<Buffer> {
  const stage = path.join(temporaryFolder(), 'stage')
  await unpackEntry({ directory, stage, readOnly: false })
  return readFileSync(path.join(stage, 'm', 'file'))
}

/** Returns the absolute path of a new folder for a store's own use. */
export function packFolder(): string {
  return path.join(temporaryFolder(), 'packed')
}
