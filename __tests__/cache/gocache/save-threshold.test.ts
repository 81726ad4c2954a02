import { describe, expect, test } from 'vitest'
import { emptyMetadata } from '../../../src/cache/gocache/metadata.ts'
import { belowSaveThreshold, type ThresholdFacts } from '../../../src/cache/gocache/save-threshold.ts'
import type { SaveRefusal } from '../../../src/cache/save-rules.ts'
import { action, remembering } from './actions.ts'

const day = 24 * 60 * 60
const saved = 20_000 * day
const texts = (count: number) => Array.from({ length: count }, (_, index) => `result ${index}`)

/** Bytes that a job used, made and left unused, each in one object. */
function use(
  reused: number,
  fresh: number,
  unused: number,
): Pick<ThresholdFacts, 'used' | 'added' | 'given'> {
  const objects = (number: number, size: number) => (size === 0 ? [] : [action(number, { size })])
  const [used, added] = [objects(1, reused), objects(2, fresh)]
  return { used: [...used, ...added], added, given: [...used, ...objects(3, unused)] }
}

const about = { ...emptyMetadata, saved, logs: texts(100) }

/** A job that used the entry of its own kind, of another source, and made nothing. */
const usual: ThresholdFacts = {
  ...use(1000, 0, 0),
  before: about,
  addedTests: 0,
  sameSource: false,
  sameJob: true,
  whole: true,
  stableMtimes: '',
  now: saved + day,
}
const stableBefore = { ...about, settled: 'a' }
const noResults = { ...about, logs: [] }

const nothing: SaveRefusal = { rule: 'nothing-built' }
const half: SaveRefusal = { rule: 'little-used' }
const same: SaveRefusal = { rule: 'nothing-new' }
const tiny: SaveRefusal = { rule: 'little-new-data' }
const little: SaveRefusal = { rule: 'little-new' }

describe('belowSaveThreshold', () => {
  test.each<readonly [string, Partial<ThresholdFacts>, SaveRefusal | undefined]>([
    ['a job that built nothing', { ...use(0, 0, 0) }, nothing],
    ['a job that used nothing of its entry', { ...use(0, 0, 1000), now: saved + 99 * day }, nothing],
    ['a job that built nothing, without an entry', { ...use(0, 0, 0), before: undefined }, nothing],
    ['the first job of all', { ...use(0, 10, 0), before: undefined }, undefined],
    ['a job that found objects on the machine, without an entry', { before: undefined }, undefined],

    ['a run that used under half', { ...use(499, 0, 501) }, half],
    ['a run that used half', { ...use(450, 50, 550) }, undefined],
    ['a run that used little and made little', { ...use(100, 399, 900) }, half],
    ['a run that used little and made much', { ...use(100, 400, 900) }, undefined],
    [
      'a run that used little of a week-old entry',
      { ...use(100, 100, 900), now: saved + 7 * day },
      undefined,
    ],
    ['a run that used little of a newer entry', { ...use(100, 100, 900), now: saved + 7 * day - 1 }, half],
    ["a run that used little of another job's entry", { ...use(100, 100, 900), sameJob: false }, undefined],
    ['a job that failed and drops nothing', { ...use(100, 100, 900), whole: false }, undefined],
    ['a run that used little, with stable mtimes', { ...use(499, 0, 501), stableMtimes: 'a' }, half],

    ['the first run with stable mtimes', { stableMtimes: 'a' }, undefined],
    [
      'the first run with stable mtimes, from the same source',
      { stableMtimes: 'a', sameSource: true },
      undefined,
    ],
    ['changed stable mtimes', { before: stableBefore, stableMtimes: 'b' }, undefined],
    ['unchanged stable mtimes', { before: stableBefore, stableMtimes: 'a' }, same],
    ['stable mtimes turned off', { before: stableBefore, stableMtimes: '' }, same],

    ['5 % new', { ...use(950, 50, 50) }, undefined],
    ['5 % new from the same source', { ...use(9.5e5, 5e4, 5e4), sameSource: true }, undefined],
    [
      '32 kB new in a small entry, from the same source',
      { ...use(4000, 32 * 1024, 0), sameSource: true },
      undefined,
    ],
    [
      'less than 32 kB new in a small entry, from the same source',
      { ...use(4000, 32 * 1024 - 1, 0), sameSource: true },
      tiny,
    ],
    ['less than 32 kB new, from another source', { ...use(4000, 32 * 1024 - 1, 0) }, undefined],
    ['less than 5 % new', { ...use(951, 49, 49) }, little],
    ['less than 5 % new, measured by everything restored', { ...use(600, 49, 400) }, little],
    ['less than 5 % new from the same source', { ...use(951, 49, 49), sameSource: true }, little],
    ['nothing new from the same source', { sameSource: true }, same],

    ['5 % new test results', { addedTests: 5 }, undefined],
    ['less than 5 % new test results', { addedTests: 4 }, same],
    ['new test results from the same source', { addedTests: 100, sameSource: true }, same],
    ['the first test result', { before: noResults, addedTests: 1 }, undefined],
    ['no test result now or before', { before: noResults }, same],
  ])('%s', (_, given, refusal) => {
    expect(belowSaveThreshold({ ...usual, ...given })).toEqual(refusal)
  })

  test('objects that the next run prunes do not count as unused', () => {
    const [used, fromOther] = [action(1, { size: 100 }), action(2, { size: 900 })]
    const facts = { ...usual, used: [used], given: [used, fromOther], stableMtimes: 'a' }
    expect(belowSaveThreshold(facts)).toEqual(half)
    const before = remembering([[fromOther, { runs: 3, lastUsed: 0 }]], about)
    expect(belowSaveThreshold({ ...facts, before })).toBeUndefined()
  })

  test('data that the entry already holds is not new when another action names it', () => {
    const [old, twin] = [action(1, { size: 1000 }), action(2, { size: 1000, output: action(1).output })]
    expect(belowSaveThreshold({ ...usual, used: [old, twin], added: [twin], given: [old] })).toEqual(little)
  })

  test('an entry with a time in the future is replaced eventually', () => {
    const before = { ...about, saved: saved + 3650 * day }
    expect(
      belowSaveThreshold({ ...usual, ...use(100, 100, 900), before, now: saved + 30 * day }),
    ).toBeUndefined()
  })
})
