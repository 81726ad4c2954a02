import { describe, expect, test } from 'vitest'
import { emptyMetadata } from '../../../src/cache/gocache/metadata.ts'
import {
  belowSaveThreshold,
  type Refusal,
  type ThresholdFacts,
} from '../../../src/cache/gocache/save-threshold.ts'
import { action, remembering } from './actions.ts'

const day = 24 * 60 * 60
const saved = 20_000 * day
const texts = (count: number) => Array.from({ length: count }, (_, index) => `result ${index}`)

/** What a job did, in bytes, each in one object. */
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
const settledBefore = { ...about, settled: 'a' }
const noResults = { ...about, logs: [] }

const nothing = { why: 'nothing was built', upToDate: false }
const half = {
  why: 'this run used under half of what the entry holds, so the entry stays as it is',
  upToDate: false,
}
const same = { why: '', upToDate: true }
const tiny = { why: 'under 32 kB is new', upToDate: true }
const little = { why: 'under 5 % of the entry is new', upToDate: true }

describe('belowSaveThreshold', () => {
  test.each<readonly [string, Partial<ThresholdFacts>, Refusal | undefined]>([
    ['a job that built nothing', { ...use(0, 0, 0) }, nothing],
    ['a job that left alone what it was given', { ...use(0, 0, 1000), now: saved + 99 * day }, nothing],
    ['a job that built nothing, and no entry', { ...use(0, 0, 0), before: undefined }, nothing],
    ['the first job of all', { ...use(0, 10, 0), before: undefined }, undefined],
    ['a job that found objects on the machine, and no entry', { before: undefined }, undefined],

    ['a run that used under half', { ...use(499, 0, 501) }, half],
    ['a run that used half', { ...use(450, 50, 550) }, undefined],
    ['a run that used little and made little', { ...use(100, 399, 900) }, half],
    ['a run that used little and made much', { ...use(100, 400, 900) }, undefined],
    [
      'a run that used little of an entry of a week',
      { ...use(100, 100, 900), now: saved + 7 * day },
      undefined,
    ],
    ['a run that used little of one not so old', { ...use(100, 100, 900), now: saved + 7 * day - 1 }, half],
    ["a run that used little of another job's entry", { ...use(100, 100, 900), sameJob: false }, undefined],
    ['a job that failed, and loses nothing of it', { ...use(100, 100, 900), whole: false }, undefined],
    ['a run that used little, with settled times', { ...use(499, 0, 501), stableMtimes: 'a' }, half],

    ['the first run with settled times', { stableMtimes: 'a' }, undefined],
    [
      'the first run with settled times, from the same source',
      { stableMtimes: 'a', sameSource: true },
      undefined,
    ],
    ['other settled times than before', { before: settledBefore, stableMtimes: 'b' }, undefined],
    ['the same settled times', { before: settledBefore, stableMtimes: 'a' }, same],
    ['settled times no more', { before: settledBefore, stableMtimes: '' }, same],

    ['a twentieth made anew', { ...use(950, 50, 50) }, undefined],
    ['a twentieth made anew from the same source', { ...use(9.5e5, 5e4, 5e4), sameSource: true }, undefined],
    [
      '32 kB of a small entry, from the same source',
      { ...use(4000, 32 * 1024, 0), sameSource: true },
      undefined,
    ],
    [
      'less of a small entry, from the same source',
      { ...use(4000, 32 * 1024 - 1, 0), sameSource: true },
      tiny,
    ],
    ['less of a small entry, from another source', { ...use(4000, 32 * 1024 - 1, 0) }, undefined],
    ['less than a twentieth', { ...use(951, 49, 49) }, little],
    ['less than a twentieth, measured by all that was given', { ...use(600, 49, 400) }, little],
    ['less than a twentieth from the same source', { ...use(951, 49, 49), sameSource: true }, little],
    ['nothing made from the same source', { sameSource: true }, same],

    ['a twentieth of the results is new', { addedTests: 5 }, undefined],
    ['less than a twentieth of the results', { addedTests: 4 }, same],
    ['new results from the same source', { addedTests: 100, sameSource: true }, same],
    ['the first result of all', { before: noResults, addedTests: 1 }, undefined],
    ['no result now or before', { before: noResults }, same],
  ])('%s', (_, given, refusal) => {
    expect(belowSaveThreshold({ ...usual, ...given })).toEqual(refusal)
  })

  test('what is to go with the next run does not count as left out by it', () => {
    const [used, foreign] = [action(1, { size: 100 }), action(2, { size: 900 })]
    const facts = { ...usual, used: [used], given: [used, foreign], stableMtimes: 'a' }
    expect(belowSaveThreshold(facts)).toEqual(half)
    const before = remembering([[foreign, { runs: 3, lastUsed: 0 }]], about)
    expect(belowSaveThreshold({ ...facts, before })).toBeUndefined()
  })

  test('data that the entry holds already is not added by another action that names it', () => {
    const [old, anew] = [action(1, { size: 1000 }), action(2, { size: 1000, output: action(1).output })]
    expect(belowSaveThreshold({ ...usual, used: [old, anew], added: [anew], given: [old] })).toEqual(little)
  })

  test('an entry from a clock that ran ahead does not stay for ever', () => {
    const before = { ...about, saved: saved + 3650 * day }
    expect(
      belowSaveThreshold({ ...usual, ...use(100, 100, 900), before, now: saved + 30 * day }),
    ).toBeUndefined()
  })
})
