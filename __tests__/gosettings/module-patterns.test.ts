import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { mergePatterns, patternFault, readModulePatterns } from '../../src/gosettings/module-patterns.ts'
import { runGo } from '../gofiles/go-command.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

const ACCEPTED: [text: string, value: string][] = [
  ['', ''],
  ['\n', ''],
  ['none', 'none'],
  ['github.com/acme', 'github.com/acme'],
  ['github.com/acme/', 'github.com/acme'],
  [
    ' github.com/acme , *.example.com\n\ngit.example.com/Team\r\n',
    'github.com/acme,*.example.com,git.example.com/Team',
  ],
  ['github.com/acme,,github.com/acme/,', 'github.com/acme'],
  ['*', '*'],
  ['*/acme', '*/acme'],
  ['git*/acme', 'git*/acme'],
  ['github.com/[a-c]c?e/x_y~z', 'github.com/[a-c]c?e/x_y~z'],
  ['[a-z]*.example.com', '[a-z]*.example.com'],
  ['git.example.com/team/x.git', 'git.example.com/team/x.git'],
  ['github.com/acme.git', 'github.com/acme.git'],
]

/** Text, our reason, and a module that the user means but that does not match; empty if there is no simple example. */
const REFUSED: [text: string, fault: RegExp, meant: string][] = [
  [',\n', /only separators/, ''],
  ['none,github.com', /^element 1 \("none"\) must stand alone/, ''],
  ['https://github.com/acme', /is a URL/, 'github.com/acme/x'],
  [
    'git.example.com,https://user:pw@github.com/acme',
    /^element 2 \("https:\/\/\*\*\*@github.com\/acme"\) is a URL/,
    '',
  ],
  ['git@github.com:acme/x', /is an ssh address/, 'github.com/acme/x'],
  ['github.com/acme/...', /holds "\.\.\."/, 'github.com/acme/x'],
  ['...', /holds "\.\.\."/, 'github.com/acme/x'],
  ['git.example.com github.com/acme', /separated by `,`/, 'github.com/acme/x'],
  ['git.example.com;github.com', /separated by `,`/, 'github.com/acme/x'],
  ['git.example.com|github.com', /separated by `,`/, 'github.com/acme/x'],
  ['github.com\\acme', /holds a backslash/, 'github.com/acme/x'],
  ['github.com/[acme', /not closed/, 'github.com/acme/x'],
  ['github.com/[]acme]', /malformed/, 'github.com/acme/x'],
  ['github.com/[^]', /malformed/, 'github.com/acme/x'],
  ['github.com/[!b]*', /holds "\[!"/, 'github.com/acme/x'],
  ['github.com/{acme,other}', /holds "\{"/, 'github.com/acme/x'],
  ['github.com/!acme', /holds "!"/, 'github.com/Acme/x'],
  ['/github.com/acme', /is a file path/, 'github.com/acme/x'],
  ['./github.com/acme', /is a file path/, 'github.com/acme/x'],
  ['../acme', /is a file path/, 'github.com/acme/x'],
  ['/', /is a file path/, ''],
  ['github.com//acme', /empty element/, 'github.com/acme/x'],
  ['github.com/acme//', /empty element/, 'github.com/acme/x'],
  ['github.com/acme/x@v1.0.0', /has no version/, 'github.com/acme/x'],
  ['github.com:443/acme', /has no port/, 'github.com/acme/x'],
  ['acme', /has no dot in its first element/, 'github.com/acme/x'],
  ['None', /upper-case/, ''],
  ['GitHub.com/acme', /upper-case letter in its host/, 'github.com/acme/x'],
  ['.com', /starts with a dot.*\*\.example/, 'github.com/acme/x'],
  ['github.com.', /no module path starts/, 'github.com/acme/x'],
  ['my_host.example.com', /no module path starts/, ''],
  ['-x.example.com', /no module path starts/, ''],
  ['**/x', /`\*\*`/, 'github.com/acme/x'],
  ['github.com/acme/**', /`\*\*`.*remove it/, ''],
  ['**', /`\*\*`: write `\*`/, ''],
  ['github.com/acme/x.git', /ending in "\.git"/, 'github.com/acme/x'],
  ['bitbucket.org/acme/x.git/y', /ending in "\.git"/, ''],
]

/** Whether Go treats a module as private: then it would run git, which GOVCS forbids here; otherwise it asks a proxy. */
function isPrivate(goprivate: string, module: string): boolean {
  const folder = temporaryFolder()
  writeFiles(folder, { 'go.mod': 'module x\n\ngo 1.21\n' })
  const { stderr } = runGo(['list', '-m', `${module}@v1.0.0`], {
    cwd: folder,
    env: { GOPRIVATE: goprivate, GONOPROXY: '', GOVCS: '*:off' },
  })
  const reason = /GOVCS disallows|disabled by GOPROXY=off/.exec(stderr)?.[0]
  expect(reason, stderr).toBeDefined()
  return reason === 'GOVCS disallows'
}

