import { writeFileSync } from 'node:fs'
import * as path from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type GoMod, parseGoMod } from '../../src/modules/go-mod.ts'
import { GoFileError } from '../../src/modules/syntax.ts'
import { runGo, temporaryDirectory } from './go-command.ts'
import { damagedText, expectedGoMod, goModItems, printFile, styles } from './go-files.ts'

const lineEnds = fc.constantFrom('\n' as const, '\r\n' as const)

describe('parseGoMod', () => {
  test('reads every kind of line that real files have', () => {
    expect(parseGoMod(LARGE, 'go.mod')).toEqual({
      module: 'k8s.io/example/v2',
      go: '1.24.3',
      toolchain: 'go1.25.1',
      require: [
        { path: 'github.com/BurntSushi/toml', version: 'v1.2.1', indirect: false },
        { path: 'github.com/docker/docker', version: 'v28.1.1+incompatible', indirect: false },
        { path: 'gopkg.in/yaml.v3', version: 'v3.0.1', indirect: false },
        { path: 'golang.org/x/exp', version: 'v0.0.0-20240719175910-8a7402abbf56', indirect: true },
        { path: 'k8s.io/api', version: 'v0.0.0', indirect: true },
        { path: 'example.com/single', version: 'v1.0.0', indirect: false },
      ],
      replace: [
        { path: 'k8s.io/api', newPath: './staging/src/k8s.io/api' },
        {
          path: 'example.com/fork',
          version: 'v1.1.0',
          newPath: 'github.com/acme/fork',
          newVersion: 'v1.1.1-acme',
        },
        { path: 'example.com/spaced', newPath: '../My Modules/spaced' },
      ],
      exclude: [{ path: 'golang.org/x/net', version: 'v1.2.3' }],
      tool: ['golang.org/x/tools/cmd/stringer', 'example.com/single/cmd/gen'],
    } satisfies GoMod)
  })

  test.each([
    ['no line end after the last line', 'module x', { module: 'x' }],
    ['a quoted module path', 'module "example.com/x"\n', { module: 'example.com/x' }],
    ['a module block', 'module (\n\tx\n)\n', { module: 'x' }],
    [
      'no blank before the block',
      'module x\nrequire(\na v1.0.0\n)',
      {
        module: 'x',
        require: [{ path: 'a', version: 'v1.0.0', indirect: false }],
      },
    ],
    ['empty blocks', 'module x\nrequire ()\nreplace ( ) // none\nexclude (\n)\n', { module: 'x' }],
    ['the module line last', 'go 1.21\nmodule x\n', { module: 'x', go: '1.21' }],
    ['a release candidate', 'module x\ngo 1.22rc1\n', { module: 'x', go: '1.22rc1' }],
    [
      'directives of the future',
      'module x\nfuture thing ( here\nfuturistic (\n\t"a" b, c\n)\n',
      { module: 'x' },
    ],
    [
      'retract, godebug and ignore',
      'module x\nretract [v1.0.0, v1.9.9] // bad\ngodebug (\n\ta=b\n)\nignore ./n\n',
      {
        module: 'x',
      },
    ],
    [
      'a branch name, which only Go can resolve',
      'module x\nrequire a main\n',
      {
        module: 'x',
        require: [{ path: 'a', version: 'main', indirect: false }],
      },
    ],
    [
      'short versions and build metadata',
      'module x\nexclude (\na v1\na v1.2\na v1.2.3+meta\n)\n',
      {
        module: 'x',
        exclude: ['v1.0.0', 'v1.2.0', 'v1.2.3'].map((version) => ({ path: 'a', version })),
      },
    ],
    [
      'Windows directories',
      'module x\nreplace a => ..\\b\nreplace c => "D:\\\\d e"\n',
      {
        module: 'x',
        replace: [
          { path: 'a', newPath: '..\\b' },
          { path: 'c', newPath: 'D:\\d e' },
        ],
      },
    ],
    [
      'the last of several replacements',
      'module x\nreplace a => ./one\nreplace b => ./b\nreplace a => ./two\n',
      {
        module: 'x',
        replace: [
          { path: 'b', newPath: './b' },
          { path: 'a', newPath: './two' },
        ],
      },
    ],
    ['string escapes', String.raw`module "\x65\303\251\u00e9\U0001F600\t\"\\"`, { module: 'eéé😀\t"\\' }],
  ])('accepts %s', (_, text, expected) => {
    expect(parseGoMod(text, 'go.mod')).toEqual({
      require: [],
      replace: [],
      exclude: [],
      tool: [],
      ...expected,
    })
  })

  test.each([
    ['indirect', true],
    ['  indirect\t', true],
    ['indirect; for the tests', true],
    ['indirect for the tests', false],
    ['not indirect', false],
    ['indirect;', false],
    ['', false],
  ])('reads the comment "//%s" as indirect: %s', (comment, indirect) => {
    const text = `module x\nrequire a v1.0.0 //${comment}\n`
    expect(parseGoMod(text, 'go.mod').require).toEqual([{ path: 'a', version: 'v1.0.0', indirect }])
    expect(goJson(text)?.require).toEqual([{ path: 'a', version: 'v1.0.0', indirect }])
  })

  test.each(REFUSED())('refuses %s', (_, text, line, problem) => {
    const error = thrownBy(() => parseGoMod(text, 'dir/go.mod'))
    expect(error).toBeInstanceOf(GoFileError)
    expect(error).toMatchObject({ file: 'dir/go.mod', line, message: expect.stringMatching(problem) })
  })

  test.each(REFUSED().filter(([, , , , goAgrees]) => goAgrees))('refuses %s as Go does', (_, text, line) => {
    using place = temporaryDirectory()
    writeFileSync(path.join(place.directory, 'go.mod'), text)
    const { status, stderr } = runGo(['mod', 'edit', '-json', 'go.mod'], { cwd: place.directory })
    expect(status).toBe(1)
    expect(stderr).toMatch(new RegExp(`go\\.mod:${line}:`))
  })

  test('gives back what was written, in any order and style', () => {
    fc.assert(
      fc.property(goModItems, styles, lineEnds, (items, style, lineEnd) => {
        expect(parseGoMod(printFile(items, style, lineEnd), 'go.mod')).toEqual(expectedGoMod(items))
      }),
      { numRuns: 300 },
    )
  })

  test('agrees with go mod edit on generated files', () => {
    fc.assert(
      fc.property(goModItems, styles, lineEnds, (items, style, lineEnd) => {
        const text = printFile(items, style, lineEnd)
        expect(comparable(parseGoMod(text, 'go.mod'))).toEqual(goJson(text))
      }),
      { numRuns: 60 },
    )
  })

  test('agrees with go mod edit on a large real-world file', () => {
    expect(comparable(parseGoMod(LARGE, 'go.mod'))).toEqual(goJson(LARGE))
  })

  test('agrees with go mod edit on whatever Go accepts of damaged files', () => {
    let accepted = 0
    fc.assert(
      fc.property(damagedText(goModItems), (text) => {
        const reference = goJson(text)
        // Without a module line go mod edit reports an empty path, where other go commands fail.
        if (reference === undefined || reference.module === '') return
        accepted++
        expect(comparable(parseGoMod(text, 'go.mod'))).toEqual(reference)
      }),
      { numRuns: 150 },
    )
    expect(accepted).toBeGreaterThan(5)
  })

  test('throws nothing but GoFileError, with a line of the file', () => {
    fc.assert(
      fc.property(fc.oneof(damagedText(goModItems), fc.string({ unit: 'binary', maxLength: 60 })), (text) => {
        const error = thrownBy(() => parseGoMod(text, 'go.mod'))
        if (error === undefined) return
        expect(error).toBeInstanceOf(GoFileError)
        const { line } = error as GoFileError
        expect(line).toBeGreaterThanOrEqual(1)
        expect(line).toBeLessThanOrEqual(text.split('\n').length)
      }),
      { numRuns: 2000 },
    )
  })

  test('reads a line of a million characters in linear time', () => {
    const hostile = [' ', '"', '\\', '(', '/', '~1', '\t\r', 'v1.']
    const started = performance.now()
    for (const piece of hostile) {
      thrownBy(() => parseGoMod(`module x\nreplace a ${piece.repeat(1_000_000 / piece.length)}x\n`, 'go.mod'))
    }
    expect(performance.now() - started).toBeLessThan(5000)
  })
})

