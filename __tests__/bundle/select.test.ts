import { describe, expect, test } from 'vitest'
import type { BundleContent, BundledModule } from '../../src/bundle/content.ts'
import {
  compareWithCheckout,
  privateAmong,
  privateProblems,
  selectForBundle,
  servedFiles,
} from '../../src/bundle/select.ts'
import { problemText } from '../../src/errors.ts'
import { bundleVariables } from '../../src/gocmd/plan-env.ts'
import { parseGoSum, sumsDigest } from '../../src/gofiles/go-sum.ts'
import { listSome } from '../../src/text/lists.ts'
import { goSum, hash, root } from '../gofiles/root.ts'

const file = { size: 1, sha256: '0'.repeat(64) }
const a: BundledModule = {
  ...{ path: 'example.com/a', version: 'v1.0.0', h1: hash('A'), goModH1: hash('B') },
  ...{ info: file, mod: file, zip: file },
}
const content = (given: Partial<BundleContent> = {}): BundleContent => ({
  ...{ schema: 1, scope: 'build', go: [], sums: '', modules: [a], unused: [], toolchains: [], others: [] },
  ...given,
})
const listed = (name: string, fetched = name) => ({ name, fetched, present: true })

describe('the content of a bundle', () => {
  const sums = `${goSum}example.com/a v0.9.0/go.mod ${hash('C')}\nexample.com/old v1.0.0 ${hash('D')}\n`
  const here = {
    root: root({ goSum: sums }),
    listed: [listed('example.com/a@v1.0.0'), listed('example.com/p@v1.0.0')],
  }

  test('of builds: files with a hash, every named go.mod, metadata of the whole list', () => {
    expect(selectForBundle([here], 'build')).toEqual({
      zips: ['example.com/a@v1.0.0'],
      goMods: ['example.com/a@v0.9.0', 'example.com/a@v1.0.0'],
      infos: ['example.com/a@v1.0.0', 'example.com/p@v1.0.0'],
      unused: ['example.com/old@v1.0.0'],
    })
  })

  test('of all: the files of the whole list', () => {
    const { zips, goMods } = selectForBundle([here], 'all')
    expect(zips).toEqual(['example.com/a@v1.0.0', 'example.com/p@v1.0.0'])
    expect(goMods).toContain('example.com/p@v1.0.0')
  })

  test('without a module list: the requirements of go.mod', () => {
    expect(selectForBundle([{ ...here, listed: undefined }], 'build').zips).toEqual(['example.com/a@v1.0.0'])
  })

  test('includes a replacement, but not what it replaces', () => {
    const replaced = { root: root(), listed: [listed('example.com/x@v1.0.0', 'example.com/a@v1.0.0')] }
    expect(selectForBundle([replaced], 'build').infos).toEqual(['example.com/a@v1.0.0'])
  })
})

describe('a bundle', () => {
  test('fits if it has all modules of go.sum', () => {
    expect(compareWithCheckout(content(), [root()], false)).toEqual({ gaps: [], extra: [] })
  })

  test.each<[string, Partial<BundleContent>, readonly string[]]>([
    ['no files', { modules: [] }, ['files:', 'go.mod:']],
    ['other files', { modules: [{ ...a, h1: hash('X') }] }, [`files:${hash('X')}`]],
    ['no go.mod', { modules: [{ path: a.path, version: a.version, h1: hash('A'), zip: file }] }, ['go.mod:']],
    [
      'no files, because it was unused there, and a go.mod requires it here',
      { modules: [], unused: ['example.com/a@v1.0.0', 'example.com/a@v1.0.0/go.mod'] },
      ['files:'],
    ],
  ])('does not fit if it has %s', (_, given, gaps) => {
    const fit = compareWithCheckout(content(given), [root()], false)
    expect(fit.gaps.map(({ part, found }) => `${part}:${found}`)).toEqual(gaps)
  })

  test('fits without modules that are not needed', () => {
    const sums = `${goSum}example.com/old v1.0.0 ${hash('D')}\nexample.com/old v1.0.0/go.mod ${hash('E')}\n`
    const unused = ['example.com/old@v1.0.0', 'example.com/old@v1.0.0/go.mod']
    expect(compareWithCheckout(content({ unused }), [root({ goSum: sums })], false).gaps).toEqual([])
    expect(compareWithCheckout(content(), [root({ goSum: sums })], false).gaps).toHaveLength(2)
  })

  test('serves no modules that go.sum does not name, unless an input vouches for a bundle made for this go.sum', () => {
    const b = { ...a, path: 'example.com/b' }
    const more = content({ modules: [a, b] })
    expect(compareWithCheckout(more, [root()], false)).toEqual({ gaps: [], extra: ['example.com/b@v1.0.0'] })
    expect([...servedFiles(more, [root()], true)].filter((one) => one.includes('/b/'))).toEqual([])
    const ours = { ...more, sums: sumsDigest([parseGoSum(goSum, 'go.sum')]) }
    expect(compareWithCheckout(ours, [root()], true).extra).toEqual([])
    expect(servedFiles(ours, [root()], true).size).toBe(6)
    // The stated go.sum of a bundle could be forged.
    expect(compareWithCheckout(ours, [root()], false).extra).toEqual(['example.com/b@v1.0.0'])
    expect([...servedFiles(ours, [root()], false)].filter((one) => one.includes('/b/'))).toEqual([])
  })
})

test('private modules are reported unless `bundle-private` allows them', () => {
  const names = privateAmong([root()], 'example.com/a,other.org')
  expect(names).toEqual(['example.com/a@v1.0.0'])
  expect(privateProblems(names, true)).toEqual([])
  expect(privateProblems(names, false).map(problemText).join()).toMatch(
    /match: example.com\/a@v1.0.0\. Set `bundle-private: true`/,
  )
  expect(privateAmong([root()], '')).toEqual([])
  expect(listSome(Array.from({ length: 12 }, (_, index) => `m${index}`))).toMatch(/m9 and 2 more$/)
})

describe('GOPROXY with a bundle', () => {
  const source = { url: 'file:///b/proxy', toolchains: [], sumdb: [] }
  test.each([
    ['https://proxy.example.com,direct', 'file:///b/proxy,https://proxy.example.com,direct'],
    ['off', 'file:///b/proxy'],
    ['', 'file:///b/proxy'],
  ])('is built from %j', (before, value) => {
    expect(bundleVariables(source, before)).toMatchObject([{ name: 'GOPROXY', value }])
  })

  test('is logged without passwords', () => {
    const [variable] = bundleVariables(source, 'https://user:secret@proxy.example.com')
    expect(variable?.shown).not.toContain('secret')
    expect(variable?.value).toContain('secret')
  })
})
