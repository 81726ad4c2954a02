import { describe, expect, test } from 'vitest'
import { makeKey } from '../../src/cache/key.ts'
import type { CacheName, CacheReport } from '../../src/cache/outcomes.ts'
import { alreadyCached, cacheMiss, type RestoreOutcome } from '../../src/cache/outcomes.ts'
import type { DependencyReport } from '../../src/dependencies/plan.ts'
import { advice } from '../../src/report/advice.ts'
import type { MainReport } from '../../src/report/report.ts'

const keyWithPaths = (paths: string) =>
  makeKey(
    [
      { name: 'schema', value: 's1', of: 'layout' },
      { name: 'paths', value: paths, of: 'directories' },
      { name: 'source', value: 'abc', of: 'what is checked out' },
    ],
    1,
  )

const cache = (name: CacheName, outcome?: RestoreOutcome, paths = 'here'): CacheReport => ({
  name,
  plan: { wanted: true, key: keyWithPaths(paths), why: '' },
  ...(outcome === undefined ? {} : { outcome }),
})
const exact = alreadyCached('exact')
const partial = (matched: string): RestoreOutcome => ({
  ...exact,
  found: 'partial',
  alreadyCached: false,
  matched,
})
const noToolchain: CacheReport = { name: 'toolchain', plan: { wanted: false, why: '', expected: true } }

const well: MainReport = {
  go: { version: 'go1.26.1', origin: 'the go on PATH', isFetched: false },
  roots: [{ label: '.', what: 'example.com/app', isWorkspace: false }],
  variables: [],
  caches: [cache('modules', exact), cache('build', exact), noToolchain],
  dependencies: [{ label: '.', text: 'nothing was missing', fetched: [] }],
  saving: { save: 'yes', why: 'push on the default branch main' },
  timeline: [],
  failures: [],
  needed: [],
  vendored: false,
  notices: [],
}
const dependency = (label: string, more: Partial<DependencyReport> = {}): DependencyReport => ({
  label,
  text: 'nothing was missing',
  fetched: [],
  ...more,
})

test('gives no advice when everything is fine', () => {
  expect(advice(well)).toEqual([])
})

describe('a cache miss', () => {
  const cold = [cache('modules', cacheMiss()), cache('build', cacheMiss())]
  const half = [cache('modules', exact), cache('build', cacheMiss())]
  const save = (word: MainReport['saving']['save']) => ({ save: word, why: '' })

  test.each<[string, Partial<MainReport>, RegExp]>([
    [
      'in a run that saves',
      { caches: cold, saving: save('yes') },
      /^This job saves .* the next run starts warm/,
    ],
    [
      'in a run that saves because nothing was found',
      { caches: cold, saving: save('if-nothing-found') },
      /^This job saves, because no entry was found, and the next run of this branch/,
    ],
    [
      'in a run that would save if nothing had been found',
      { caches: half, saving: save('if-nothing-found') },
      /^This run does not save\. The next run on the default branch saves/,
    ],
    ['in a run that never saves', { caches: cold, saving: save('no') }, /^This run does not save/],
    [
      'in a step that only restores',
      { caches: cold, saving: { ...save('yes'), needsStep: true } },
      /^This step only restores\. If a later step has `org\/go-deps-action\/save`/,
    ],
  ])('is explained %s', (_, report, text) => {
    expect(advice({ ...well, ...report })).toEqual([expect.stringMatching(text)])
  })

  test('is not mentioned in a failed run', () => {
    expect(advice({ ...well, caches: cold, failures: ['it failed'] })).toEqual([])
  })

  test('is not mentioned if no cache was asked', () => {
    expect(advice({ ...well, caches: [cache('modules'), cache('build')] })).toEqual([])
  })
})