function thrownBy(action: () => unknown): unknown {
  try {
    action()
    return undefined
  } catch (error) {
    return error
  }
}

type GoModule = { Path: string; Version?: string }

/** What go mod edit -json makes of the text; undefined when Go refuses it. Duplicates count once there. */
function goJson(text: string): GoMod | undefined {
  using place = temporaryDirectory()
  writeFileSync(path.join(place.directory, 'go.mod'), text)
  const { status, stdout } = runGo(['mod', 'edit', '-json', 'go.mod'], { cwd: place.directory })
  if (status !== 0) return undefined
  const json = JSON.parse(stdout) as {
    Module: GoModule
    Go?: string
    Toolchain?: string
    Require: (GoModule & { Indirect?: boolean })[] | null
    Exclude: GoModule[] | null
    Replace: { Old: GoModule; New: GoModule }[] | null
    Tool: GoModule[] | null
  }
  return {
    module: json.Module.Path,
    ...(json.Go === undefined ? {} : { go: json.Go }),
    ...(json.Toolchain === undefined ? {} : { toolchain: json.Toolchain }),
    require: (json.Require ?? []).map(({ Path, Version = '', Indirect = false }) => ({
      path: Path,
      version: Version,
      indirect: Indirect,
    })),
    replace: (json.Replace ?? []).map(({ Old, New }) => ({
      path: Old.Path,
      ...(Old.Version === undefined ? {} : { version: Old.Version }),
      newPath: New.Path,
      ...(New.Version === undefined ? {} : { newVersion: New.Version }),
    })),
    exclude: (json.Exclude ?? []).map(({ Path, Version = '' }) => ({ path: Path, version: Version })),
    tool: (json.Tool ?? []).map(({ Path }) => Path),
  }
}

