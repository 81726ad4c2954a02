import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  changedConditions,
  mergeResults,
  type Results,
  renderResults,
  shortTable,
  tableOf,
  textTable,
} from '../../bench/results.ts'
import { median, type Row, summarize } from '../../bench/rows.ts'

const row: Row = {
  name: 'bump',
  what: 'one dependency bumped',
  versus: 'today',
  unit: 'seconds',
  judged: 'ratio',
  aim: 0.3,
  pairs: [
    { ours: 2, other: 10, parts: { ours: { main: 1.5, build: 0.5 }, other: { main: 4, build: 6 } } },
    { ours: 4, other: 10, parts: { ours: { main: 2.5, build: 1.5 }, other: { main: 4, build: 6 } } },
    { ours: 9, other: 10, parts: { ours: { main: 3.5, build: 5.5 }, other: { main: 4, build: 6 } } },
  ],
}
const post: Row = {
  ...{ name: 'post-idle', what: 'post', versus: '', unit: 'seconds', judged: 'ours', aim: 0.3 },
  pairs: [{ ours: 0.25 }],
}

function resultsOf(...rows: readonly Row[]): Results {
  return resultsWith('0.1.0, bundles a', ...rows)
}

function resultsWith(action: string, ...rows: readonly Row[]): Results {
  return {
    versions: { go: '1.26.0', '@actions/cache': '6.3.0' },
    machine: { processors: '2' },
    compression: 'zstd',
    conditions: { quick: false, bandwidth: 100, latency: 20, testSeconds: 20 },
    rows: rows.map((one) => ({ ...one, date: '2026-01-31', action })),
  }
}

describe('a row', () => {
  test('is evaluated by the median of its ratios', () => {
    expect(summarize(row)).toMatchObject({
      median: 0.4,
      min: 0.2,
      max: 0.9,
      ours: 4,
      other: 10,
      verdict: 'missed',
    })
    expect(summarize({ ...row, aim: 0.4 }).verdict).toBe('met')
  })

  test('is evaluated by our value alone if there is no other side', () => {
    expect(summarize(post)).toMatchObject({ median: 0.25, verdict: 'met', other: Number.NaN })
  })

  test('without an aim is only recorded', () => {
    const { aim: _, ...free } = row
    expect(summarize(free).verdict).toBe('recorded')
  })

  test('that could not be measured misses its aim', () => {
    expect(summarize({ ...row, pairs: [{ ours: 1, other: Number.NaN }] }).verdict).toBe('missed')
  })
})

test('the median has as many values above as below', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: -1e9, max: 1e9 }), { minLength: 1 }), (values) => {
      const middle = median(values)
      const half = values.length / 2
      expect(values.filter((value) => value < middle).length).toBeLessThanOrEqual(half)
      expect(values.filter((value) => value > middle).length).toBeLessThanOrEqual(half)
    }),
  )
})

describe('merging', () => {
  test('replaces rows that were measured again, and keeps the others in place', () => {
    const again = { ...row, pairs: [{ ours: 1, other: 10 }] }
    const merged = mergeResults(resultsOf(row, post), resultsOf(again))
    expect(merged.rows.map(({ name, pairs }) => [name, pairs.length])).toEqual([
      ['bump', 1],
      ['post-idle', 1],
    ])
  })

  test('adds new rows', () => {
    expect(mergeResults(resultsOf(row), resultsOf(post)).rows.map(({ name }) => name)).toEqual([
      'bump',
      'post-idle',
    ])
  })

  test.each([
    ['another Go', { versions: { go: '1.27.0', '@actions/cache': '6.3.0' } }, ['go 1.26.0, now 1.27.0']],
    ['another machine', { machine: { processors: '4' } }, ['processors 2, now 4']],
    [
      'another bandwidth',
      { conditions: { quick: false, bandwidth: 10, latency: 20, testSeconds: 20 } },
      ['bandwidth 100, now 10'],
    ],
    ['a missing version', { versions: { go: '1.26.0' } }, ['@actions/cache 6.3.0, now none']],
    ['the same conditions', {}, []],
  ])('notices %s', (_, other, changes) => {
    expect(changedConditions(resultsOf(row), { ...resultsOf(post), ...other })).toEqual(changes)
  })
})