describe('a cache failure', () => {
  test('is mentioned once, with all its messages', () => {
    const caches = [
      cache('modules', cacheMiss('late')),
      cache('build', cacheMiss('down')),
      cache('toolchain', cacheMiss('late')),
    ]
    const [text, ...others] = advice({
      ...well,
      caches,
      go: { version: 'go1.26.1', origin: 'in the tool cache', isFetched: false },
    })
    expect(text).toContain('(late; down)')
    expect(others).toEqual([])
  })

  test('of a missing cache service comes with the input that turns caching off', () => {
    const caches = [cache('modules', cacheMiss('this runner offers no cache service', { unreachable: true }))]
    expect(advice({ ...well, caches })).toEqual([expect.stringContaining('`cache: false`')])
  })
})

describe('different directories', () => {
  const advised = (matched: string, paths?: string) =>
    advice({ ...well, caches: [cache('build', partial(matched), paths)] })

  test('come with the advice to set -trimpath', () => {
    expect(advised('s1-there-abc')).toEqual([expect.stringContaining('`goflags: -trimpath`')])
  })

  test('are not mentioned with -trimpath, or if another part differs', () => {
    expect(advised('s1-there-abc', 'trimpath')).toEqual([])
    expect(advised('s1-here-xyz')).toEqual([])
    expect(advice({ ...well, caches: [cache('build', { ...partial(''), alreadyCached: true })] })).toEqual([])
  })
})

describe('a Go that the go command downloads', () => {
  const fetched = { version: 'go1.26.1', origin: 'fetched by the go command', isFetched: true }
  const caches = [cache('toolchain', exact)]

  test.each<[string, MainReport['roots'], string]>([
    ['a module', [{ label: '.', what: 'example.com/app', isWorkspace: false }], '`go-version-file: go.mod`'],
    [
      'a module below',
      [{ label: 'sub/dir', what: 'example.com/app', isWorkspace: false }],
      '`go-version-file: sub/dir/go.mod`',
    ],
    [
      'a workspace',
      [{ label: '.', what: 'a workspace of 2 modules', isWorkspace: true }],
      '`go-version-file: go.work`',
    ],
    [
      'several modules',
      [
        { label: 'a', what: 'example.com/a', isWorkspace: false },
        { label: 'b', what: 'example.com/b', isWorkspace: false },
      ],
      "`go-version: '1.26.1'`",
    ],
  ])('comes with the advice to use the tool cache for %s', (_, roots, text) => {
    expect(advice({ ...well, go: fetched, caches, roots })).toEqual([expect.stringContaining(text)])
  })

  test('is not mentioned if an input selected the Go', () => {
    expect(advice({ ...well, go: { ...fetched, isFetched: false }, caches })).toEqual([])
  })
})

test('go.sum files without hashes come with the advice to tidy, by module', () => {
  const advised = (...labels: string[]) =>
    advice({ ...well, dependencies: labels.map((label) => dependency(label, { lacksHashes: true })) })
  expect(advised('.')).toEqual([expect.stringMatching(/^Run `go mod tidy` and commit go\.sum/)])
  expect(advised('.', 'b')).toEqual([expect.stringMatching(/^Run `go mod tidy` in `\.`, `b` and commit/)])
  expect(advised(...'abcdefg')).toEqual([
    expect.stringContaining('in `a`, `b`, `c`, `d`, `e` and 2 more and commit'),
  ])
})

test('a changed vendor directory comes with the advice to commit it', () => {
  const changed = (label: string) => dependency(label, { vendorChanged: true })
  const same = dependency('b', { vendorChanged: false })
  expect(advice({ ...well, dependencies: [changed('.'), same] })).toEqual([
    expect.stringMatching(/^The vendor directory differs from the checkout.*`go mod vendor`/),
  ])
  const roots = [{ label: 'w', what: 'a workspace of 2 modules', isWorkspace: true }]
  expect(advice({ ...well, roots, dependencies: [changed('w')] })).toEqual([
    expect.stringMatching(/^The vendor directory in `w` differs.*`go work vendor`/),
  ])
  // Without a committed one each job writes its own, as intended.
  const made = dependency('.', { vendorChanged: true, vendorIsNew: true })
  expect(advice({ ...well, dependencies: [made, same] })).toEqual([])
})
