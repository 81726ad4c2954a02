import { existsSync, readFileSync } from 'node:fs'
import * as path from 'node:path'
import { expect, test } from 'vitest'
import { treeHash } from '../../../src/cache/archive/hash-files.ts'
import { copiedGoMods } from '../../../src/cache/gomodcache/toolchain.ts'
import { treeHashOf } from '../../../src/gofiles/h1.ts'
import { goRoot, oldestGo } from '../../../testbed/go-toolchains.ts'
import { isUnix, temporaryFolder, writeFiles } from '../../temporary.ts'

// On Windows `goRoot` may be from the tool cache, where no hash is recorded.
test.runIf(isUnix)('computes the hash that Go records for a real toolchain', async () => {
  const tree = await goRoot(oldestGo)
  const name = `golang.org/${path.basename(tree)}`
  const version = name.split('@')[1] ?? ''
  const files = path.resolve(tree, '../../cache/download/golang.org/toolchain/@v')
  expect(existsSync(files)).toBe(true)
  expect(await treeHash(tree, name, new Set(copiedGoMods(tree)))).toBe(
    readFileSync(path.join(files, `${version}.ziphash`), 'utf8').trim(),
  )
})

test('changes the hash when a name, a content or the number of files changes', async () => {
  const hashOf = async (files: Record<string, string>) => {
    const folder = temporaryFolder()
    writeFiles(folder, files)
    return treeHash(folder, 'example.com/a@v1.0.0')
  }
  const trees = [{ a: 'x' }, { a: 'y' }, { b: 'x' }, { a: 'x', b: '' }, { 'a/b': 'x' }, {}]
  const hashes = await Promise.all(trees.map((files) => hashOf(files as Record<string, string>)))
  expect(new Set(hashes).size).toBe(trees.length)
})

test('sorts names by their bytes, not by UTF-16', () => {
  const files = ['\u{1F600}', '\uFFFD', 'a'].map((name) => ({ name, sha256: '00' }))
  const inByteOrder = ['a', '\uFFFD', '\u{1F600}'].map((name) => ({ name, sha256: '00' }))
  expect(treeHashOf(files)).toBe(treeHashOf(inByteOrder))
  expect(Buffer.compare(Buffer.from('\uFFFD'), Buffer.from('\u{1F600}'))).toBeLessThan(0)
})

test.runIf(isUnix)('refuses a tree that contains a link', async () => {
  const { symlinkSync } = await import('node:fs')
  const folder = temporaryFolder()
  writeFiles(folder, { a: 'x' })
  symlinkSync('a', path.join(folder, 'b'))
  await expect(treeHash(folder, 'example.com/a@v1.0.0')).rejects.toThrow('b is neither')
})
