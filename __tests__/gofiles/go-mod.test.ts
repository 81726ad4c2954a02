import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseGoMod } from '../../src/gofiles/go-mod.ts'
import { GoFileError } from '../../src/gofiles/syntax.ts'
import { processorTime } from '../harness/processor-time.ts'
import { damagedText, decodedBytes, goModItems, styles } from './go-files.ts'
import { expectedGoMod, printFile } from './print-go-files.ts'

const lineEnds = fc.constantFrom('\n' as const, '\r\n' as const)

describe('parseGoMod', () => {
  test.each([
    ['no line ending after the last line', 'module x', { module: 'x' }],
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
      'unknown directives, in blocks too',
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

  test('reads back what was printed, in any order and style', async () => {
    await fc.assert(
      fc.property(goModItems, styles, lineEnds, (items, style, lineEnd) => {
        expect(parseGoMod(printFile(items, style, lineEnd), 'go.mod')).toEqual(expectedGoMod(items))
      }),
      { numRuns: 300 },
    )
  })

  test('throws only GoFileError, with a line of the file', async () => {
    await fc.assert(
      fc.property(fc.oneof(damagedText(goModItems), decodedBytes(60)), (text) => {
        const error = thrownBy(() => parseGoMod(text, 'go.mod'))
        if (error === undefined) return true
        if (!(error instanceof GoFileError)) throw error
        return error.line >= 1 && error.line <= text.split('\n').length
      }),
      { numRuns: 2000 },
    )
  })

  test('reads a line of a million characters in linear time', () => {
    const hostile = [' ', '"', '\\', '(', '/', '~1', '\t\r', 'v1.']
    const started = processorTime()
    for (const piece of hostile) {
      thrownBy(() => parseGoMod(`module x\nreplace a ${piece.repeat(1_000_000 / piece.length)}x\n`, 'go.mod'))
    }
    expect(started()).toBeLessThan(5000)
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
