import { describe, expect, test } from 'vitest'
import { parseFailedLoads, unmatchedPatterns } from '../../src/gocmd/list-output.ts'
import { patternDirectory, readPackagePatterns } from '../../src/inputs/patterns.ts'
import { missingModulesOf } from '../../src/offline/missing-modules.ts'
import { runGo } from '../gofiles/go-command.ts'
import { root } from '../gofiles/root.ts'
import { temporaryFolder, writeFiles } from '../temporary.ts'

/** Output that Go 1.21 and 1.26 share. */
const output = [
  {
    ImportPath: 'example.com/a/sub',
    Error: {
      ImportStack: ['example.com/app', 'example.com/app/greet'],
      Pos: 'greet/greet.go:4:8',
      Err: 'module lookup disabled by GOPROXY=off',
    },
  },
  { ImportPath: 'example.com/app' },
  {
    ImportPath: 'example.com/s',
    Error: { ImportStack: null, Err: 'missing go.sum entry for module providing package' },
  },
  { ImportPath: 'example.com/broken', Error: { ImportStack: [], Err: 'expected declaration' } },
]
  .map((one) => JSON.stringify(one, null, '\t'))
  .join('\n')

describe('packages that cannot be loaded', () => {
  test('are parsed from a stream of objects', () => {
    expect(parseFailedLoads(output)).toEqual([
      {
        importPath: 'example.com/a/sub',
        importedBy: 'example.com/app/greet',
        reason: 'module lookup disabled by GOPROXY=off',
      },
      {
        importPath: 'example.com/s',
        importedBy: undefined,
        reason: 'missing go.sum entry for module providing package',
      },
      { importPath: 'example.com/broken', importedBy: undefined, reason: 'expected declaration' },
    ])
    expect(parseFailedLoads('')).toEqual([])
  })

  const replaced = root({
    goMod:
      'module m\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n\nreplace example.com/a => example.com/fork v1.3.0\n',
  })

  test('name the missing modules, and packages that depend on them', () => {
    const missing = missingModulesOf(
      replaced,
      parseFailedLoads(output),
      (name) => name === 'example.com/there@v1.0.0',
      ['example.com/there@v1.0.0', 'example.com/behind@v1.0.0', 'example.com/fork@v1.3.0'],
    )
    expect([...missing.absent]).toEqual([
      ['example.com/fork@v1.3.0', 'example.com/app/greet'],
      ['example.com/behind@v1.0.0', undefined],
    ])
    expect(missing.unsummed).toEqual(['example.com/s'])
  })

  test('for other reasons have no missing modules, so modules of other systems are not downloaded', () => {
    const failed = [
      { importPath: 'example.com/broken', importedBy: undefined, reason: 'expected declaration' },
    ]
    const missing = missingModulesOf(replaced, failed, () => false, ['example.com/behind@v1.0.0'])
    expect(missing).toEqual({ absent: new Map(), unsummed: [] })
  })
})

describe('patterns of packages', () => {
  test.each([
    ['true', ['./...']],
    ['FALSE', []],
    ['./cmd/..., ./internal/x\nexample.com/app/...', ['./cmd/...', './internal/x', 'example.com/app/...']],
  ])('%j', (text, patterns) => {
    expect(readPackagePatterns(text)).toEqual({ patterns })
  })

  test.each([
    ['-tags=x', /is a flag/],
    ['./a ./b', /holds a blank/],
    ['example.com/a@v1.0.0', /names a version/],
    ['main.go', /is a file/],
    ['/src/...', /absolute/],
    ['C:\\src', /absolute/],
    ['../other/...', /is outside the module/],
    [',', /only separators/],
  ])('rejects %j', (text, fault) => {
    expect(readPackagePatterns(text)).toMatchObject({ fault: expect.stringMatching(fault) })
  })

  test.each([
    ['./...', ''],
    ['.', ''],
    ['./cmd/...', 'cmd'],
    ['./cmd/app', 'cmd/app'],
    ['./cmd/a.../b', 'cmd'],
    ['.\\cmd\\...', 'cmd'],
    ['example.com/app', undefined],
  ])('%j covers %j', (pattern, directory) => {
    expect(patternDirectory(pattern)).toBe(directory)
  })
})

test('finds in the warnings of Go the patterns that match no package', () => {
  const folder = temporaryFolder()
  writeFiles(folder, {
    'go.mod': 'module example.com/m\n\ngo 1.21\n',
    'tools/tools.go': '//go:build tools\n\npackage tools\n',
    'other/other_plan9.go': 'package other\n',
    'only/only_test.go': 'package only\n',
  })
  const patterns = ['./tools/...', './other/...', './only/...', 'example.com/m/no/...']
  const { stderr } = runGo(['list', '-e', '-deps', '-test', ...patterns], { cwd: folder })
  expect(unmatchedPatterns(stderr)).toEqual(['./tools/...', './other/...', 'example.com/m/no/...'])
  expect(unmatchedPatterns('go: downloading example.com/a v1.0.0\n')).toEqual([])
})
