import { createHash } from 'node:crypto'
import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { hashInBackground } from '../../../src/cache/archive/hash-files.ts'
import { temporaryFolder } from '../../temporary.ts'

test('returns the SHA-256 of a file, with and without a worker thread', async () => {
  const file = path.join(temporaryFolder(), 'file')
  for (const length of [0, 1, 40e6]) {
    writeFileSync(file, 'begins')
    truncateSync(file, length)
    expect(await hashInBackground(file)).toBe(createHash('sha256').update(readFileSync(file)).digest('hex'))
  }
})

test('throws for an unreadable file instead of returning a hash', async () => {
  await expect(hashInBackground(path.join(temporaryFolder(), 'none'))).rejects.toMatchObject({
    code: 'ENOENT',
  })
})
