import { describe, expect, test } from 'vitest'
import { fetchedText } from '../../src/dependencies/plan.ts'
import { changeLines, changesText, countsText } from '../../src/report/log.ts'
import { percentText } from '../../src/text/amounts.ts'

const changes = {
  added: ['example.com/new@v1.0.0'],
  removed: ['example.com/old@v0.9.0', 'example.com/older@v0.1.0'],
  changed: [{ path: 'example.com/net', from: 'v1.1.0', to: 'v1.2.0' }],
}
const none = { objects: 0, bytes: 0 }

describe('modules that differ from the entry', () => {
  test('are counted by their change', () => {
    expect(changesText(changes)).toBe('1 changed, 1 added, 2 removed')
    expect(changesText({ added: [], removed: [], changed: [] })).toBe('')
  })

  test('are listed, changed ones first', () => {
    expect(changeLines(changes, 10)).toEqual([
      'example.com/net v1.1.0 -> v1.2.0',
      'added example.com/new v1.0.0',
      'removed example.com/old v0.9.0',
      'removed example.com/older v0.1.0',
    ])
  })

  test('are cut to the length of the list', () => {
    expect(changeLines(changes, 1)).toEqual(['example.com/net v1.1.0 -> v1.2.0', 'and 3 more'])
  })
})

test.each([
  [{ objects: 2, bytes: 3000 }, none, none, '100 % of 2 build objects reused'],
  [
    none,
    { objects: 1, bytes: 10 },
    { objects: 7, bytes: 8e6 },
    '0 % of 1 build object reused, 7 unused dropped from the entry',
  ],
  [{ objects: 2410, bytes: 1 }, { objects: 6, bytes: 1 }, none, '99 % of 2416 build objects reused'],
  [none, none, none, 'nothing was built'],
])('describes the build objects %j %j %j', (reused, fresh, pruned, text) => {
  expect(countsText({ reused, fresh, pruned })).toBe(text)
})

test.each([
  [0, 5, '0 %'],
  [1, 1000, 'under 1 %'],
  [999, 1000, '99 %'],
  [5, 5, '100 %'],
])('formats %i of %i as %s', (part, all, text) => {
  expect(percentText(part, all)).toBe(text)
})

test('repeats the subject of a count only if it is needed', () => {
  const from = { bundle: 0, zips: 0, folder: 0, network: 0 }
  expect(fetchedText({ ...from, network: 5, bundle: 1 }, 'modules')).toBe(
    '5 modules downloaded, 1 taken from the bundle',
  )
  expect(fetchedText({ ...from, zips: 1 }, 'modules')).toBe('1 module unpacked from zips in the module cache')
})

test.each([
  [{}, ''],
  [{ network: 5 }, '5 downloaded'],
  [{ bundle: 5 }, '5 taken from the bundle'],
  [{ folder: 1 }, '1 taken from the folder in GOPROXY'],
  [{ zips: 2 }, '2 unpacked from zips in the module cache'],
  [{ bundle: 3, network: 1 }, '1 downloaded, 3 taken from the bundle'],
])('describes modules from %j: %s', (sources, text) => {
  expect(fetchedText({ bundle: 0, zips: 0, folder: 0, network: 0, ...sources })).toBe(text)
})
