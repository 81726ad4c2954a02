import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  InvalidDepsLock,
  type LockedModule,
  lockChanges,
  lockRoot,
  parseLock,
  renderLock,
} from '../../src/dependencies/deps-lock-file.ts'
import { parseGoSum } from '../../src/gofiles/go-sum.ts'
import { parseGoWork } from '../../src/gofiles/go-work.ts'
import { parseVendorModules } from '../../src/gofiles/modules-txt.ts'
import type { Root } from '../../src/gofiles/roots.ts'
import { hash, root } from '../gofiles/root.ts'

const full = root({
  goMod: [
    'module example.com/app',
    'go 1.21',
    'require example.com/b v1.0.0 // indirect',
    'require example.com/a v1.2.0',
    'require example.com/local v0.0.0',
    'require example.com/old v1.0.0',
    'replace example.com/local => .\\local',
    'replace example.com/old v1.0.0 => example.com/fork v1.1.0',
  ].join('\n'),
  goSum: [
    `example.com/a v1.2.0 ${hash('A')}`,
    `example.com/a v1.1.0 ${hash('X')}`,
    `example.com/fork v1.1.0 ${hash('F')}`,
    `example.com/a v1.2.0/go.mod ${hash('M')}`,
    '',
  ].join('\n'),
})
const text = [
  '# go-deps-action deps-lock v1',
  '# module, version, hash, direct or indirect, and what replaces it',
  '',
  '[.]',
  `example.com/a v1.2.0 ${hash('A')} direct`,
  'example.com/b v1.0.0 - indirect',
  'example.com/local v0.0.0 - direct => ./local',
  `example.com/old v1.0.0 ${hash('F')} direct => example.com/fork v1.1.0`,
  '',
].join('\n')

describe('the list of modules', () => {
  test('holds the requirements of go.mod with the hashes of their downloads, sorted', () => {
    expect(renderLock([lockRoot(full, undefined)])).toBe(text)
  })

  test('is the same for a vendored module, because go.mod names everything in vendor/modules.txt', () => {
    const vendor = parseVendorModules(
      '# example.com/a v1.2.0\n## explicit; go 1.21\nexample.com/a\n',
      'modules.txt',
    )
    expect(renderLock([lockRoot({ ...full, vendored: true }, vendor)])).toBe(text)
  })

  test('before go 1.17 also holds the modules of go.sum, or those vendored', () => {
    const old = root({
      goMod: 'module example.com/app\n\ngo 1.16\n\nrequire example.com/a v1.0.0\n',
      goSum: `example.com/a v1.0.0 ${hash('A')}\nexample.com/deep v1.0.0 ${hash('D')}\nexample.com/deep v0.9.0 ${hash('E')}\n`,
    })
    const names = (list: ReturnType<typeof lockRoot>) =>
      list.modules.map(({ path, version, kind }) => `${path} ${version} ${kind}`)
    expect(names(lockRoot(old, undefined))).toEqual([
      'example.com/a v1.0.0 direct',
      'example.com/deep v0.9.0 indirect',
      'example.com/deep v1.0.0 indirect',
    ])
    const vendor = parseVendorModules(
      '# example.com/a v1.0.0\n## explicit\nexample.com/a\n# example.com/deep v1.0.0\nexample.com/deep\n# example.com/a => ./here\n',
      'modules.txt',
    )
    expect(names(lockRoot(old, vendor))).toEqual([
      'example.com/a v1.0.0 direct',
      'example.com/deep v1.0.0 indirect',
    ])
  })

  test('of a workspace omits its own modules, and takes the selected versions from vendor', () => {
    const module = (name: string, requires: string) =>
      root({ goMod: `module example.com/${name}\n\ngo 1.21\n\n${requires}` }).modules
    const workspace: Root = {
      ...root(),
      goWork: parseGoWork('go 1.21\n\nuse (\n\t./one\n\t./two\n)\n', 'go.work'),
      goWorkSum: parseGoSum(`example.com/a v1.1.0 ${hash('W')}\n`, 'go.work.sum'),
      modules: [
        ...module('one', 'require example.com/two v0.0.0\nrequire example.com/a v1.0.0 // indirect\n'),
        ...module('two', 'require example.com/a v1.1.0\n'),
      ],
    }
    expect(lockRoot(workspace, undefined).modules).toMatchObject([
      { path: 'example.com/a', version: 'v1.0.0', kind: 'indirect' },
      { path: 'example.com/a', version: 'v1.1.0', kind: 'direct', h1: hash('W') },
    ])
    const vendor = parseVendorModules(
      '## workspace\n# example.com/a v1.1.0\n## explicit\nexample.com/a\n',
      'm',
    )
    expect(lockRoot({ ...workspace, vendored: true }, vendor).modules).toMatchObject([
      { path: 'example.com/a', version: 'v1.1.0', kind: 'direct', h1: hash('W') },
    ])
  })

  test('parses back as written, whatever the line endings', () => {
    for (const variant of [text, text.replaceAll('\n', '\r\n'), `\uFEFF${text}`]) {
      expect(lockChanges(parseLock(variant), [lockRoot(full, undefined)])).toEqual([])
    }
  })

  const word = fc.stringMatching(/^[a-z0-9.~/-]{1,12}$/)
  const someModule: fc.Arbitrary<LockedModule> = fc.record({
    path: word,
    version: word.map((one) => `v${one}`),
    h1: fc.oneof(
      fc.constant('-'),
      word.map((one) => `h1:${one}=`),
    ),
    kind: fc.constantFrom('direct' as const, 'indirect' as const),
    replacement: fc.oneof(fc.constant(''), word, fc.constant('./a b'), fc.constant('example.com/x v1.0.0')),
  })

  test('parses back for any list', async () => {
    const roots = fc.uniqueArray(
      fc.record({ label: word, modules: fc.array(someModule, { maxLength: 5 }) }),
      { selector: ({ label }) => label, maxLength: 4 },
    )
    await fc.assert(
      fc.property(roots, (some) => {
        const sorted = some.toSorted((a, b) => (a.label < b.label ? -1 : 1))
        expect(parseLock(renderLock(some)).roots).toEqual(sorted)
        expect(lockChanges(parseLock(renderLock(some)), some)).toEqual([])
      }),
    )
  })
})

