import { describe, expect, test } from 'vitest'
import { parseGoSum, sumsDigest } from '../../src/gofiles/go-sum.ts'
import { moduleInfoText, originOf } from '../../src/gofiles/module-info.ts'

const time = '"Time":"2020-01-01T00:00:00Z"'
const info = (url: string) =>
  JSON.stringify({
    Origin: { URL: url, VCS: 'git', Hash: 'abc', Ref: 'refs/tags/v1.0.0', Other: 1 },
    Time: '2020-01-01T00:00:00Z',
    Version: 'v1.0.0',
    Name: 'what no Go reads',
  })

test('an info file is regenerated: known fields, a fixed order, no users and passwords', () => {
  const text = moduleInfoText(info('https://user:secret@git.example.com/a@b'), 'v1.0.0') ?? ''
  expect(text).toBe(
    '{"Version":"v1.0.0","Time":"2020-01-01T00:00:00Z","Origin":{"Hash":"abc","Ref":"refs/tags/v1.0.0","URL":"https://git.example.com/a@b","VCS":"git"}}',
  )
  expect(moduleInfoText(text, 'v1.0.0')).toBe(text)
  expect(originOf(info('ssh://git@git.example.com/a'))).toEqual({
    vcs: 'git',
    url: 'ssh://git.example.com/a',
    ref: 'refs/tags/v1.0.0',
    hash: 'abc',
  })
})

test.each([
  [`{"Version":"v1.0.0",${time}}`],
  [`{"VERSION":"v1.0.0",${time}}`],
  [` {"Version" : "v1.0.0",\n${time} , "Origin":null}\n`],
  [`{"Version":"v1.0.0",${time},"Name":"a \\"Version\\": b","Extra":[{"Version":"v9.0.0"}]}`],
])('Go reads v1.0.0 from %s', (text) => {
  expect(moduleInfoText(text, 'v1.0.0')).toBe(`{"Version":"v1.0.0",${time}}`)
})

describe('rejects an info file that Go could read differently', () => {
  test.each([
    ['another version', `{"Version":"v1.0.1",${time}}`],
    ['a second version in another case, which Go takes', `{"Version":"v1.0.0","version":"v2.0.0",${time}}`],
    ['a second version with a long s', `{"Version":"v1.0.0","Ver\u017fion":"v2.0.0",${time}}`],
    ['a second version in escapes', `{"Version":"v1.0.0","\\u0076ersion":"v2.0.0",${time}}`],
    ['the same name twice', `{"Version":"v2.0.0","Version":"v1.0.0",${time}}`],
    ['the same name twice, once in escapes', `{"Version":"v2.0.0","\\u0056ersion":"v1.0.0",${time}}`],
    ['two times', `{"Version":"v1.0.0",${time},"time":"2021-01-01T00:00:00Z"}`],
    ['two origins, which Go merges', `{"Version":"v1.0.0","Origin":{"Hash":"a"},"Origin":{"Ref":"b"}}`],
    ['two hashes in an origin', '{"Version":"v1.0.0","Origin":{"Hash":"a","hash":"b"}}'],
    ['an origin that is not an object', '{"Version":"v1.0.0","Origin":["git"]}'],
    ['a hash that is not a string', '{"Version":"v1.0.0","Origin":{"Hash":1}}'],
    ['an invalid time', '{"Version":"v1.0.0","Time":"yesterday"}'],
    ['a time that is a number', '{"Version":"v1.0.0","Time":1}'],
    ['a version that is not a string', '{"Version":["v1.0.0"]}'],
    ['no version', `{${time}}`],
    ['text after it', `{"Version":"v1.0.0"} {"Version":"v2.0.0"}`],
    ['a byte order mark', `\uFEFF{"Version":"v1.0.0"}`],
    ['a truncated file', '{"Version":"v1.0.0"'],
    ['an empty file', ''],
    ['null', 'null'],
    ['a list', '[]'],
  ])('%s', (_, text) => {
    expect(moduleInfoText(text, 'v1.0.0')).toBeUndefined()
  })

  test('a time that differs from the one in a pseudo-version', () => {
    const at = (version: string, text: string) =>
      moduleInfoText(`{"Version":"${version}","Time":"${text}"}`, version)
    const pseudo = 'v0.0.0-20200101120000-0123456789ab'
    expect(at(pseudo, '2020-01-01T12:00:00Z')).toBeDefined()
    expect(at(pseudo, '2020-01-01T14:00:00+02:00')).toBeDefined()
    expect(at(pseudo, '2021-01-01T12:00:00Z')).toBeUndefined()
    expect(at(`${pseudo}+incompatible`, '2021-01-01T12:00:00Z')).toBeUndefined()
    expect(at('v1.2.4-0.20200101120000-0123456789ab', '2021-01-01T12:00:00Z')).toBeUndefined()
  })
})

test.each(['', 'null', '[]', '{"Version":"v1.0.0"}', '{"Origin":null}'])('%j has no origin', (text) => {
  expect(originOf(text)).toBeUndefined()
})

test('a digest of checksums does not depend on order, files, git comments or line endings', () => {
  const [one, two] = [`a.com/a v1.0.0 h1:${'A'.repeat(43)}=`, `a.com/a v1.0.0/go.mod h1:${'B'.repeat(43)}=`]
  const digest = (...texts: readonly string[]) => sumsDigest(texts.map((text) => parseGoSum(text, 'go.sum')))
  expect(digest(`${one}\n${two}\n`)).toBe(digest(`${two}\r\n`, `${one}\n`, `${one}\n`))
  expect(digest(`${one}\n`)).not.toBe(digest(`${two}\n`))
})
