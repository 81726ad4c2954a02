import { expect, test } from 'vitest'
import { lineChanges } from '../../src/text/line-changes.ts'

test.each([
  ['the same', 'a\nb\n', 'a\nb\n'],
  ['other line endings', 'a\r\nb\r\n', 'a\nb\n'],
  ['another order', 'a\nb\nc\n', 'c\na\nb\n'],
  ['blanks and blank lines', 'a\n\tb\n', 'a\n\n\n  b'],
  ['two empty texts', '', ''],
])('%s: no change', (_, before, after) => {
  expect(lineChanges(before, after)).toBeUndefined()
})

test.each([
  ['a removed line', 'a\nb\nc\n', 'a\nc\n', [{ line: 2, text: 'b' }], []],
  ['an added line', 'a\n', 'a\nb\n', [], ['b']],
  ['a changed line', 'a\nb // indirect\n', 'a\nb\n', [{ line: 2, text: 'b // indirect' }], ['b']],
  ['one of two equal lines', 'a\na\n', 'a\n', [{ line: 2, text: 'a' }], []],
  [
    'everything',
    'a\nb\n',
    '',
    [
      { line: 1, text: 'a' },
      { line: 2, text: 'b' },
    ],
    [],
  ],
] as const)('%s: a change', (_, before, after, removed, added) => {
  expect(lineChanges(before, after)).toEqual({ removed, added })
})