describe('an invalid list', () => {
  test.each([
    ['an empty list', '', 1, /first line is not "# go-deps-action deps-lock v1"/],
    ['a list without a heading', 'example.com/a v1.0.0\n', 1, /first line/],
    [
      'a list of another format',
      text.replace('v1', 'v2'),
      1,
      /format v2, but this version of the action supports only v1/,
    ],
    ['a list with a merge conflict', text.replace('[.]', '<<<<<<< HEAD'), 4, /merge conflict/],
    ['a list without a directory', text.replace('[.]\n', ''), 4, /neither a module nor a directory/],
    [
      'a list with an unknown word',
      text.replace('= direct', '= perhaps'),
      5,
      /"example\.com\/a v1\.2\.0 .* perhaps" is neither/,
    ],
    ['a list with a malformed hash', `${text}example.com/z v1.0.0 sha256:abc direct\n`, 9, /neither/],
  ])('%s is reported with its line', (_, some, line, message) => {
    const error = (() => {
      try {
        parseLock(some)
      } catch (thrown) {
        return thrown
      }
    })()
    expect(error).toBeInstanceOf(InvalidDepsLock)
    expect((error as InvalidDepsLock).line).toBe(line)
    expect((error as InvalidDepsLock).message).toMatch(message)
  })
})

describe('differences', () => {
  const change = (from: string, to: string) =>
    lockChanges(parseLock(text.replace(from, to)), [lockRoot(full, undefined)])
  test.each([
    [`example.com/b v1.0.0 - indirect\n`, '', 'added', 'example.com/b v1.0.0', 4],
    ['[.]\n', `[.]\nexample.com/0 v1.0.0 - direct\n`, 'removed', 'example.com/0 v1.0.0', 5],
    ['a v1.2.0', 'a v1.1.0', 'changed', 'example.com/a: v1.1.0 in the list, v1.2.0 now', 5],
    [
      hash('A'),
      hash('B'),
      'changed',
      `example.com/a: v1.2.0 has the hash ${hash('B')} in the list, and ${hash('A')} now`,
      5,
    ],
    ['- indirect', '- direct', 'changed', 'example.com/b: v1.0.0 is direct in the list, and indirect now', 6],
    [
      ' => ./local',
      '',
      'changed',
      'example.com/local: v0.0.0 is not replaced in the list, and replaced by ./local now',
      7,
    ],
    ['[.]\n', '[gone]\n\n[.]\n', 'removed', 'the directory gone', 4],
  ] as const)('are reported for %j as %j', (from, to, kind, text, line) => {
    expect(change(from, to).map(({ shown: _, ...rest }) => rest)).toEqual([{ kind, text, line }])
  })

  test('show both lines', () => {
    expect(change(hash('A'), hash('B'))[0]?.shown).toEqual([
      `- example.com/a v1.2.0 ${hash('B')} direct`,
      `+ example.com/a v1.2.0 ${hash('A')} direct`,
    ])
  })
})
