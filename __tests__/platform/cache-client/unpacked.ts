import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect } from 'vitest'
import { unpackEnvelope } from '../../../src/platform/cache-client/envelope.ts'
import { temporaryFolder } from '../../temporary.ts'

/**
 * Unpacks an archive into a new folder, and returns the content of that folder. Expects that it holds only files, and
 * that nothing was written next to it.
 */
export async function unpacked(
  content: Buffer,
): Promise<{ readonly files: Readonly<Record<string, string>>; readonly why: string }> {
  const scratch = temporaryFolder()
  const [archive, folder] = [path.join(scratch, 'cache.tzst'), path.join(scratch, 'home', 'entry')]
  writeFileSync(archive, content)
  mkdirSync(path.dirname(folder))
  const why = await unpackEnvelope(archive, folder).then(
    () => '',
    (error: Error) => error.message,
  )
  const names = existsSync(folder) ? readdirSync(folder) : []
  expect(readdirSync(scratch).sort()).toEqual(['cache.tzst', 'home'])
  expect(readdirSync(path.join(scratch, 'home'))).toEqual(['entry'])
  for (const name of names) expect(lstatSync(path.join(folder, name)).isFile()).toBe(true)
  return {
    files: Object.fromEntries(names.map((name) => [name, readFileSync(path.join(folder, name), 'utf8')])),
    why,
  }
}
