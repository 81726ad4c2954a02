import { expect, test } from 'vitest'
import { matchesModulePatterns } from '../../src/gosettings/module-patterns.ts'

// According to golang.org/x/mod/module, MatchPrefixPatterns, and path.Match.
test.each([
  ['', 'example.com/a', false],
  ['example.com', 'example.com/a/b', true],
  ['example.com/', 'example.com/a', true],
  ['example.com/a', 'example.com/a', true],
  ['example.com/a', 'example.com/ab', false],
  ['example.com/a/b', 'example.com/a', false],
  ['*.example.com', 'git.example.com/a', true],
  ['*.example.com', 'example.com/a', false],
  ['example.com/*', 'example.com/a/b', true],
  ['example.com/*/c', 'example.com/a/b', false],
  ['other.com,example.com/a', 'example.com/a', true],
  ['other.com,,', 'example.com/a', false],
  ['example.com/?', 'example.com/a', true],
  ['example.com/?', 'example.com/ab', false],
  ['example.com/[a-c]x', 'example.com/bx', true],
  ['example.com/[^a-c]x', 'example.com/bx', false],
  ['example.com/[^a-c]x', 'example.com/dx', true],
  ['example.com/[', 'example.com/[', false],
  ['example.com/\\*', 'example.com/a', false],
  ['example.com/a+b', 'example.com/a+b', true],
  ['example.com/a.b', 'example.com/axb', false],
  ['EXAMPLE.com', 'example.com/a', false],
] as const)('%j and %s: %s', (patterns, module, matches) => {
  expect(matchesModulePatterns(patterns, module)).toBe(matches)
})
