import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { restoreEntry } from '../../../src/cache/entries.ts'
import { makeKey } from '../../../src/cache/key.ts'
import { withStage } from '../../../src/cache/stage.ts'
import { objectStore } from '../../../src/cache/store/object-store.ts'
import { objectOf, serveObject, serviceOf } from '../../harness/object-server.ts'
import { isRoot } from '../../harness/unprivileged.ts'
import { temporaryFolder } from '../../temporary.ts'

const canMount = process.platform === 'linux' && isRoot

/** A folder on a disk of its own. */
function diskOf(size: string): string {
  const folder = path.join(temporaryFolder(), 'disk')
  mkdirSync(folder)
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder])
  onTestFinished(() => void execFileSync('umount', ['--lazy', folder]))
  return folder
}

test.runIf(canMount).each([
  ['this thread unpacks', 40, 20_000],
  ['threads unpack', 60, 300_000],
])('a disk that becomes full while %s makes a miss, and is empty afterwards', async (_, files, length) => {
  const base = temporaryFolder()
  const units = Array.from({ length: 2 }, (_, unit) => {
    mkdirSync(path.join(base, `m${unit}`))
    for (let file = 0; file < files; file++)
      writeFileSync(path.join(base, `m${unit}`, String(file)), randomBytes(length))
    return { name: `m${unit}`, roots: [`m${unit}`] }
  })
  const object = await objectOf({ kind: 'modules', metadata: {}, base, units, shards: 2 })
  const server = await serveObject(object)
  const disk = diskOf(String(files * length))
  // A skipped root hides from the check beforehand that the disk is too small.
  const store = objectStore(serviceOf(server), { restore: 60, save: 60 })
  const transfer = { store, folder: temporaryFolder(), variables: {} }
  const key = makeKey([{ name: 'a', value: 'b', of: '' }], 1)
  const began = performance.now()
  const outcome = await restoreEntry(transfer, key, (entry) =>
    withStage(disk, (stage) => unpackEntry({ directory: entry, stage, readOnly: true, skipRoots: ['none'] })),
  )
  expect(outcome).toMatchObject({
    found: 'miss',
    unreachable: false,
    // The entry is right, so the next save keeps its key.
    corrupt: false,
    error: expect.stringContaining('ENOSPC'),
  })
  expect(performance.now() - began).toBeLessThan(5000)
  expect(readdirSync(disk)).toEqual([])
  expect(existsSync(path.join(transfer.folder, 'restore-'))).toBe(false)
  expect(readdirSync(transfer.folder)).toEqual([])
  const connections = server.connections
  await expect.poll(connections, { timeout: 2000 }).toBe(0)
})
