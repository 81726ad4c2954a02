import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isTestLog, testLogNames } from '../../src/testcache/test-log.ts'

function names(lines: readonly string[], platform: string): readonly string[] {
  const log = `# test log\n${lines.map((line) => `${line}\n`).join('')}`
  return testLogNames(log, platform).map(({ name, opened }) => `${opened ? 'open' : 'stat'} ${name}`)
}

describe('names in a test log', () => {
  test.each([
    ['opened and inspected', ['open testdata/a', 'stat b'], ['open testdata/a', 'stat b']],
    ['variables are ignored', ['getenv HOME', 'getenv open x'], []],
    ['redundant parts', ['open ./a//b/', 'stat x/../../y', 'open .'], ['open a/b', 'stat ../y', 'open .']],
    ['each once, and opened if it ever was', ['stat a', 'open a', 'stat ./a'], ['open a']],
    ['absolute', ['open /w/a/', 'stat /', 'stat /w/../x'], ['open /w/a', 'stat /', 'stat /x']],
    [
      'after chdir',
      ['open a', 'chdir /w/p', 'open a', 'stat ..'],
      ['open a', 'stat /w/p', 'open /w/p/a', 'stat /w'],
    ],
    ['after two chdirs', ['chdir /w/p', 'chdir /w/q', 'open a'], ['stat /w/p', 'stat /w/q', 'open /w/q/a']],
    ['spaces and backslashes belong to names', ['open a b ', 'open a\\b'], ['open a b ', 'open a\\b']],
    ['lines that Go does not write', ['open', 'unlink a', '', 'open '], []],
  ])('%s', (_title, lines, expected) => {
    expect(names(lines, 'linux')).toEqual(expected)
  })

  test.each([
    ['both separators', ['open testdata\\a', 'stat x/b'], ['open testdata/a', 'stat x/b']],
    ['absolute', ['open D:\\a\\repo\\x\\', 'stat d:/y'], ['open D:/a/repo/x', 'stat d:/y']],
    ['a network share', ['open \\\\host\\share\\x'], ['open //host/share/x']],
    [
      'after chdir',
      ['chdir D:\\a\\r', 'open b\\c', 'stat ..\\z'],
      ['stat D:/a/r', 'open D:/a/r/b/c', 'stat D:/a/z'],
    ],
    ['relative without a drive', ['chdir D:\\a', 'open \\b'], ['stat D:/a', 'open D:/a/b']],
    ['the root of a drive', ['stat D:\\'], ['stat D:/']],
  ])('on Windows: %s', (_title, lines, expected) => {
    expect(names(lines, 'win32')).toEqual(expected)
  })

  test('finds no names in a text that is not a test log', () => {
    expect(testLogNames('ok  \texample.com/x\t0.1s\nopen a\n', 'linux')).toEqual([])
  })

  test('never returns a name with redundant parts', async () => {
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

describe('isTestLog', () => {
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

  test('reads only a view into a larger buffer', () => {
    expect(isTestLog(Buffer.from('xx# test log\nyy').subarray(2, 13))).toBe(true)
    expect(isTestLog(Buffer.from('# test log\n').subarray(1))).toBe(false)
  })
})
