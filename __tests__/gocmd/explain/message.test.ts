import { describe, expect, test } from 'vitest'
import {
  goLineLocations,
  inFolder,
  matchGoFile,
  moduleLocations,
  moduleOfPackage,
} from '../../../src/gocmd/explain/message.ts'

const goFile = (file: string, text = '') => ({ file, text })

describe('the file that Go means', () => {
  test.each([
    ['go.mod', ['go.mod'], 'go.mod'],
    ['/home/runner/work/app/go.mod', ['go.mod'], 'go.mod'],
    ['C:\\work\\app\\services\\api\\go.mod', ['go.mod', 'services/api/go.mod'], 'services/api/go.mod'],
    ['/src/app/go.mod', ['go.mod', 'services/api/go.mod'], 'go.mod'],
    // Go prints paths relative to its working directory, which need not be the repository root.
    ['api/go.mod', ['services/api/go.mod', 'services/web/go.mod'], 'services/api/go.mod'],
    ['../go.mod', ['services/go.mod'], 'services/go.mod'],
    ['go.mod', ['services/api/go.mod', 'services/web/go.mod'], undefined],
    ['go.work', ['go.mod'], undefined],
    ['/elsewhere/my-go.mod', ['go.mod'], undefined],
  ])('%s of %j is %s', (printed, files, meant) => {
    expect(
      matchGoFile(
        files.map((file) => goFile(file)),
        printed,
      )?.file,
    ).toBe(meant)
  })
})

test.each([
  ['go.mod', ''],
  ['services/api/go.mod', ' in services/api'],
])('names the directory of %s "%s"', (file, named) => {
  expect(inFolder(goFile(file))).toBe(named)
})

describe('the line of a module', () => {
  const text = [
    'module example.com/app',
    'go 1.24.0',
    'toolchain go1.24.5',
    'exclude example.com/lib v1.0.0',
    'require (',
    '\t"example.com/lib" v1.1.0 // indirect',
    '\texample.com/lib/v2 v2.0.0',
    ')',
    'replace example.com/lib => ../lib',
    'replace example.com/lib v1.2.0 => ../lib2',
  ].join('\n')
  const files = [goFile('go.mod', text)]

  test.each([
    ['require', { path: 'example.com/lib', version: 'v1.1.0' }, 6],
    ['require', { path: 'example.com/lib', version: 'v1.9.0' }, 6],
    ['require', { path: 'example.com/lib/v2' }, 7],
    ['replace', { path: 'example.com/lib' }, 9],
    ['replace', { path: 'example.com/lib', version: 'v1.2.0' }, 10],
  ] as const)('%s %o is line %i', (verb, module, line) => {
    expect(moduleLocations(files, verb, module, 'why')).toEqual([{ file: 'go.mod', line, text: 'why' }])
  })

  test('is undefined for a module that go.mod does not name, so the whole file is meant', () => {
    const places = moduleLocations(files, 'require', { path: 'example.com/other' }, 'why')
    expect(places).toEqual([{ file: 'go.mod', text: 'why' }])
  })

  test('is undefined, with no file, if none of several go.mod files names the module', () => {
    const several = [...files, goFile('b/go.mod', 'module example.com/b')]
    expect(moduleLocations(several, 'require', { path: 'example.com/other' }, 'why')).toEqual([])
  })

  test('is undefined in an unreadable file', () => {
    const broken = [goFile('go.mod', `${text}\n<<<<<<< HEAD\n`)]
    const places = moduleLocations(broken, 'require', { path: 'example.com/lib' }, 'why')
    expect(places).toEqual([{ file: 'go.mod', text: 'why' }])
  })

  test.each([
    ['1.24.0', 2],
    ['1.24.5', 3],
  ])('is found for Go %s', (version, line) => {
    expect(goLineLocations(files, version, 'why')).toEqual([{ file: 'go.mod', line, text: 'why' }])
  })

  test.each([
    ['example.com/lib', 'example.com/lib'],
    ['example.com/lib/deep', 'example.com/lib'],
    ['example.com/lib/v2/deep', 'example.com/lib/v2'],
    ['example.com/library', undefined],
  ])('package %s belongs to module %s', (name, module) => {
    expect(moduleOfPackage(files, name)).toBe(module)
  })
})
