import { chmodSync, existsSync, statSync, symlinkSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { remove } from '../../src/platform/files.ts'
import { makeTreeWritable } from '../../src/platform/permissions.ts'
import { isUnix, temporaryFolder, writeFiles } from '../temporary.ts'

/** A tree that is write-protected as by Go, with a link to a file outside the tree. */
function protectedTree() {
  const home = temporaryFolder()
  writeFiles(home, { 'tree/a/file': '', outside: '' })
  const tree = path.join(home, 'tree')
  symlinkSync('../outside', path.join(tree, 'link'))
  const places = ['tree/a/file', 'tree/a', 'tree', 'outside'].map((name) => path.join(home, name))
  for (const place of places) chmodSync(place, statSync(place).isDirectory() ? 0o555 : 0o444)
  return { tree, modes: () => places.map((place) => (statSync(place).mode & 0o777).toString(8)) }
}

describe.runIf(isUnix)('a tree that Go write-protected', () => {
  test.each([
    ['everything', ['644', '755', '755', '444']],
    ['directories', ['444', '755', '755', '444']],
  ] as const)('becomes writable for its owner only: %s', (what, modes) => {
    const protectedOne = protectedTree()
    makeTreeWritable(protectedOne.tree, what)
    expect(protectedOne.modes()).toEqual(modes)
  })

  test('is removed completely, and a file outside stays', () => {
    const { tree } = protectedTree()
    remove(tree)
    expect(existsSync(tree)).toBe(false)
    expect(existsSync(path.join(tree, '../outside'))).toBe(true)
  })
})
