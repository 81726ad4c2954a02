import { writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseGoMod } from '../../src/gofiles/go-mod.ts'
import { runGo, temporaryDirectory } from './go-command.ts'

/** Name, text, line at fault, message, and whether go mod edit names the same line. */
const REFUSED: [string, string, number, RegExp, boolean][] = [
  ['an empty file', '', 1, /no module line/, false],
  ['a file without a module line', '// text\n\ngo 1.21\n', 1, /no module line/, false],
  ['a second module line', 'module x\nmodule y\n', 2, /repeated module/, true],
  ['a second go line', 'module x\ngo 1.21\n\ngo 1.21\n', 4, /repeated go/, true],
  ['a go block', 'module x\ngo (\n1.21\n)\n', 3, /unknown block type: go/, false],
  ['a go line without version', 'module x\ngo\n', 2, /exactly one argument/, true],
  ['a malformed go version', 'module x\ngo 1.21.x\n', 2, /invalid go version 1\.21\.x/, true],
  ['a quoted go version', 'module x\ngo "1.21"\n', 2, /invalid go version/, true],
  ['a toolchain line without go', 'module x\ntoolchain 1.24.3\n', 2, /invalid toolchain version/, true],
  ['require without version', 'module x\n\nrequire a.b/c\n', 3, /usage: require/, true],
  [
    'require without version in a block',
    'module x\nrequire (\n\ta.b/c v1.0.0\n\ta.b/d\n)\n',
    4,
    /usage/,
    true,
  ],
  ['require with too many words', 'module x\nrequire a.b/c v1.0.0 indirect\n', 2, /usage: require/, true],
  ['exclude without version', 'module x\nexclude a.b/c\n', 2, /usage: exclude/, true],
  ['tool without path', 'module x\ntool\n', 2, /usage: tool/, true],
  ['replace without arrow', 'module x\nreplace a v1.0.0 b v1.0.0\n', 2, /usage: replace/, true],
  ['replace with two versions', 'module x\nreplace a v1.0.0 v1.1.0 => ./b\n', 2, /usage: replace/, true],
  ['replace with a quoted arrow', 'module x\nreplace a "=>" ./b\n', 2, /usage: replace/, true],
  ['replace without target', 'module x\nreplace a =>\n', 2, /usage: replace/, true],
  ['replace with too many words', 'module x\nreplace a => b v1.0.0 v1.1.0\n', 2, /usage: replace/, true],
  ['a module target without version', 'module x\nreplace a => b\n', 2, /has no version/, true],
  ['a git address as target', 'module x\nreplace a => git@host:b\n', 2, /git@host:b is an address/, true],
  ['a URL as target', 'module x\nreplace a => https://host/b v1.0.0\n', 2, /https:\/\/… is an address/, true],
  [
    'a directory target with version',
    'module x\nreplace a => ./b v1.0.0\n',
    2,
    /cannot have a version/,
    true,
  ],
  ['an empty version', 'module x\nrequire a.b/c ""\n', 2, /version is empty/, true],
  ['an open string', 'module x\nrequire "a v1.0.0\n', 2, /no closing quote/, true],
  ['an open raw string', 'module x\nrequire `a v1.0.0\n', 2, /no closing quote/, true],
  ['a raw string, which Go documents and rejects', 'module `x`\n', 1, /invalid quoted string/, true],
  ['a quote inside a word', "module x'y\n", 1, /invalid quoted string/, true],
  ['an unknown escape', 'module "x\\q"\n', 1, /invalid quoted string/, true],
  ['a surrogate escape', 'module "x\\ud800"\n', 1, /invalid quoted string/, true],
  ['an octal escape beyond a byte', 'module "x\\400"\n', 1, /invalid quoted string/, true],
  ['an open block', 'module x\nrequire (\n\ta v1.0.0\n', 2, /no closing '\)'/, false],
  ['text after a block', 'module x\nrequire (\n) x\n', 3, /expected a new line/, true],
  ['a block of two words', 'module x\nrequire a (\n)\n', 2, /unknown block type: require a/, true],
  ['a stray parenthesis', 'module x\n)\n', 2, /unknown directive: \)/, true],
  ['a C comment', 'module x\n/* y */\n', 2, /must start with \/\//, true],
  ['a C comment inside a word', 'module x/*y*/\n', 1, /must start with \/\//, true],
  ['a byte order mark', '\ufeffmodule x\n', 1, /byte order mark/, true],
  ['a no-break space', 'module\u00a0x\n', 1, /U\+00A0/, true],
  ['a conflict at the top', 'module x\n<<<<<<< HEAD\ngo 1.21\n=======\n', 2, /merge conflict/, true],
  ['a conflict in a block', 'module x\nrequire (\n<<<<<<< HEAD\r\na v1.0.0\n', 3, /merge conflict/, false],
]

describe('parseGoMod', () => {
  test.each(REFUSED)('rejects %s', (_, text, line, problem) => {
    const error = { name: 'GoFileError', file: 'dir/go.mod', line, message: expect.stringMatching(problem) }
    expect(() => parseGoMod(text, 'dir/go.mod')).toThrow(expect.objectContaining(error))
  })

  test.each(REFUSED.filter(([, , , , goAgrees]) => goAgrees))('rejects %s as Go does', (_, text, line) => {
    using place = temporaryDirectory()
    writeFileSync(path.join(place.directory, 'go.mod'), text)
    const { status, stderr } = runGo(['mod', 'edit', '-json', 'go.mod'], { cwd: place.directory })
    expect(status).toBe(1)
    expect(stderr).toMatch(new RegExp(`go\\.mod:${line}:`))
  })
})
