import { symlinkSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  entriesOf,
  filesBelow,
  isWithin,
  lstat,
  readText,
  realPath,
  replaceFile,
} from '../../src/platform/files.ts'
import { isUnix, temporaryFolder, writeFiles } from '../temporary.ts'

describe('isWithin', () => {
  test.each([
    ['/a/b', '/a/b', true],
    ['/a/b', '/a/b/c/d', true],
    ['/a/b/', '/a/b/c/', true],
    ['/a/b', '/a/c/../b/d', true],
    ['/', '/a', true],
    ['/a/b', '/a/bc', false],
    ['/a/b', '/a/bc/d', false],
    ['/a/b', '/a', false],
    ['/a/b', '/a/b/../c', false],
    ['/a/b', '/c/d', false],
    // A name may begin with two dots.
    ['/a/b', '/a/b/..c', true],
    ['/a/b', '/a/..b', false],
  ])('%s contains %s: %s', (folder, target, within) => {
    expect(isWithin(folder, target, path.posix)).toBe(within)
  })

  test.each([
    ['C:\\a\\b', 'C:\\a\\b\\c', true],
    ['C:\\a\\b', 'c:/A/b/c', true],
    ['C:\\a\\b', 'C:\\a\\bc', false],
    ['C:\\a\\b', 'C:\\a', false],
    ['C:\\a\\b', 'D:\\a\\b\\c', false],
    ['C:\\a\\b', '\\\\host\\a\\b', false],
  ])('on Windows %s contains %s: %s', (folder, target, within) => {
    expect(isWithin(folder, target, path.win32)).toBe(within)
  })
})

describe('a path below a file, or below a circular link', () => {
  test.runIf(isUnix)('does not exist', () => {
    const folder = temporaryFolder()
    writeFiles(folder, { file: '' })
    symlinkSync('loop', path.join(folder, 'loop'))
    for (const place of ['file/a', 'loop/a', 'none/a'].map((name) => path.join(folder, name))) {
      expect(lstat(place)).toBeUndefined()
      expect(entriesOf(place)).toEqual([])
      expect(realPath(place)).toBe(place)
    }
    expect(lstat(path.join(folder, 'loop'))?.isSymbolicLink()).toBe(true)
  })
})

test('replaceFile replaces a link by a file, and leaves no other file', () => {
  const folder = temporaryFolder()
  writeFiles(folder, { target: 'target' })
  if (isUnix) symlinkSync('target', path.join(folder, 'file'))
  for (const text of ['one', 'two']) replaceFile(path.join(folder, 'file'), text)
  expect(readText(path.join(folder, 'file'))).toBe('two')
  expect(readText(path.join(folder, 'target'))).toBe('target')
  expect(filesBelow(folder)).toEqual(['file', 'target'])
})

describe('filesBelow', () => {
  test('returns every file with its directories, and no directory alone', () => {
    const folder = temporaryFolder()
    writeFiles(folder, { 'b/c/d': '', a: '', 'b/a': '' })
    expect(filesBelow(folder)).toEqual(['a', 'b/a', 'b/c/d'])
    expect(filesBelow(path.join(folder, 'gone'))).toEqual([])
  })

  test.runIf(isUnix)('returns a link, but not its target', () => {
    const folder = temporaryFolder()
    writeFiles(folder, { 'a/b': '' })
    symlinkSync('a', path.join(folder, 'c'))
    expect(filesBelow(folder)).toEqual(['a/b', 'c'])
  })
})
