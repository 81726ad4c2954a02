import { utimesSync } from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { filesBelow } from '../../../src/platform/files.ts'
import { writeFiles } from '../../temporary.ts'
import { fileIn, hash, store as put } from './actions.ts'
import { heldFor, passedTest, startEntries, startMachine } from './machine.ts'

const [minute, hour] = [60_000, 3_600_000]
const kib = 1024

describe('on a machine with a persistent build cache', () => {
  test('the next job needs no entry, and excludes objects of other jobs', async () => {
    const entries = startEntries()
    const { gocache, begin } = startMachine(entries)
    put(gocache, 9, 'of somebody else')
    utimesSync(fileIn(gocache, hash(9), 'a'), 1e9, 1e9)
    const first = await begin('a', { ago: 2 * hour })
    first.make({ 1: 100 * kib })
    expect(await first.end()).toMatchObject({ saved: true })
    const second = await begin('b')
    expect(second.restored).toMatchObject({
      alreadyCached: true,
      isExclusive: false,
      matched: entries.keys[0],
    })
    second.use(1)
    second.make({ 2: 100 * kib })
    expect(await second.end()).toMatchObject({ saved: true })
    expect(await heldFor(entries, 'b')).toEqual([1, 2])
  })

  test('only fuzzing corpora of its own modules are packed', async () => {
    const entries = startEntries()
    const { gocache, begin } = startMachine(entries)
    put(gocache, 9, 'of somebody else')
    const corpora = [
      'example.com/ours/deep/FuzzIt/1',
      'example.com/ours2/FuzzIt/1',
      'example.com/theirs/FuzzIt/1',
    ]
    writeFiles(path.join(gocache, 'fuzz'), Object.fromEntries(corpora.map((corpus) => [corpus, 'found'])))
    const job = await begin('a', { modulePaths: ['example.com/ours', 'example.com/never-fuzzed'] })
    job.make({ 1: 100 * kib })
    expect(await job.end()).toMatchObject({ saved: true })
    const other = startMachine(entries)
    await other.begin('a')
    expect(filesBelow(path.join(other.gocache, 'fuzz'))).toEqual(corpora.slice(0, 1))
  })

  test('nothing is saved while a job of another repository runs', async () => {
    const entries = startEntries()
    const { gocache, begin } = startMachine(entries)
    put(gocache, 9, 'of somebody else')
    const [ours, theirs] = [await begin('a'), await begin('a', { repository: 'owner/theirs' })]
    ours.make({ 1: 100 * kib })
    theirs.make({ 2: 100 * kib })
    expect(await ours.end()).toMatchObject({ saved: false, why: expect.stringContaining('owner/theirs') })
    expect(entries.keys).toEqual([])
  })

  test('objects of a concurrent job are excluded even if both began with an empty cache', async () => {
    const entries = startEntries()
    const { begin } = startMachine(entries)
    const [ours, theirs] = [await begin('a'), await begin('a', { repository: 'owner/theirs' })]
    ours.make({ 1: 100 * kib })
    theirs.make({ 2: 100 * kib })
    await ours.end()
    expect(await heldFor(entries, 'a')).not.toContain(2)
  })

  test('a job of another repository that has ended without saving does not prevent a save', async () => {
    const entries = startEntries()
    const { begin } = startMachine(entries)
    const theirs = await begin('a', { repository: 'owner/theirs', ago: 10 * minute })
    theirs.make({ 1: 100 * kib })
    await theirs.endUnsaved()
    await sleep(20)
    const ours = await begin('a')
    ours.make({ 2: 100 * kib })
    expect(await ours.end()).toMatchObject({ saved: true })
  })

  test('objects of a job that did not save belong to the next job of the same repository', async () => {
    const entries = startEntries()
    const { begin } = startMachine(entries)
    const first = await begin('a', { ago: 30 * minute })
    first.make({ 1: 100 * kib })
    expect(await first.end()).toMatchObject({ saved: true })
    const second = await begin('b', { ago: 20 * minute })
    second.use(1)
    second.make({ 2: kib })
    expect(await second.end()).toMatchObject({ saved: false })
    const third = await begin('c')
    third.use(1, 2)
    third.make({ 3: 100 * kib })
    expect(await third.end()).toMatchObject({ saved: true })
    expect(await heldFor(entries, 'c')).toEqual([1, 2, 3])
  })

  test('a job saves what the previous one could not, even if Go did not mark it again', async () => {
    const entries = startEntries()
    const { begin } = startMachine(entries)
    entries.isBroken = true
    const first = await begin('a', { ago: 10 * minute })
    first.make({ 1: 100 * kib })
    expect(await first.end()).toMatchObject({ saved: false, error: 'it is broken' })
    entries.isBroken = false
    const second = await begin('a')
    second.use(1)
    expect(await second.end()).toMatchObject({ saved: true })
  })

  test('many small changes, each under the save threshold, add up to a new entry', async () => {
    const entries = startEntries()
    const { begin } = startMachine(entries)
    const first = await begin('a', { ago: 20 * hour })
    first.make({ 1: 100 * kib })
    await first.end()
    for (let change = 1; change <= 9; change++) {
      const job = await begin(`b${change}`, { ago: (20 - 2 * change) * hour })
      job.use(...Array.from({ length: change }, (_, index) => index + 1))
      job.make({ [change + 1]: 4 * kib })
      await job.end()
    }
    expect(entries.keys.length).toBeGreaterThan(1)
  })

  test('objects that another repository made during a job are never saved by this one', async () => {
    const entries = startEntries()
    const { begin } = startMachine(entries)
    const ours = await begin('a', { ago: 3 * hour })
    const theirs = await begin('a', { ago: 3 * hour, repository: 'owner/theirs' })
    ours.make({ 1: 100 * kib })
    theirs.make({ 2: 10 * kib })
    expect(await ours.end()).toMatchObject({ saved: false })
    await theirs.end()
    await sleep(20)
    const alone = await begin('b')
    alone.use(1)
    alone.make({ 3: 100 * kib })
    expect(await alone.end()).toMatchObject({ saved: true })
    expect(await heldFor(entries, 'b')).toEqual([1, 3])
  })

  test.each([
    ['no', 3 * hour],
    ['no', 30 * minute],
    ['if-nothing-found', 3 * hour],
    ['if-nothing-found', 30 * minute],
  ] as const)(
    'excludes objects that only a job with save=%s made, and that no other job used',
    async (save, ago) => {
      const entries = startEntries()
      const { begin } = startMachine(entries)
      const first = await begin('a', { ago: 5 * hour })
      first.make({ 1: 100 * kib })
      await first.end()
      const unsaved = await begin('pull', { ago })
      unsaved.use(1)
      unsaved.make({ 2: 10 * kib })
      await unsaved.endUnsaved(save)
      const next = await begin('b')
      next.use(1)
      next.make({ 3: 100 * kib })
      expect(await next.end()).toMatchObject({ saved: true })
      expect(await heldFor(entries, 'b')).toEqual([1, 3])
    },
  )

  test('objects used by another job kind of this repository within the hour count as used', async () => {
    const entries = startEntries()
    const { begin } = startMachine(entries)
    const lint = await begin('a', { kind: 'lint', ago: 20 * minute })
    lint.make({ 1: 100 * kib, 2: 50 * kib })
    await lint.end()
    const first = await begin('a', { kind: 'test', ago: 10 * minute })
    first.use(1)
    first.make({ 3: 100 * kib })
    expect(await first.end()).toMatchObject({ saved: true })
    expect(await heldFor(entries, 'a', 'test')).toEqual([1, 2, 3])
  })

  test('an entry of an older source is not mistaken for one of the last built source', async () => {
    const entries = startEntries()
    const { begin } = startMachine(entries)
    const first = await begin('a', { ago: 5 * hour })
    first.make({ 1: 100 * kib })
    await first.end()
    entries.isBroken = true
    const second = await begin('b', { ago: 3 * hour })
    second.use(1)
    second.make({ 2: 100 }, passedTest)
    second.make({ 3: 0 }, () => '# test log\n')
    expect(await second.end()).toMatchObject({ saved: false, error: 'it is broken' })
    entries.isBroken = false
    const again = await begin('b')
    again.use(1, 2, 3)
    expect(await again.end()).toMatchObject({ saved: true })
  })

  test('excludes them even if the job may not save and the next job starts within the hour', async () => {
    const entries = startEntries()
    const { begin } = startMachine(entries)
    const first = await begin('a', { ago: 5 * hour })
    first.make({ 1: 100 * kib })
    await first.end()
    const unsaved = await begin('pull', { ago: 30 * minute })
    const theirs = await begin('a', { ago: 30 * minute, repository: 'owner/theirs' })
    unsaved.use(1)
    theirs.make({ 2: 10 * kib })
    await unsaved.endUnsaved()
    await theirs.end()
    await sleep(20)
    const next = await begin('b')
    next.use(1)
    next.make({ 3: 100 * kib })
    expect(await next.end()).toMatchObject({ saved: true })
    expect(await heldFor(entries, 'b')).toEqual([1, 3])
  })
})
