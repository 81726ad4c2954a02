import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { logLine, logLines } from '../../src/platform/runner.ts'
import { parseCommand } from '../../testbed/runner/workflow-commands.ts'
import { processorTime } from '../harness/processor-time.ts'

/** Characters that .NET trims, that its culture-aware comparison ignores, and that end a line there or elsewhere. */
const blanks = [
  ...[
    '',
    ' ',
    '\t',
    '\v',
    '\f',
    '\n',
    '\r',
    '\r\n',
    '\u0085',
    '\u00a0',
    '\u1680',
    '\u2003',
    '\u2028',
    '\u2029',
  ],
  ...['\u202f', '\u205f', '\u3000', '\u0000', '\u001b[31m', '\u00ad', '\u034f', '\u061c', '\u180e', '\u200b'],
  ...['\u200d', '\u202e', '\u2060', '\u2066', '\ufe0f', '\ufeff', '\u{e0001}', '\u{e0100}'],
]
const commands = [
  '::error::x',
  '::ERROR file=a,line=1::x',
  '::add-mask::a',
  '::stop-commands::x',
  '::endgroup::',
  '::add-matcher::/tmp/x.json',
  '::set-env name=PATH::/evil',
  '::save-state name=state::{}',
  '##[error]x',
  '##[add-mask]a',
  'text before ##[group]x',
  '###[warning]x',
]
const spread = (command: string, between: string) =>
  command.replace('::', `:${between}:`).replace('##[', `#${between}#${between}[`)

/**
 * Whether a runner could find a command in a text: StreamReader.ReadLine ends lines at `\r` and `\n`, and
 * culture-aware comparison ignores invisible characters.
 */
function readsCommand(text: string): boolean {
  const lines = text.split(/\r\n|\r|\n/)
  const visible = lines.map((line) =>
    line.replaceAll(/(?!\s)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu, ''),
  )
  return [...lines, ...visible].some((line) => parseCommand(line) !== undefined)
}

describe('untrusted text never becomes a command', () => {
  test.each(commands)('%s', (command) => {
    expect(readsCommand(command)).toBe(true)
    const taken = blanks.flatMap((before) =>
      blanks.flatMap((between) => {
        const text = `${before}${spread(command, between)}`
        return [logLine(text), logLines(`a${text}\r\n${text}`)].filter(
          (shown) => readsCommand(shown) || /(?![\t\n])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(shown),
        )
      }),
    )
    expect(taken).toEqual([])
  })

  test('for any combination of their characters', async () => {
    const sign = fc.constantFrom(...blanks, ':', '#', '[', ']', 'error', 'a', '\\', '%0A', 'é', '\ud800')
    await fc.assert(
      fc.property(fc.array(sign, { maxLength: 14 }), (signs) => {
        const line = logLine(signs.join(''))
        expect(line).not.toMatch(/[\r\n]/)
        expect(readsCommand(line)).toBe(false)
      }),
      { numRuns: 2000 },
    )
  })

  test('in linear time for long runs of such characters', () => {
    const start = processorTime()
    for (const sign of ['#', ':', '\u200b', '#\u00e9', ' ', '#\u200b']) logLine(sign.repeat(50_000))
    expect(start()).toBeLessThan(3000)
  })
})

describe('text stays readable', () => {
  test.each([
    ['./main.go:4:2: undefined: x'],
    ['\tgo get example.com/a@v1.0.0'],
    ['vet: ./a b/é.go:1:2: x::y'],
    ['C:\\src\\a.go:1:2: x'],
    ['std::vector, #[derive], a # b, 100% [x]'],
    ['日本語 😀 ⚠️ e\u0301'],
    ['go: github.com/a/b@v1.0.0: reading https://proxy/x: 404 Not Found'],
  ])('%s is logged unchanged', (text) => {
    expect(logLine(text)).toBe(text)
    expect(logLines(`${text}\n${text}\n`)).toBe(`${text}\n${text}`)
  })

  test.each([
    ['::error::x', '\\::error::x'],
    ['  ::error::x', '  \\::error::x'],
    ['a ##[group]b##[c]', 'a ##\\[group]b##\\[c]'],
    ['a\nb\r\n', 'a\\nb\\r\\n'],
    ['\u001b[31mred\u0007\u202e\u{e0001}', '\\x1b[31mred\\x07\\u202e\\U000e0001'],
    ['\ud800', '\uFFFD'],
  ])('%j is logged as %s', (text, shown) => {
    expect(logLine(text)).toBe(shown)
  })
})
