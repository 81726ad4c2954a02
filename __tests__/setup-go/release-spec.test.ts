import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareGoVersions } from '../../src/gofiles/go-version.ts'
import {
  fromSemver,
  type GoSpec,
  matchRelease,
  nearestReleases,
  rangeOf,
  readGoVersionSpec,
  toSemver,
} from '../../src/setup-go/release-spec.ts'

function specOf(text: string, source?: 'workflow' | 'file'): GoSpec {
  const read = readGoVersionSpec(text, source)
  if ('fault' in read) throw new Error(read.fault)
  return read.spec
}

describe('readGoVersionSpec', () => {
  test.each([
    ['1.24.3', '1.24.3'],
    ['go1.24.3', '1.24.3'],
    ['v1.24.3', '1.24.3'],
    ['1.24rc1', '1.24.0-rc.1'],
    ['go1.24rc1', '1.24.0-rc.1'],
    ['1.24.0-rc.1', '1.24.0-rc.1'],
    ['1.18beta2', '1.18.0-beta.2'],
    ['1.20.0', '1.20.0'],
  ])('reads %s as one release', (text, version) => {
    expect(specOf(text)).toEqual({ kind: 'exact', version })
  })

  test.each([
    '1.24',
    '1',
    '1.20',
    '^1.24.1',
    '~1.24',
    '>=1.22 <1.24',
    '1.24.x',
    '1.x',
    '*',
    '1.22 || 1.24',
    '<1.25',
  ])('reads %s as a range', (range) => {
    expect(specOf(range)).toEqual({ kind: 'range', range })
  })

  test('reads go1.24 as line 1.24', () => expect(specOf('go1.24')).toEqual({ kind: 'range', range: '1.24' }))

  test.each(['stable', 'oldstable'] as const)('reads %s as an alias', (kind) =>
    expect(specOf(kind)).toEqual({ kind }),
  )

  test.each([
    ['1.2', "'1.20'"],
    ['1.1', "'1.10'"],
    ['1.3', "'1.30'"],
  ])('rejects %s in a workflow as a number that YAML shortened', (text, hint) => {
    expect(readGoVersionSpec(text)).toEqual({ fault: expect.stringContaining(hint) })
  })

  test('reads 1.2 in a file as it is', () =>
    expect(specOf('1.2', 'file')).toEqual({ kind: 'range', range: '1.2' }))
  test('reads 1.5 as a line, because there is no 1.50', () => expect(specOf('1.5').kind).toBe('range'))

  test.each([
    '',
    'latest',
    'Stable',
    'go',
    '1.24.3.1',
    '1,24',
    '>=go1.22',
    '1.24\n1.23',
    'rc1',
    '1'.repeat(300),
  ])('rejects %j', (text) => {
    expect(readGoVersionSpec(text)).toEqual({ fault: expect.stringContaining('neither') })
  })
})

describe('semantic versions', () => {
  test.each([
    ['go1', '1.0.0'],
    ['go1.2.2', '1.2.2'],
    ['go1.20', '1.20.0'],
    ['go1.20rc1', '1.20.0-rc.1'],
    ['go1.9.2rc2', '1.9.2-rc.2'],
    ['go1.21.0', '1.21.0'],
    ['go1.24rc1', '1.24.0-rc.1'],
    ['go1.18beta1', '1.18.0-beta.1'],
    ['go1.24.3-1', '1.24.3-1'],
  ])('converts %s to %s, and back', (name, version) => {
    expect(toSemver(name)).toBe(version)
    expect(fromSemver(version)).toBe(name)
  })

  test.each(['', 'go', 'gotip', 'go1.24.3/..', 'go01.2.3', 'go1.2.3.4', 'go1.24.3-..'])(
    'rejects %j',
    (name) => {
      expect(toSemver(name)).toBeUndefined()
    },
  )
})

/** In the order of go.dev: stable ones first, each part newest first. */
const releases = [
  ...['go1.25.1', 'go1.25.0', 'go1.24.10', 'go1.24.9', 'go1.24.0', 'go1.23.12'],
  ...['go1.22.0', 'go1.20.14', 'go1.20', 'go1.26rc2', 'go1.26rc1', 'go1.24rc1', 'go1.18beta1'],
]

describe('chooseRelease', () => {
  test.each([
    ['1.24.9', 'go1.24.9'],
    ['1.24', 'go1.24.10'],
    ['1.24.x', 'go1.24.10'],
    ['1', 'go1.25.1'],
    ['*', 'go1.25.1'],
    ['^1.23.1', 'go1.25.1'],
    ['~1.23', 'go1.23.12'],
    ['>=1.22 <1.24', 'go1.23.12'],
    ['<1.23', 'go1.22.0'],
    ['1.20.0', 'go1.20'],
    ['1.26', undefined],
    ['1.26rc1', 'go1.26rc1'],
    ['>=1.26.0-rc.1', 'go1.26rc2'],
    ['1.24.11', undefined],
    ['stable', 'go1.25.1'],
    ['oldstable', 'go1.24.10'],
  ])('chooses for %s: %s', (text, expected) => {
    expect(matchRelease(releases, specOf(text))).toBe(expected)
  })

  test('does not take 1.2 for the line of 1.24 with oldstable', () => {
    expect(matchRelease(['go1.3.1', 'go1.24.1', 'go1.2.2'], { kind: 'oldstable' })).toBe('go1.3.1')
  })

  test('skips malformed versions', () => {
    expect(matchRelease(['gotip', 'go1.24.9', ''], specOf('*'))).toBe('go1.24.9')
  })

  test('chooses nothing from an empty list', () => {
    for (const text of ['stable', 'oldstable', '1.24', '1.24.3']) {
      expect(matchRelease([], specOf(text))).toBeUndefined()
    }
  })

  test('chooses the newest release in the range, whatever the order', () => {
    const name = fc.nat(479).map((number) => fromSemver(`1.${(number % 30) + 1}.${Math.floor(number / 30)}`))
    const holds = fc.property(fc.uniqueArray(name, { minLength: 1 }), fc.nat(), (names, pick) => {
      const wanted = names[pick % names.length] ?? ''
      const line = (toSemver(wanted) ?? '').split('.').slice(0, 2).join('.')
      const same = names.filter((one) => toSemver(one)?.startsWith(`${line}.`)).sort(compareGoVersions)
      expect(matchRelease(names, { kind: 'range', range: line })).toBe(same.at(-1))
      expect(matchRelease(names, { kind: 'exact', version: toSemver(wanted) ?? '' })).toBe(wanted)
    })
    // biome-ignore lint/nursery/noFloatingPromises: the property is not asynchronous, and neither is this
    fc.assert(holds)
  })
})

describe('alternatives', () => {
  test.each([
    ['1.24.11', 'go1.24.10'],
    ['1.24.99', 'go1.24.10'],
    ['1.24.2', 'go1.24.0'],
    ['1.26rc9', 'go1.26rc2'],
    ['1.19.1', undefined],
  ])('to %s are %s', (text, nearest) => {
    expect(nearestReleases(releases, specOf(text))).toEqual({ newest: 'go1.25.1', nearest })
  })

  test('a range has no alternatives', () => {
    expect(nearestReleases(releases, specOf('^2'))).toEqual({ newest: 'go1.25.1', nearest: undefined })
  })
})

test('an alias has no alternatives', () => {
  expect(rangeOf({ kind: 'stable' })).toBeUndefined()
  expect(rangeOf(specOf('1.24rc1'))).toBe('1.24.0-rc.1')
  expect(rangeOf(specOf('~1.24'))).toBe('~1.24')
})
