import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isTestLog, testLogNames } from '../../src/testcache/test-log.ts'

function names(lines: readonly string[], platform: string): readonly string[] {
  const log = `# test log\n${lines.map((line) => `${line}\n`).join('')}`
  return testLogNames(log, platform).map(({ name, opened }) => `${opened ? 'open' : 'stat'} ${name}`)
}

describe('names in a test log', () => {
  test.each([
    ['opened and looked at', ['open testdata/a', 'stat b'], ['open testdata/a', 'stat b']],
    ['variables are no files', ['getenv HOME', 'getenv open x'], []],
    ['needless parts', ['open ./a//b/', 'stat x/../../y', 'open .'], ['open a/b', 'stat ../y', 'open .']],
    ['each once, and opened if it was ever', ['stat a', 'open a', 'stat ./a'], ['open a']],
    ['absolute', ['open /w/a/', 'stat /', 'stat /w/../x'], ['open /w/a', 'stat /', 'stat /x']],
    [
      'after chdir',
      ['open a', 'chdir /w/p', 'open a', 'stat ..'],
      ['open a', 'stat /w/p', 'open /w/p/a', 'stat /w'],
    ],
    ['after two', ['chdir /w/p', 'chdir /w/q', 'open a'], ['stat /w/p', 'stat /w/q', 'open /w/q/a']],
    ['spaces and backslashes belong to names', ['open a b ', 'open a\\b'], ['open a b ', 'open a\\b']],
    ['lines that Go does not write', ['open', 'unlink a', '', 'open '], []],
  ])('%s', (_title, lines, expected) => {
    expect(names(lines, 'linux')).toEqual(expected)
  })

  test.each([
    ['both separators', ['open testdata\\a', 'stat x/b'], ['open testdata/a', 'stat x/b']],
    ['absolute', ['open D:\\a\\repo\\x\\', 'stat d:/y'], ['open D:/a/repo/x', 'stat d:/y']],
    ['a share', ['open \\\\host\\share\\x'], ['open //host/share/x']],
    [
      'after chdir',
      ['chdir D:\\a\\r', 'open b\\c', 'stat ..\\z'],
      ['stat D:/a/r', 'open D:/a/r/b/c', 'stat D:/a/z'],
    ],
    ['without a drive is not absolute', ['chdir D:\\a', 'open \\b'], ['stat D:/a', 'open D:/a/b']],
    ['the top of a drive', ['stat D:\\'], ['stat D:/']],
  ])('on Windows: %s', (_title, lines, expected) => {
    expect(names(lines, 'win32')).toEqual(expected)
  })

  test('there are none in a text that is no test log', () => {
    expect(testLogNames('ok  \texample.com/x\t0.1s\nopen a\n', 'linux')).toEqual([])
  })

  test('no name holds a part that could be left out, whatever a test looked at', async () => {
    const texts = fc.array(fc.stringMatching(/^\/?[a-z.][a-z./]{0,12}$/))
    await fc.assert(
      fc.property(texts, fc.constantFrom('linux', 'win32'), (all, platform) => {
        for (const { name } of testLogNames(
          `# test log\n${all.map((text) => `stat ${text}\n`).join('')}`,
          platform,
        ))
          expect(name).toMatch(
            /^(?:[/.]|(?:\.\.\/)*\.\.|\/{0,2}(?:\.\.\/)*(?!\.\.?(?:\/|$))[^/]+(?:\/(?!\.\.?(?:\/|$))[^/]+)*)$/,
          )
      }),
    )
  })
})

describe('which files are test logs', () => {
  test.each([
    ['# test log\n', true],
    ['# test log\nopen a\n', true],
    ['# test log\nopen a', false],
    ['# test log', false],
    ['ok  \texample.com/x\t0.1s\n', false],
    ['', false],
  ])('%j: %s', (text, expected) => {
    expect(isTestLog(Buffer.from(text))).toBe(expected)
  })

  test('a view into a larger buffer is looked at alone', () => {
    expect(isTestLog(Buffer.from('xx# test log\nyy').subarray(2, 13))).toBe(true)
    expect(isTestLog(Buffer.from('# test log\n').subarray(1))).toBe(false)
  })
})