describe('the table', () => {
  test('shows values with units, and ratios without', () => {
    expect(tableOf([row, post]).slice(1)).toEqual([
      [
        'one dependency bumped',
        'today',
        '4.0 s',
        '10.0 s',
        '0.40',
        '0.20',
        '0.90',
        '3',
        '≤ 0.30',
        '**missed**',
      ],
      ['post', '–', '0.25 s', '–', '0.25 s', '0.25 s', '0.25 s', '1', '≤ 0.30 s', 'met'],
    ])
  })

  test('aligns its columns in plain text', () => {
    expect(
      textTable([
        ['a', 'b'],
        ['long', '**missed**'],
        ['x', ''],
      ]),
    ).toBe('a     b\nlong  missed\nx')
  })
})

test('RESULTS.md states what was measured under which conditions', () => {
  const { aim: _, ...recorded } = { ...row, name: 'levels', what: 'zstd level 9' }
  const text = renderResults(resultsOf(row, recorded), [
    { name: 'bump', does: 'a job after a bump', note: 'Three of them.' },
  ])
  expect(text).toContain('Measured: 2026-01-31 with action 0.1.0, bundles a\n')
  expect(text).toContain('Versions: go 1.26.0')
  expect(text).toContain('100 MB/s each way, 20 ms')
  expect(text).toContain('compressed by zstd')
  expect(text).toContain(
    '| one dependency bumped | today | 4.0 s | 10.0 s | 0.40 | 0.20 | 0.90 | 3 | ≤ 0.30 | **missed** |',
  )
  expect(text).toContain('| bump | main 2.5 s, build 1.5 s | main 4.0 s, build 6.0 s |')
  expect(text).toContain('| zstd level 9 | today | 4.0 s | 10.0 s | 0.40 | 0.20 | 0.90 | 3 | – | recorded |')
  expect(text).toContain('- `bump`: a job after a bump. Three of them.')
})

test('RESULTS.md states which rows were measured with other bundles', () => {
  const merged = mergeResults(
    resultsOf(row, { ...row, name: 'edited' }),
    resultsWith('0.1.0, bundles b', post),
  )
  expect(renderResults(merged, [])).toContain(
    'Measured: 2026-01-31 with action 0.1.0, bundles a · 2026-01-31 with action 0.1.0, bundles b: post-idle\n',
  )
})

test('README has the rows for users, with ranges, aims and the inputs that they need', () => {
  const matrix: Row = {
    ...{
      name: 'matrix',
      what: 'size',
      versus: 'today',
      unit: 'megabytes',
      judged: 'ratio',
      aim: 1.25,
    },
    pairs: [{ ours: 24, other: 20 }],
  }
  const { aim: _, ...recorded } = row
  const byHand: Row = { ...recorded, name: 'bump-two-entries', versus: 'two entries by hand' }
  const tests: Row = { ...row, name: 'tests', what: 'tests', aim: 0.5 }
  expect(shortTable(resultsOf(post, byHand, matrix, tests, row)).split('\n')).toEqual([
    '|  | compared with | its value | this action | ratio | aim | input |',
    '| --- | --- | --- | --- | --- | --- | --- |',
    '| one dependency bumped | setup-go’s strategy | 10.0 s | 4.0 s | **0.40** (0.20 to 0.90) | 0.30, missed | – |',
    '| one dependency bumped | two entries by hand | 10.0 s | 4.0 s | **0.40** (0.20 to 0.90) | – | – |',
    '| tests | setup-go’s strategy | 10.0 s | 4.0 s | **0.40** (0.20 to 0.90) | 0.50, met | `test-cache: stable` |',
    '| size | setup-go’s strategy | 20 MB | 24 MB | **1.20** | 1.25, met | – |',
  ])
})
