import { randomBytes } from 'node:crypto'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { treeHash } from '../../../src/cache/archive/hash-files.ts'
import { frameSize } from '../../../src/cache/archive/manifest.ts'
import { packEntry } from '../../../src/cache/archive/pack.ts'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { zipInMemory } from '../../../src/cache/archive/zip-hash.ts'
import { madeModule, publish, sumLines } from '../../golden/modules.ts'
import { temporaryFolder, writeFiles } from '../../temporary.ts'

const files = {
  'a@v1/go.mod': 'module a\n',
  'a@v1/sub/b.go': 'package sub\n',
  'a@v1/empty': '',
  'a@v1/large': 'x'.repeat(20 * 1024 * 1024),
  'b@v1/b.go': 'package b\n',
  'cache/a.mod': 'module a\n',
}

test('computes the Go hash of each requested and wanted root while it unpacks', async () => {
  const folder = temporaryFolder()
  const [base, directory] = [path.join(folder, 'base'), path.join(folder, 'entry')]
  writeFiles(base, files)
  const roots = ['a@v1', 'b@v1', 'cache/a.mod']
  const units = roots.map((root) => ({ name: root, roots: [root] }))
  await packEntry({ kind: 'modules', metadata: {}, base, units, directory })
  const unpack = (stage: string, more: object) =>
    unpackEntry({ directory, stage: path.join(folder, stage), readOnly: false, ...more })

  const hashedRoots = new Map([
    ['a@v1', 'a@v1'],
    ['cache/a.mod', 'go.mod'],
    ['none', 'none'],
  ])
  const { hashes } = await unpack('hashed', { hashedRoots })
  expect([...hashes.keys()].sort()).toEqual(['a@v1', 'cache/a.mod'])
  expect(hashes.get('a@v1')).toBe(await treeHash(path.join(base, 'a@v1'), 'a@v1'))
  // Of the go.mod alone, as in `module/go.mod` lines (golang.org/x/mod/sumdb/dirhash, Hash1).
  writeFiles(path.join(folder, 'alone'), { 'go.mod': files['cache/a.mod'] })
  const alone = await treeHash(path.join(folder, 'alone'), 'x')
  expect(hashes.get('cache/a.mod')).not.toBe(alone)
  expect(hashes.get('cache/a.mod')).toMatch(/^h1:[A-Za-z0-9+/]{43}=$/)

  const some = await unpack('some', { hashedRoots, skipRoots: ['a@v1'] })
  expect([...some.hashes.keys()]).toEqual(['cache/a.mod'])
  expect((await unpack('none', {})).hashes.size).toBe(0)
})

/** Source text of the given length that does not compress. */
function text(length: number): string {
  return randomBytes(length / 2).toString('hex')
}

test('computes the Go hash of zips while it unpacks, also of long zips that span several frames', async () => {
  const folder = temporaryFolder()
  const [base, directory] = [path.join(folder, 'base'), path.join(folder, 'entry')]
  const modules = [100, 3 * frameSize, zipInMemory + 2].map((length, index) =>
    madeModule(`m${index}`, 'v1.0.0', { 'text.go': text(length) }),
  )
  for (const module of modules) publish(base, module)
  writeFiles(base, { 'none.zip': 'no zip', 'directory.zip/file': 'x' })
  const zips = modules.map(({ path: name }) => `${name}/@v/v1.0.0.zip`)
  const roots = [...zips, 'none.zip', 'directory.zip']
  const units = roots.map((root) => ({ name: root, roots: [root] }))
  await packEntry({ kind: 'modules', metadata: {}, base, units, directory })
  const unpack = (more: object) =>
    unpackEntry({ directory, stage: path.join(temporaryFolder(), 'stage'), readOnly: false, ...more })

  const { hashes } = await unpack({ hashedZips: new Set(roots) })
  expect(Object.fromEntries(hashes)).toEqual({
    ...Object.fromEntries(modules.map((module, index) => [zips[index], sumLines(module).split(/\s/)[2]])),
    'none.zip': 'no hash: it is not a zip',
    'directory.zip': 'no hash: it is not a file',
  })
  const some = await unpack({ hashedZips: new Set(roots), skipRoots: roots.slice(1) })
  expect([...some.hashes.keys()]).toEqual(zips.slice(0, 1))
})
