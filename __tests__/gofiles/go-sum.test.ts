import { writeFileSync } from 'node:fs'
import * as path from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type GoSum, parseGoSum } from '../../src/gofiles/go-sum.ts'
import { GoFileError } from '../../src/gofiles/syntax.ts'
import { runGo, temporaryDirectory } from './go-command.ts'
import { decodedBytes, moduleVersion } from './go-files.ts'

const H1 = 'h1:jmg2xpTFYEZOqkWIBFyE8V3TRM6DQY7Wch4gJ6nHNn0='
const H1_MOD = 'h1:8OyzXc0hxKC3ZaTnWvzbZnKKkJDI1bgzNpM4W8mHXFc='

describe('parseGoSum', () => {
  test.each<[string, string, GoSum]>([
    ['an empty file', '', { trees: [], goMods: [] }],
    [
      'tree and go.mod hashes',
      `a.b/C v1.0.0 ${H1}\na.b/C v1.0.0/go.mod ${H1_MOD}\n`,
      {
        trees: [{ path: 'a.b/C', version: 'v1.0.0', h1: H1 }],
        goMods: [{ path: 'a.b/C', version: 'v1.0.0', h1: H1_MOD }],
      },
    ],
    [
      'CRLF, blank lines, tabs and a missing last line ending',
      `\r\n  a.b/c\tv1.0.0   ${H1} \r\n\t\r\nd.e/f v2.0.0+incompatible ${H1_MOD}`,
      {
        trees: [
          { path: 'a.b/c', version: 'v1.0.0', h1: H1 },
          { path: 'd.e/f', version: 'v2.0.0+incompatible', h1: H1_MOD },
        ],
        goMods: [],
      },
    ],
    [
      'other hash algorithms, which it skips',
      `a.b/c v1.0.0 h2:x\na.b/c v1.0.0 ${H1}\n`,
      { trees: [{ path: 'a.b/c', version: 'v1.0.0', h1: H1 }], goMods: [] },
    ],
    [
      'hashes of an empty go.mod, which it skips',
      'a.b/c v1.0.0/go.mod h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=\n',
      { trees: [], goMods: [] },
    ],
    [
      'one module twice',
      `a.b/c v1.0.0 ${H1}\na.b/c v1.0.0 ${H1_MOD}\n`,
      {
        trees: [
          { path: 'a.b/c', version: 'v1.0.0', h1: H1 },
          { path: 'a.b/c', version: 'v1.0.0', h1: H1_MOD },
        ],
        goMods: [],
      },
    ],
  ])('accepts %s', (_, text, expected) => {
    expect(parseGoSum(text, 'go.sum')).toEqual(expected)
  })

  test.each([
    ['one field', `a.b/c v1.0.0 ${H1}\n\noops\n`, 3],
    ['two fields', 'a.b/c v1.0.0\n', 1],
    ['four fields', `a.b/c v1.0.0 ${H1} more\n`, 1],
    ['a comment', '# generated\n', 1],
  ])('rejects a line of %s with the message of Go', (_, text, line) => {
    expect(() => parseGoSum(text, 'sub/go.sum')).toThrow(
      expect.objectContaining({ name: 'GoFileError', file: 'sub/go.sum', line }),
    )
    using place = temporaryDirectory()
    writeFileSync(path.join(place.directory, 'go.mod'), 'module x\n\ngo 1.21\n\nrequire a.b/c v1.0.0\n')
    writeFileSync(path.join(place.directory, 'go.sum'), text)
    const { stderr } = runGo(['list', '-m', 'all'], { cwd: place.directory })
    expect(stderr).toMatch(new RegExp(`malformed go\\.sum:\\n.*go\\.sum:${line}: wrong number of fields`))
  })

  test.each([
    ['a plain marker', `a.b/c v1.0.0 ${H1}\n<<<<<<< HEAD\n`, 2],
    ['a marker with the three fields of an entry', `<<<<<<< Updated upstream\na.b/c v1.0.0 ${H1}\n`, 1],
    ['a divider', '=======\r\n', 1],
    ['a base marker', '||||||| merged common ancestors\n', 1],
    ['an end marker', '>>>>>>> theirs\n', 1],
  ])('reports %s as a merge conflict', (_, text, line) => {
    expect(() => parseGoSum(text, 'go.sum')).toThrow(/merge conflict/)
    expect(() => parseGoSum(text, 'go.sum')).toThrow(expect.objectContaining({ line }))
  })

  test('reads back what was printed', async () => {
    const sums = fc.array(fc.tuple(moduleVersion, fc.base64String({ minLength: 4 }), fc.boolean()))
    await fc.assert(
      fc.property(sums, fc.constantFrom('\n', '\r\n', '\n\n'), (entries, lineEnd) => {
        const text = entries
          .map(
            ([{ path, version }, hash, ofMod]) =>
              `${path} ${version}${ofMod ? '/go.mod' : ''} h1:${hash}${lineEnd}`,
          )
          .join('')
        const expected = (wanted: boolean) =>
          entries.flatMap(([m, hash, ofMod]) => (ofMod === wanted ? { ...m, h1: `h1:${hash}` } : []))
        expect(parseGoSum(text, 'go.sum')).toEqual({ trees: expected(false), goMods: expected(true) })
      }),
    )
  })

  test('throws only GoFileError', async () => {
    const soup = fc.array(
      fc.constantFrom('a', ' ', '\n', '\r', '/go.mod', 'h1:', '<<<<<<<', '\u0085', '\ufeff'),
    )
    await fc.assert(
      fc.property(
        fc.oneof(
          soup.map((parts) => parts.join('')),
          decodedBytes(60),
        ),
        (text) => {
          try {
            parseGoSum(text, 'go.sum')
          } catch (error) {
            if (!(error instanceof GoFileError)) throw error
          }
        },
      ),
      { numRuns: 1000 },
    )
  })
})
