import * as path from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  canonicalVersion,
  escapePath,
  escapeVersion,
  isLocalReplacement,
  ModulePathError,
  splitTreeDirectory,
  treeDirectory,
  unescapePath,
  unescapeVersion,
} from '../../src/gofiles/module-path.ts'
import { runGo, temporaryDirectory } from './go-command.ts'
import { moduleVersion } from './go-files.ts'

/** Paths on both sides of each rule of module.CheckPath; Go decides which side is valid. */
const BORDERLINE = [
  'foo',
  'github.com',
  'example.com/a b',
  'example.com/a!b',
  'example.com/a+b',
  'example.com/a_b~c',
  'Example.com/a',
  'ex_ample.com/a',
  '-example.com/a',
  '1example.com/a',
  '.example.com/a',
  'example./a',
  'example.com//a',
  'example.com/a/',
  '/example.com/a',
  'example.com/../a',
  'example.com/./a',
  'example.com/.a',
  'example.com/a.',
  'example.com/a..b',
  'example.com/con',
  'example.com/CON.txt/a',
  'example.com/console',
  'example.com/aux',
  'example.com/com1',
  'example.com/com0',
  'example.com/lpt9.go',
  'example.com/a~1',
  'example.com/a~1.b',
  'example.com/a~b1',
  'example.com/a~',
  'example.com/~1',
  'example.com/a.b~1',
  'example.com/a/v0',
  'example.com/a/v1',
  'example.com/a/v2',
  'example.com/a/v02',
  'example.com/a/v2.1',
  'example.com/a/v10',
  'example.com/av1',
  'example.com/a/v',
  'example.com/v2/a',
  'gopkg.in/yaml',
  'gopkg.in/yaml.v0',
  'gopkg.in/yaml.v1',
  'gopkg.in/yaml.v01',
  'gopkg.in/yaml.v2-unstable',
  'gopkg.in/yaml.v0-unstable',
  'gopkg.in/yaml/v2',
  'gopkg.in',
  'example.com/\u00e9',
  'example.com/a:b',
]

