import { existsSync, readFileSync, rmSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { sameTree } from '../../src/dependencies/vendor.ts'
import { snapshotFiles } from '../../src/platform/file-snapshot.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

describe('rememberFiles', () => {
  test('restores changed, removed and new files, and touches nothing else', () => {
    const folder = temporaryFolder()
    const files = ['kept', 'changed', 'removed', 'made'].map((name) => path.join(folder, name))
    writeFiles(folder, { kept: 'k', changed: 'before', removed: 'r' })
    const remembered = snapshotFiles(files)
    writeFiles(folder, { changed: 'after', made: 'm' })
    rmSync(path.join(folder, 'removed'))
    expect(remembered.changed().map((file) => path.basename(file))).toEqual(['changed', 'removed', 'made'])
    remembered.restore()
    expect(readFileSync(path.join(folder, 'changed'), 'utf8')).toBe('before')
    expect(readFileSync(path.join(folder, 'removed'), 'utf8')).toBe('r')
    expect(existsSync(path.join(folder, 'made'))).toBe(false)
    expect(remembered.changed()).toEqual([])
  })
})

describe('sameTree', () => {
  test.each([
    [{ 'a/b': 'x', c: 'y' }, { c: 'y', 'a/b': 'x' }, true],
    [{}, {}, true],
    [{ a: 'x' }, { a: 'y' }, false],
    [{ a: 'x' }, { b: 'x' }, false],
    [{ a: 'x' }, { a: 'x', b: '' }, false],
    [{ 'a/b': 'x' }, { a: 'x' }, false],
  ])('compares %j with %j: %s', (one, other, same) => {
    const [a, b] = [temporaryFolder(), temporaryFolder()]
    writeFiles(a, one as Record<string, string>)
    writeFiles(b, other as Record<string, string>)
    expect(sameTree(a, b)).toBe(same)
    expect(sameTree(path.join(a, 'gone'), path.join(b, 'gone'))).toBe(true)
  })
})
