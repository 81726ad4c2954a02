import { describe, expect, test } from 'vitest'
import { proveEntry } from '../../../src/cache/gomodcache/restore.ts'
import { hashedName } from '../../../src/gofiles/cache-layout.ts'
import { parseGoSum, recordedSums } from '../../../src/gofiles/go-sum.ts'

const [good, bad, other] = ['h1:good=', 'h1:bad=', 'h1:other=']
const sums = recordedSums([
  parseGoSum(
    `example.com/A v1.0.0 ${good}\nexample.com/A v1.0.0/go.mod ${good}\nexample.com/b v1.0.0/go.mod ${good}\n`,
    'go.sum',
  ),
])
const tree = 'example.com/!a@v1.0.0'
const download = 'cache/download/example.com/!a/@v/v1.0.0'
const tool = 'example.com/tool@v1.0.0'
const toolZiphash = 'cache/download/example.com/tool/@v/v1.0.0.ziphash'

const noAnswer = recordedSums([])
const database = recordedSums([
  parseGoSum(`example.com/tool v1.0.0 ${good}\nexample.com/tool v1.0.0/go.mod ${good}\n`, 'lookup'),
])

const prove = (
  hashes: Readonly<Record<string, string>>,
  ziphashes: Readonly<Record<string, string>> = {},
  answers = noAnswer,
  recorded = sums,
) =>
  proveEntry(
    { hashes: new Map(Object.entries(hashes)), ziphashes: new Map(Object.entries(ziphashes)) },
    recorded,
    answers,
  )
const nothing = { wrong: [], unproven: [] }
const name = 'example.com/A@v1.0.0'

describe('a module that go.sum names', () => {
  test('is proven when its files, its go.mod and its ziphash match', () => {
    expect(
      prove({ [tree]: good, [`${download}.mod`]: good }, { [`${download}.ziphash`]: `${good}\n` }),
    ).toEqual(nothing)
  })

  test.each([
    ['its files', { [tree]: bad }, {}, 'files'],
    [
      'its files, even if its ziphash agrees with them',
      { [tree]: bad },
      { [`${download}.ziphash`]: good },
      'files',
    ],
    ['its go.mod', { [`${download}.mod`]: bad }, {}, 'go.mod'],
    ['its ziphash', { [tree]: good }, { [`${download}.ziphash`]: bad }, 'ziphash'],
  ] as const)('is wrong when go.sum contradicts %s', (_, hashes, ziphashes, part) => {
    expect(prove(hashes, ziphashes)).toEqual({
      wrong: [{ name, part, expected: good, found: bad }],
      unproven: [],
    })
  })

  test('is wrong in each part that does not match, whatever a database answers', () => {
    const { wrong } = prove(
      { [tree]: bad, [`${download}.mod`]: bad },
      { [`${download}.ziphash`]: bad },
      recordedSums([
        parseGoSum(`example.com/A v1.0.0 ${bad}\nexample.com/A v1.0.0/go.mod ${bad}\n`, 'lookup'),
      ]),
    )
    expect(wrong.map(({ part }) => part)).toEqual(['files', 'go.mod', 'ziphash'])
  })

  test('is wrong when two checksum files disagree', () => {
    const twice = recordedSums(
      [good, other].map((h1) => parseGoSum(`example.com/A v1.0.0 ${h1}\n`, 'go.sum')),
    )
    expect(prove({ [tree]: good }, {}, noAnswer, twice).wrong).toEqual([
      { name, part: 'files', expected: `${good} or ${other}`, found: good },
    ])
  })
})

describe('a module that no go.sum names', () => {
  const toolMod = 'cache/download/example.com/tool/@v/v1.0.0.mod'
  const full = 'example.com/tool@v1.0.0'

  test('is proven if the checksum database confirms each of its parts', () => {
    expect(prove({ [tool]: good, [toolMod]: good }, { [toolZiphash]: good }, database)).toEqual(nothing)
  })

  test.each([
    ['its files, even if its ziphash agrees with them', { [tool]: bad }, { [toolZiphash]: good }, 'files'],
    ['its ziphash', {}, { [toolZiphash]: bad }, 'ziphash'],
    ['its go.mod', { [toolMod]: bad }, {}, 'go.mod'],
    ['its zip', { [toolMod.replace(/mod$/, 'zip')]: bad }, {}, 'zip'],
  ] as const)('is wrong when the database contradicts %s', (_, hashes, ziphashes, part) => {
    expect(prove(hashes, ziphashes, database)).toEqual({
      wrong: [{ name: full, part, expected: good, found: bad }],
      unproven: [],
    })
  })

  test.each([
    ['files that match its ziphash', { [tool]: good }, { [toolZiphash]: good }],
    ['files that do not match it', { [tool]: bad }, { [toolZiphash]: good }],
    ['files without a ziphash', { [tool]: good }, {}],
    ['a go.mod', { [toolMod]: good }, {}],
    ['a ziphash', {}, { [toolZiphash]: good }],
  ])('is not proven by %s without a database answer', (_, hashes, ziphashes) => {
    expect(prove(hashes, ziphashes)).toEqual({ wrong: [], unproven: [full] })
  })
})

test('only trees and go.mod files have a recorded hash', () => {
  expect([tree, `${download}.mod`].map(hashedName)).toEqual([name, 'go.mod'])
  const others = ['.info', '.zip', '.ziphash', '.lock'].map((ending) => `${download}${ending}`)
  for (const root of [
    ...others,
    'cache/download/example.com/!a/@v/list',
    'cache/vcs/0',
    'cache/lock',
    'no tree',
  ])
    expect(hashedName(root)).toBeUndefined()
})