describe('escaping', () => {
  test('is reversed by unescaping', async () => {
    await fc.assert(
      fc.property(moduleVersion, (module) => {
        expect(unescapePath(escapePath(module.path))).toBe(module.path)
        expect(unescapeVersion(escapeVersion(module.version))).toBe(module.version)
        expect(splitTreeDirectory(treeDirectory(module))).toEqual(module)
      }),
    )
  })

  test('has one spelling for each module', async () => {
    const text = fc.array(fc.constantFrom('a', 'B', '!', '!b', '1', '.', '/'), { maxLength: 8 })
    await fc.assert(
      fc.property(text, (parts) => {
        const escaped = `a.b/${parts.join('')}`
        if (accepts(unescapePath, escaped)) expect(escapePath(unescapePath(escaped))).toBe(escaped)
        const version = parts.join('')
        if (accepts(unescapeVersion, version)) expect(escapeVersion(unescapeVersion(version))).toBe(version)
      }),
      { numRuns: 1000 },
    )
  })

  test('distinguishes modules on file systems that ignore case', async () => {
    await fc.assert(
      fc.property(moduleVersion, fc.nat(), (module, at) => {
        const { path: modulePath } = module
        const index = modulePath.indexOf('/') + 1 + (at % (modulePath.length - modulePath.indexOf('/') - 1))
        const letter = modulePath.charAt(index)
        const swapped = letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase()
        const other = modulePath.slice(0, index) + swapped + modulePath.slice(index + 1)
        fc.pre(other !== modulePath && !/\/[vV]\d+$|\.[vV]\d+$/.test(other))
        expect(escapePath(other).toLowerCase()).not.toBe(escapePath(modulePath).toLowerCase())
      }),
    )
  })

  test('accepts the same module paths as Go', () => {
    using place = temporaryDirectory()
    const generated = fc.sample(
      fc.array(fc.constantFrom('a', 'B', '1', '.', '~', '-', '_', '+', '/', 'v2', '/v1', 'con'), {
        maxLength: 6,
      }),
      150,
    )
    // `go list` treats three dots as a pattern, not a path, and rejects the whole command.
    const names = generated.map((parts) => `a.b/${parts.join('')}`).filter((name) => !name.includes('...'))
    const paths = [...BORDERLINE, ...names]
    // The arguments follow `--`, as some start with a dash.
    const { stdout } = runGo(
      ['list', '-m', '-e', '-f', '{{.Path}}\t{{.Error}}', '--', ...paths.map((name) => `${name}@v1.0.0`)],
      { cwd: place.directory, env: { GOMODCACHE: place.directory, GOFLAGS: '-mod=mod' } },
    )
    const verdicts = stdout
      .trimEnd()
      .split(/\r?\n/)
      .map((line) => line.split('\t'))
    expect(verdicts.map(([name]) => name)).toEqual(paths)
    for (const [name = '', error = ''] of verdicts) {
      const refused = error.includes('malformed module path')
      expect(refused, `${name}: ${error}`).toBe(!accepts(escapePath, name))
    }
  })

  test.each([
    '',
    '.',
    '..',
    'v1.0.0/..',
    'v1.0.0/x',
    'v1\\x',
    'v1.0.0.',
    'v1!0',
    'con',
    'NUL.v1',
    'v1:0',
    'v\u00e9',
    'v1\n',
  ])('rejects the version %j', (version) => {
    expect(() => escapeVersion(version)).toThrow(ModulePathError)
    expect(splitTreeDirectory(`example.com/a@${version}`)).toBeUndefined()
  })

  test('rejects a path with a backslash, which no Go command accepts as an argument', () => {
    expect(() => escapePath('example.com/a\\b')).toThrow(ModulePathError)
  })

  test.each(['V1.0.0', 'v1.0.0-!', 'v1.0.0-!1', '..', 'a/b'])('rejects the escaped version %j', (escaped) => {
    expect(() => unescapeVersion(escaped)).toThrow(ModulePathError)
  })

  test('of accepted text never leaves the cache directory', async () => {
    const hostile = fc.string({ maxLength: 6, unit: fc.constantFrom(...'aB1.-~/\\:!@%\n ') })
    await fc.assert(
      fc.property(hostile, hostile, (name, version) => {
        const module = { path: `a.b/${name}`, version }
        if (!accepts(treeDirectory, module)) return
        const place = path.posix.normalize(treeDirectory(module))
        expect(place).toBe(treeDirectory(module))
        expect(place).toMatch(/^a\.b\/[^\\:]*$/)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('canonicalVersion', () => {
  test.each([
    ['v1', 'v1.0.0'],
    ['v1.2', 'v1.2.0'],
    ['v1.2.3', 'v1.2.3'],
    ['v1.2.3-rc.1', 'v1.2.3-rc.1'],
    ['v1.2.3+meta', 'v1.2.3'],
    ['v1.2.3-0.a+x-y.z', 'v1.2.3-0.a'],
    ['v2.0.0+incompatible', 'v2.0.0+incompatible'],
    ['v1.2-rc', undefined],
    ['v01.2.3', undefined],
    ['v1.2.3-01', undefined],
    ['v1.2.3-', undefined],
    ['v1.2.3-a..b', undefined],
    ['v1.2.3.4', undefined],
    ['1.2.3', undefined],
    ['main', undefined],
    ['', undefined],
  ])('of %s is %s', (version, canonical) => {
    expect(canonicalVersion(version)).toBe(canonical)
  })
})

describe('isLocalReplacement', () => {
  test.each([
    '.',
    '..',
    './',
    './a',
    '../a',
    '.\\a',
    '..\\a',
    '/a',
    '\\a',
    '\\\\host\\a',
    'C:/a',
    'c:\\a',
    'd:',
  ])('accepts %s as a directory', (newPath) => expect(isLocalReplacement(newPath)).toBe(true))

  test.each(['', '.a', '..a', '...', 'a', 'example.com/a', 'a/./b', '1:/a', '~/a', 'cc:/a'])(
    'accepts %s as a module',
    (newPath) => expect(isLocalReplacement(newPath)).toBe(false),
  )
})

function accepts<T>(spell: (input: T) => string, input: T): boolean {
  try {
    spell(input)
    return true
  } catch (error) {
    if (error instanceof ModulePathError) return false
    throw error
  }
}
