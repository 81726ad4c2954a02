import { expect, test } from 'vitest'
import { closestWord } from '../../src/text/closest-word.ts'

const words = ['auto', 'write', 'read', 'write-only', 'none']

test.each([
  ['auot', 'auto'],
  ['wirte', 'write'],
  ['Read', 'read'],
  ['writeonly', 'write-only'],
  ['write_only', 'write-only'],
  ['WRITE ONLY', 'write-only'],
  ['reed', 'read'],
  ['non', 'none'],
  ['rad', 'read'],
  ['', undefined],
  ['always', undefined],
  ['x'.repeat(10_000), undefined],
])('suggests for %j: %j', (text, word) => {
  expect(closestWord(text, words)).toBe(word)
})
