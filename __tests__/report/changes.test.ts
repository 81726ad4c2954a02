import { describe, expect, test } from 'vitest'
import { changeLines, changesText, countsText } from '../../src/report/changes.ts'

const changes = {
  added: ['example.com/new@v1.0.0'],
  removed: ['example.com/old@v0.9.0', 'example.com/older@v0.1.0'],
  changed: [{ path: 'example.com/net', from: 'v1.1.0', to: 'v1.2.0' }],
}
const none = { objects: 0, bytes: 0 }

describe('modules that are not as in the entry', () => {
  test('are counted by what became of them', () => {
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

  test('are never more than the list has room for', () => {
    expect(changeLines(changes, 1)).toEqual(['example.com/net v1.1.0 -> v1.2.0', 'and 3 more'])
  })
})

test.each([
  [{ objects: 2, bytes: 3000 }, none, none, '2 objects (3.0 kB) reused, no objects made anew'],
  [
    none,
    { objects: 1, bytes: 10 },
    { objects: 7, bytes: 8_000_000 },
    'no objects reused, 1 object (10 B) made anew, 7 objects (8.0 MB) left out of the entry, because nothing uses them',
  ],
])('what became of build objects: %j %j %j', (reused, fresh, pruned, text) => {
  expect(countsText({ reused, fresh, pruned })).toBe(text)
})
