import { describe, expect, test } from 'vitest'
import { pathProblem } from '../../../src/cache/archive/paths.ts'

describe('on every system', () => {
  test.each([
    'a',
    'github.com/!azure/sdk@v1.0.0/a b.go',
    '..a/b..',
    '.hidden/...',
    'a/c:d',
    'nul/con.txt',
    'a/é/e\u0301',
    `${'deep/'.repeat(80)}file`,
  ])('accepts %j', (path) => {
    expect(pathProblem(path, 'linux')).toBeUndefined()
  })

  test.each([
    ['', 'has an empty, . or .. part'],
    ['.', 'has an empty, . or .. part'],
    ['..', 'has an empty, . or .. part'],
    ['../a', 'has an empty, . or .. part'],
    ['a/..', 'has an empty, . or .. part'],
    ['a/../b', 'has an empty, . or .. part'],
    ['a/./b', 'has an empty, . or .. part'],
    ['a//b', 'has an empty, . or .. part'],
    ['a/', 'has an empty, . or .. part'],
    ['/a', 'is absolute'],
    ['//server/share', 'is absolute'],
    ['C:/a', 'begins with a drive letter'],
    ['c:a', 'begins with a drive letter'],
    ['a\\b', 'holds a backslash'],
    ['..\\b', 'holds a backslash'],
    ['a\0b', 'holds a NUL'],
    ['a\ud800', 'is not valid Unicode'],
    ['a\uFFFD', 'is not valid Unicode'],
  ])('refuses %j: it %s', (path, problem) => {
    for (const platform of ['linux', 'darwin', 'win32']) expect(pathProblem(path, platform)).toBe(problem)
  })
})

test.each(['\n', '\r', '\t', '\u001b[31m', '\u0085', '\u2028', '\u202e', '\u2066', '\u200b', '\ufeff'])(
  'refuses a name with the hidden character %j on every system',
  (hidden) => {
    for (const path of [`a${hidden}b`, `${hidden}/a`, `a/b${hidden}`])
      expect(pathProblem(path, 'linux')).toBe('holds a control character or an invisible character')
  },
)

describe('on Windows', () => {
  test.each(['a/b.go', 'console', 'com', 'com10/lpt', 'nullable.go', '.a', 'a.b.c', 'é/日本'])(
    'accepts %j',
    (path) => {
      expect(pathProblem(path, 'win32')).toBeUndefined()
    },
  )

  test.each([
    ['a/b:stream', 'holds a character that Windows forbids'],
    ['a/b?', 'holds a character that Windows forbids'],
    ['a*', 'holds a character that Windows forbids'],
    ['a|b', 'holds a character that Windows forbids'],
    ['a"b', 'holds a character that Windows forbids'],
    ['<a>', 'holds a character that Windows forbids'],
    ['a./b', 'has a part that ends with a dot or a space'],
    ['a/b ', 'has a part that ends with a dot or a space'],
    ['a/...', 'has a part that ends with a dot or a space'],
    ['nul', 'has a part that Windows reserves'],
    ['a/CON/b', 'has a part that Windows reserves'],
    ['a/aux.go', 'has a part that Windows reserves'],
    ['Prn.tar.gz', 'has a part that Windows reserves'],
    ['com1', 'has a part that Windows reserves'],
    ['lpt9.txt', 'has a part that Windows reserves'],
    ['COM².c', 'has a part that Windows reserves'],
    ['con .txt', 'has a part that Windows reserves'],
    ['CONIN$', 'has a part that Windows reserves'],
  ])('refuses %j: it %s', (path, problem) => {
    expect(pathProblem(path, 'win32')).toBe(problem)
    expect(pathProblem(path, 'linux')).toBeUndefined()
  })
})
