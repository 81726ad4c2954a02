import { describe, expect, test } from 'vitest'
import { coversDirectory, readDirectoryPattern } from '../../src/inputs/patterns.ts'

describe('coversDirectory', () => {
  test.each([
    // pattern, covered, not covered
    ['examples', ['examples', 'examples/a', 'examples/a/b'], ['.', 'example', 'x/examples', 'examples2']],
    ['examples/**', ['examples', 'examples/a', 'examples/a/b'], ['.', 'services/examples']],
    ['examples/*', ['examples/a', 'examples/a/b'], ['examples']],
    ['./examples/', ['examples/a'], ['services']],
    ['/examples', ['examples'], ['x/examples']],
    ['a//b/../c', ['a/c'], ['a/b']],
    ['**/testmod', ['testmod', 'a/testmod', 'a/b/testmod/c'], ['testmods', '.']],
    ['**', ['.', 'a', 'a/b'], []],
    ['*', ['a', 'a/b'], ['.']],
    ['.', ['.'], ['a']],
    ['', ['.'], ['a']],
    ['svc/?', ['svc/a'], ['svc/ab', 'svc']],
    ['svc/[ab]', ['svc/a', 'svc/b/c'], ['svc/c', 'svc/[ab]']],
    ['svc/[!a-c]', ['svc/d'], ['svc/b']],
    ['svc/[z-a]', ['svc/[z-a]'], ['svc/z']],
    ['a.b+c', ['a.b+c'], ['axb+c', 'a.bbc']],
    ['a/**/z', ['a/z', 'a/b/z', 'a/b/c/z'], ['a', 'a/b']],
    ['../other', [], ['other']],
    ['Examples', ['Examples'], ['examples']],
  ])('%s', (pattern, covered, others) => {
    for (const one of covered) expect([one, coversDirectory(pattern, one)]).toEqual([one, true])
    for (const one of others) expect([one, coversDirectory(pattern, one)]).toEqual([one, false])
  })

  test('supports systems that ignore case, and paths with backslashes', () => {
    expect(coversDirectory('Examples', 'examples/a', { ignoreCase: true })).toBe(true)
    expect(coversDirectory('examples\\*', 'examples/a', { backslashes: true })).toBe(true)
    expect(coversDirectory('examples\\*', 'examples/a')).toBe(false)
  })
})

test.each([
  ['services/*', { pattern: 'services/*', excludes: false, isGlob: true }],
  ['!examples', { pattern: 'examples', excludes: true, isGlob: false }],
  ['! examples/** ', { pattern: 'examples/**', excludes: true, isGlob: true }],
  ['./!odd', { pattern: './!odd', excludes: false, isGlob: false }],
])('readDirectoryPattern(%s)', (text, read) => {
  expect(readDirectoryPattern(text)).toEqual({ text, ...read })
})
