import { mkdirSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import { problemText } from '../../src/errors.ts'
import { readRequestedGo } from '../../src/setup-go/requested-version.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

function specOf(inputs: { version?: string; file?: string }, files: Record<string, string> = {}) {
  const workspace = temporaryFolder()
  writeFiles(workspace, files)
  const { version = '', file = '' } = inputs
  const read = readRequestedGo({ 'go-version': version, 'go-version-file': file }, workspace)
  return { ...read, workspace, texts: read.problems.map(problemText) }
}

/** The version that one file names. */
function fromFile(name: string, text: string) {
  return specOf({ file: name }, { [name]: text })
}

test('requests nothing and reports nothing with both inputs empty', () => {
  expect(readRequestedGo({ 'go-version': '', 'go-version-file': ' ' }, temporaryFolder())).toEqual({
    problems: [],
  })
})

test('returns a version with its original text', () => {
  expect(specOf({ version: ' go1.24rc1 ' }).requestedGo).toEqual({
    spec: { kind: 'exact', version: '1.24.0-rc.1' },
    text: 'go1.24rc1',
    from: 'input `go-version`',
  })
})

test('with both inputs the version wins, with one warning, and the file is not read', () => {
  const { requestedGo: spec, warning, problems } = specOf({ version: 'stable', file: 'nowhere' })
  expect(spec?.spec).toEqual({ kind: 'stable' })
  expect(warning).toMatch(/`go-version`.*`go-version-file`.*`go-version` applies/)
  expect(problems).toEqual([])
})

describe('a version file', () => {
  const module = 'module example.com/a\n\n'
  test.each([
    ['go.mod', `${module}go 1.24.3\n`, '1.24.3'],
    ['go.mod', `${module}go 1.24\n`, '1.24'],
    ['go.mod', `${module}go 1.24 // why\r\n\r\ntoolchain go1.24.5\r\n`, '1.24.5'],
    ['go.mod', `${module}go 1.24.3\ntoolchain default\n`, '1.24.3'],
    ['go.mod', `${module}toolchain go1.25.0\n`, '1.25.0'],
    ['go.mod', `${module}go 1.24\ntoolchain go1.25.1-vendor\n`, '1.25.1'],
    ['go.mod', `${module}go 1.24.5\ntoolchain go1.24.3\n`, '1.24.5'],
    ['go.mod', `${module}go 1.26rc1\n`, '1.26rc1'],
    ['go.mod', `${module}go 1.2\n`, '1.2'],
    ['sub/go.mod', `${module}go 1.23.4\n`, '1.23.4'],
    ['go.work', 'go 1.24.3\n\nuse .\n', '1.24.3'],
    ['go.work', 'go 1.24\ntoolchain go1.24.7\nuse .\n', '1.24.7'],
    ['.go-version', '1.24.3\n', '1.24.3'],
    ['.go-version', 'go1.24\r\n', 'go1.24'],
    ['.tool-versions', 'nodejs 24.1.0\ngolang 1.24.3\n', '1.24.3'],
    ['.tool-versions', 'go 1.24.3 # mise\r\nnode 24\r\n', '1.24.3'],
    ['.tool-versions', '# golang 1.2.3\ngolang\t1.24.3 1.23.0 system\n', '1.24.3'],
    ['.tool-versions', 'golangci-lint 2.1.0\ngo:example.com/x 1.0.0\ngolang 1.24\n', '1.24'],
    ['versions/go.txt', '  >=1.23 <1.25\n', '>=1.23 <1.25'],
  ])('%s with %j names %s', (name, text, expected) => {
    const { requestedGo: spec, problems } = fromFile(name, text)
    expect(problems).toEqual([])
    expect(spec).toMatchObject({ text: expected, from: name, file: name })
  })

  test('is named as the user knows it, however the input gives it', () => {
    const files = { 'sub/go.mod': `${module}go 1.24\n` }
    expect(specOf({ file: './sub/../sub/go.mod' }, files).requestedGo?.from).toBe('sub/go.mod')
    const workspace = temporaryFolder()
    writeFiles(workspace, files)
    const file = path.join(workspace, 'sub', 'go.mod')
    expect(specOf({ file }).requestedGo?.from).toBe(file)
  })
})

describe('bad input', () => {
  const directory = () => {
    const workspace = temporaryFolder()
    mkdirSync(path.join(workspace, 'sub'))
    const read = readRequestedGo({ 'go-version': '', 'go-version-file': 'sub' }, workspace)
    return read.problems.map(problemText)
  }
  const cases: readonly [string, () => readonly string[], readonly string[]][] = [
    [
      'no version',
      () => specOf({ version: 'latest' }).texts,
      ['`go-version` is "latest"', 'neither', '`stable`'],
    ],
    [
      'a number of YAML',
      () => specOf({ version: '1.2' }).texts,
      ['`go-version` is "1.2"', "'1.20'", 'quotes'],
    ],
    [
      'a file that is absent',
      () => specOf({ file: 'go.mod' }).texts,
      ['`go-version-file` is "go.mod"', 'that file does not exist'],
    ],
    ['a directory', directory, ['"sub"', 'is a directory', '`sub/go.mod`']],
    [
      'a go.mod without version',
      () => fromFile('go.mod', 'module a\n').texts,
      ['go.mod', 'no go line', 'go mod edit'],
    ],
    [
      'a go.work without version',
      () => fromFile('go.work', 'use .\n').texts,
      ['go.work', 'no go line', 'go work edit'],
    ],
    ['an empty file', () => fromFile('.go-version', ' \n').texts, ['.go-version', 'is empty']],
    [
      'other tools alone',
      () => fromFile('.tool-versions', 'nodejs 24\n').texts,
      ['.tool-versions', 'golang'],
    ],
    [
      'a word for a version',
      () => fromFile('.tool-versions', 'golang system\n').texts,
      ['"system"', 'neither'],
    ],
    [
      'more than a version',
      () => fromFile('go.txt', `module a\n${'x\n'.repeat(99)}`).texts,
      ['"module a…"', 'neither'],
    ],
  ]
  test.each(cases)('%s is reported with a specific message', (_, texts, words) => {
    const [text, ...more] = texts()
    expect(more).toEqual([])
    for (const word of words) expect(text).toContain(word)
    expect(text).not.toContain('\n')
  })

  test('a file that does not parse is reported with its line', () => {
    const { problems, requestedGo: spec } = fromFile('sub/go.mod', 'module a\n\ngo one\n')
    expect(spec).toBeUndefined()
    expect(problems).toMatchObject([
      { file: 'sub/go.mod', line: 3, what: expect.stringMatching(/^sub\/go\.mod:3: /) },
    ])
  })
})

describe('a missing file', () => {
  const goMod = 'module example.com/a\n\ngo 1.24\n'
  test.each([
    [
      'go.mod',
      { 'backend/go.mod': goMod },
      'There is one in `backend/go.mod`: write `go-version-file: backend/go.mod`.',
    ],
    ['.go-version', { 'a/b/.go-version': '1.24' }, 'write `go-version-file: a/b/.go-version`.'],
    ['go.mod', { 'a/go.mod': goMod, 'b/go.mod': goMod }, 'Use one of these files: `a/go.mod`, `b/go.mod`.'],
    ['wrong/go.mod', { 'go.mod': goMod }, 'write `go-version-file: go.mod`.'],
    [
      'go.mod',
      { 'vendor/x/go.mod': goMod, 'testdata/go.mod': goMod },
      'Correct the path, or run actions/checkout',
    ],
    ['go.mdo', { 'go.mod': goMod }, 'Did you mean `go.mod`? '],
    ['tool-versions', {}, 'Did you mean `.tool-versions`? '],
  ])('%s, with %j: %s', (file, files: Record<string, string>, words) => {
    expect(specOf({ file }, files).texts).toEqual([expect.stringContaining(words)])
  })

  test('a misspelled alias', () => {
    expect(specOf({ version: 'stabel' }).texts).toEqual([expect.stringContaining('Did you mean `stable`? ')])
    expect(specOf({ version: 'old-stable' }).texts).toEqual([
      expect.stringContaining('Did you mean `oldstable`? '),
    ])
  })
})
