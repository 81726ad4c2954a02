import { existsSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { notEmulated as notOnMacos } from '../macos/not-emulated.ts'
import { notEmulated as notOnWindows } from '../windows/not-emulated.ts'
import { entriesOf, fileOf, reasonAgainst, staleEntries } from './not-emulated.ts'

const list = [
  { file: 'a/one.test.ts', test: 'outer > inner', reason: 'first' },
  { file: 'a/two.test.ts', reason: 'second' },
]

describe('what an emulated system does not run', () => {
  test.each([
    ['a test of the list', 'a/one.test.ts', 'outer > inner', 'first'],
    ['a test below a describe of the list', 'a/one.test.ts', 'outer > inner > deep', 'first'],
    ['a test with a longer name', 'a/one.test.ts', 'outer > inner and more', undefined],
    ['a test of the same name in another file', 'b/one.test.ts', 'outer > inner', undefined],
    ['any test of a file of the list', 'a/two.test.ts', 'outer', 'second'],
  ])('%s', (_, file, name, reason) => {
    expect(reasonAgainst({ file, name }, list)).toBe(reason)
  })

  test('entries without a test are found in a report of their file', () => {
    const report = (title: string) => ({
      testResults: [
        { name: '/x/__tests__/a/one.test.ts', assertionResults: [{ ancestorTitles: ['outer'], title }] },
      ],
    })
    expect(staleEntries(list, entriesOf(report('inner')))).toEqual([])
    expect(staleEntries(list, entriesOf(report('renamed')))).toEqual(['a/one.test.ts > outer > inner'])
    expect(staleEntries(list, [])).toEqual([])
  })

  test('a path of Windows names the same file', () => {
    expect(fileOf('D:\\x\\__tests__\\a\\one.test.ts')).toBe('a/one.test.ts')
  })

  test.each([...new Set([...notOnMacos, ...notOnWindows].map(({ file }) => file))])('%s exists', (file) => {
    expect(existsSync(path.resolve(import.meta.dirname, '..', file))).toBe(true)
  })
})