/** go mod edit drops repeated exclude and tool lines before it prints. */
function comparable(goMod: GoMod): GoMod {
  const seen = new Set<string>()
  const exclude = goMod.exclude.filter(({ path, version }) => {
    const key = JSON.stringify([path, version])
    return !seen.has(key) && seen.add(key)
  })
  return { ...goMod, exclude, tool: [...new Set(goMod.tool)] }
}

/** Name, text, line at fault, message, and whether go mod edit names the same line. */
function REFUSED(): [string, string, number, RegExp, boolean][] {
  return [
    ['an empty file', '', 1, /no module line/, false],
    ['a file without a module line', '// text\n\ngo 1.21\n', 1, /no module line/, false],
    ['a second module line', 'module x\nmodule y\n', 2, /repeated module/, true],
    ['a second go line', 'module x\ngo 1.21\n\ngo 1.21\n', 4, /repeated go/, true],
    ['a go block', 'module x\ngo (\n1.21\n)\n', 3, /unknown block type: go/, false],
    ['a go line without version', 'module x\ngo\n', 2, /exactly one argument/, true],
    ['a go line that is no version', 'module x\ngo 1.21.x\n', 2, /invalid go version 1\.21\.x/, true],
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
    ['require with too much', 'module x\nrequire a.b/c v1.0.0 indirect\n', 2, /usage: require/, true],
    ['exclude without version', 'module x\nexclude a.b/c\n', 2, /usage: exclude/, true],
    ['tool without path', 'module x\ntool\n', 2, /usage: tool/, true],
    ['replace without arrow', 'module x\nreplace a v1.0.0 b v1.0.0\n', 2, /usage: replace/, true],
    ['replace with a quoted arrow', 'module x\nreplace a "=>" ./b\n', 2, /usage: replace/, true],
    ['replace without target', 'module x\nreplace a =>\n', 2, /usage: replace/, true],
    ['replace with too much', 'module x\nreplace a => b v1.0.0 v1.1.0\n', 2, /usage: replace/, true],
    ['a module target without version', 'module x\nreplace a => b\n', 2, /needs a version/, true],
    ['a git address as target', 'module x\nreplace a => git@host:b\n', 2, /needs a version/, true],
    [
      'a directory target with version',
      'module x\nreplace a => ./b v1.0.0\n',
      2,
      /cannot have a version/,
      true,
    ],
    ['an open string', 'module x\nrequire "a v1.0.0\n', 2, /no closing quote/, true],
    ['an open raw string', 'module x\nrequire `a v1.0.0\n', 2, /no closing quote/, true],
    ['a raw string, which Go documents and refuses', 'module `x`\n', 1, /invalid quoted string/, true],
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
}

const LARGE = `// Deprecated: use v3.

module k8s.io/example/v2 // the module

go 1.24.3

toolchain go1.25.1

godebug (
	default=go1.24
	panicnil=1
)

require (
	github.com/BurntSushi/toml v1.2.1
	github.com/docker/docker v28.1.1+incompatible // why
	gopkg.in/yaml.v3 v3.0.1
)

require (
	// grouped by go mod tidy
	golang.org/x/exp v0.0.0-20240719175910-8a7402abbf56 // indirect

	k8s.io/api v0.0.0 // indirect; replaced
)

require example.com/single v1.0.0

exclude golang.org/x/net v1.2.3

replace k8s.io/api => ./staging/src/k8s.io/api

replace (
	example.com/fork v1.1.0 => github.com/acme/fork v1.1.1-acme
	"example.com/spaced" => "../My Modules/spaced"
)

retract (
	v1.0.0 // Published too early.
	[v1.1.0, v1.1.5]
)

ignore ./node_modules

tool (
	golang.org/x/tools/cmd/stringer
	example.com/single/cmd/gen
)
`