describe('readModulePatterns', () => {
  test.each(ACCEPTED)('accepts %j', (text, value) => {
    expect(readModulePatterns(text)).toEqual({ value })
  })

  test.each(REFUSED)('rejects %j', (text, reason) => {
    const setting = readModulePatterns(text)
    expect('fault' in setting ? setting.fault : setting).toMatch(reason)
  })

  test.each(REFUSED.filter(([, , meant]) => meant !== ''))(
    'rejects %j, with which Go misses the intended module',
    (text, _, meant) => {
      expect(isPrivate(text, meant)).toBe(false)
    },
  )

  test.each([
    ['github.com/acme', 'github.com/acme/x', true],
    ['github.com/acme/', 'github.com/acme/x', true],
    ['*/acme', 'github.com/acme/x', true],
    ['git*/acme', 'github.com/acme/x', true],
    ['github.com/[a-c]c?e', 'github.com/acme/x', true],
    ['github.com/[^b]*', 'github.com/acme/x', true],
    ['*.example.com', 'git.example.com/team/x.git', true],
    ['git.example.com/team/x.git', 'git.example.com/team/x.git', true],
    ['gitlab.com\n github.com', 'github.com/acme/x', true],
    ['none', 'github.com/acme/x', false],
  ])('writes %j so that Go treats %s as private: %s', (text, module, expected) => {
    const setting = readModulePatterns(text)
    expect(isPrivate('value' in setting ? setting.value : '', module)).toBe(expected)
  })

  test('rejects ".git" only on hosts where Go rejects it', () => {
    const folder = temporaryFolder()
    const says = (module: string) =>
      runGo(['list', '-m', `${module}@v1.0.0`], {
        cwd: folder,
        env: { GOPRIVATE: '*', GONOPROXY: '', GOVCS: '*:off' },
      }).stderr
    expect(says('github.com/acme/x.git')).toContain('invalid version control suffix')
    expect(says('bitbucket.org/acme/x.git/y')).toContain('invalid version control suffix')
    expect(says('git.example.com/acme/x.git')).toContain('GOVCS disallows')
  })

  test('is stable when applied twice', async () => {
    const word = fc.constantFrom(...ACCEPTED.map(([text]) => text), ',', '\n', ' ', '/', 'none', 'x')
    await fc.assert(
      fc.property(fc.array(word, { maxLength: 6 }), (words) => {
        const setting = readModulePatterns(words.join(','))
        if ('value' in setting) expect(readModulePatterns(setting.value)).toEqual(setting)
      }),
    )
  })

  test('supports the same character classes as Go', () => {
    const part = fc.constantFrom('[', ']', '^', '-', '*', '?', 'a', 'b', '0')
    const patterns = fc
      .sample(fc.array(part, { minLength: 1, maxLength: 8 }), 2000)
      .map((parts) => `a.b/${parts.join('')}`)
    const folder = temporaryFolder()
    writeFiles(folder, { 'main.go': MATCH_PROGRAM })
    const { stdout, stderr } = runGo(['run', 'main.go'], { cwd: folder, input: patterns.join('\n') })
    expect(stderr).toBe('')
    // A bracket outside a class is valid syntax for Go, but appears in no module path.
    const isMalformed = (pattern: string) => /brackets/.test(patternFault(pattern) ?? '')
    const differing = stdout
      .trimEnd()
      .split('\n')
      .filter((line, index) => (line === 'syntax error in pattern') !== isMalformed(patterns[index] ?? ''))
    expect(differing).toEqual([])
  }, 60_000)
})

/** Prints, for each line of its input, the error of Go for it as a pattern. */
const MATCH_PROGRAM = `package main

import (
	"bufio"
	"fmt"
	"os"
	"path"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		_, err := path.Match(lines.Text(), "a.b/c")
		fmt.Println(err)
	}
}
`

describe('mergePatterns', () => {
  test.each([
    ['', '', ''],
    ['', 'a.com', 'a.com'],
    ['a.com', '', 'a.com'],
    ['a.com,b.com', 'c.com,a.com', 'a.com,b.com,c.com'],
    [' a.com/, ,b.com', 'a.com', 'a.com,b.com'],
    ['a.com', 'none', 'none'],
    ['none', 'a.com', 'a.com'],
    ['none', '', 'none'],
    ['none', 'none', 'none'],
  ])('merges %j and %j: %j', (existing, added, merged) => {
    expect(mergePatterns(existing, added)).toBe(merged)
  })

  test('changes nothing the second time', async () => {
    const list = fc
      .array(fc.constantFrom('a.com', 'b.com/x/', ' c.com', 'none', '', 'x y'))
      .map((all) => all.join(','))
    await fc.assert(
      fc.property(list, list, (existing, added) => {
        const once = mergePatterns(existing, added)
        expect(mergePatterns(once, added)).toBe(once)
      }),
    )
  })

  test('gives Go both lists', () => {
    const merged = mergePatterns('none, gitlab.com', 'github.com/acme')
    expect(isPrivate(merged, 'github.com/acme/x')).toBe(true)
    expect(isPrivate(merged, 'github.com/other/x')).toBe(false)
  })
})
