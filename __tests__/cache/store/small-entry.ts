import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { temporaryFolder } from '../../temporary.ts'

/** The only file of an entry that tests of @actions/cache store: nothing checks what is in it. */
const name = 'shard-0.tar.zst'

/**
 * Makes the folder of an entry with one file of random bytes.
 *
 * @param bytes length of the file
 * @returns `read` returns the content of that file in a restored folder
 */
export function smallEntry(bytes = 10): {
  readonly folder: string
  readonly content: Buffer
  readonly read: (folder: string) => Buffer
} {
  const folder = path.join(temporaryFolder(), 'entry')
  const content = randomBytes(bytes)
  mkdirSync(folder)
  writeFileSync(path.join(folder, name), content)
  return { folder, content, read: (restored) => readFileSync(path.join(restored, name)) }
}
