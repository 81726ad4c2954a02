import { expect, test } from 'vitest'
import { parseGoSum } from '../../src/modules/go-sum.ts'
import { originOf, publicInfo } from '../../src/modules/module-info.ts'
import { sumsDigest } from '../../src/modules/sums-digest.ts'

const info = (url: string) =>
  JSON.stringify({
    Origin: { URL: url, VCS: 'git', Hash: 'abc', Ref: 'refs/tags/v1.0.0' },
    Time: '2020-01-01T00:00:00Z',
    Version: 'v1.0.0',
    Name: 'what no Go reads',
  })

test('what describes a version is given away without users and passwords, and in one order', () => {
  const text = publicInfo(info('https://user:secret@git.example.com/a@b'))
  expect(text).toBe(
    '{"Version":"v1.0.0","Time":"2020-01-01T00:00:00Z","Origin":{"Hash":"abc","Ref":"refs/tags/v1.0.0","URL":"https://git.example.com/a@b","VCS":"git"}}',
  )
  expect(publicInfo(text)).toBe(text)
  expect(originOf(info('ssh://git@git.example.com/a'))).toEqual({
    vcs: 'git',
    url: 'ssh://git.example.com/a',
    ref: 'refs/tags/v1.0.0',
    hash: 'abc',
  })
})

test.each(['', 'null', '[]', '{"Version":"v1.0.0"}', '{"Origin":null}'])('%j has no origin', (text) => {
  expect(originOf(text)).toBeUndefined()
  expect(() => publicInfo(text)).not.toThrow()
})

test('a digest of checksums does not depend on order, files, comments of git or line ends', () => {
  const [one, two] = [`a.com/a v1.0.0 h1:${'A'.repeat(43)}=`, `a.com/a v1.0.0/go.mod h1:${'B'.repeat(43)}=`]
  const digest = (...texts: readonly string[]) => sumsDigest(texts.map((text) => parseGoSum(text, 'go.sum')))
  expect(digest(`${one}\n${two}\n`)).toBe(digest(`${two}\r\n`, `${one}\n`, `${one}\n`))
  expect(digest(`${one}\n`)).not.toBe(digest(`${two}\n`))
})
