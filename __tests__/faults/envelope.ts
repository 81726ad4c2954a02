import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import type { Damage } from '../../testbed/cache-service/blob-store.ts'
import { temporaryFolder } from '../temporary.ts'

/**
 * Changes the entry in what @actions/cache has stored, and wraps it up again as it does itself: everything about the
 * envelope is right.
 *
 * @param change is given the absolute path of the entry's folder
 */
export function insideEnvelope(change: (entry: string) => void): Damage {
  return (content) => {
    const folder = temporaryFolder()
    const [before, after] = ['before', 'after'].map((name) => path.join(folder, name)) as [string, string]
    writeFileSync(before, content)
    const unpacked = path.join(folder, 'unpacked')
    mkdirSync(unpacked)
    execFileSync('tar', ['-xf', before, '-C', unpacked])
    const [name = ''] = readdirSync(unpacked)
    change(path.join(unpacked, name))
    const isZstd = content.readUInt32LE(0) === 0xfd2fb528
    execFileSync('tar', [
      '--posix',
      '-cf',
      after,
      ...(isZstd ? ['--zstd'] : ['--gzip']),
      '-C',
      unpacked,
      name,
    ])
    return readFileSync(after)
  }
}
