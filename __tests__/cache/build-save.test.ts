import { utimesSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { fileIn, hash, store as put } from './build-actions.ts'
import { heldFor, random, startEntries, startMachine } from './build-machine.ts'

const [minute, hour] = [60_000, 3_600_000]
const kib = 1024

describe('an entry of the build cache', () => {
  test('comes back with the next job, and is replaced when much is new', async () => {
    const entries = startEntries()
    const first = await startMachine(entries).begin('a', { ago: hour })
    expect(first.restored).toMatchObject({ found: 'miss', own: true })
    first.make({ 1: 100 * kib, 2: 100 * kib })
    expect(await first.end()).toMatchObject({ saved: true, counts: { fresh: { objects: 2 } } })

    const again = await startMachine(entries).begin('a')
    expect(again.restored).toMatchObject({ found: 'exact', matched: entries.keys[0] })
    again.use(1, 2)
    expect(await again.end()).toMatchObject({ saved: false, counts: { reused: { objects: 2 } } })

    const changed = await startMachine(entries).begin('b', { ago: minute })
    expect(changed.restored).toMatchObject({ found: 'partial', matched: entries.keys[0] })
    changed.use(1)
    changed.make({ 3: 100 * kib })
    const counts = { reused: { objects: 1 }, fresh: { objects: 1 }, pruned: { objects: 1 } }
    expect(await changed.end()).toMatchObject({ saved: true, counts })
    expect(await heldFor(entries, 'b')).toEqual([1, 3])
    expect(entries.keys).toHaveLength(2)
  })

  test('loses nothing by a job that failed', async () => {
    const entries = startEntries()
    const first = await startMachine(entries).begin('a', { ago: hour })
    first.make({ 1: 100 * kib, 2: 100 * kib })
    await first.end()
    const failed = await startMachine(entries).begin('b')
    failed.make({ 3: 100 * kib })
    expect(await failed.end(false)).toMatchObject({ saved: true, counts: { pruned: { objects: 0 } } })
    expect(await heldFor(entries, 'b')).toEqual([1, 2, 3])
  })

  test('is not made when it would be too large', async () => {
    const entries = startEntries()
    const first = await startMachine(entries).begin('a', { maxSize: 100 })
    first.make({ 1: 100 * kib })
    expect(await first.end()).toMatchObject({ saved: false, why: expect.stringContaining('cache-max-size') })
    expect(entries.keys).toEqual([])
  })

  test('is made of what is used, if that alone is not too large', async () => {
    const entries = startEntries()
    const first = await startMachine(entries).begin('a', { ago: hour })
    // Two thirds are compressed to nothing, and so the third looks smaller than it is.
    first.make({ 1: 600 * kib })
    first.make({ 2: 200 * kib }, random)
    expect(await first.end()).toMatchObject({ saved: true })
    const next = await startMachine(entries).begin('b', { ago: minute, maxSize: 120 * kib })
    next.use(1)
    next.make({ 3: 80 * kib }, random)
    expect(await next.end()).toMatchObject({ saved: true })
  })
})

describe('on a machine that keeps its build cache', () => {
  test('the next job needs no entry, and packs nothing of what others left', async () => {
    const entries = startEntries()
    const { gocache, begin } = startMachine(entries)
    put(gocache, 9, 'of somebody else')
    utimesSync(fileIn(gocache, hash(9), 'a'), 1e9, 1e9)
    const first = await begin('a', { ago: 2 * hour })
    first.make({ 1: 100 * kib })
    expect(await first.end()).toMatchObject({ saved: true })
    const second = await begin('b')
    expect(second.restored).toMatchObject({ alreadyThere: true, own: false, matched: entries.keys[0] })
    second.use(1)
    second.make({ 2: 100 * kib })
    expect(await second.end()).toMatchObject({ saved: true })
    expect(await heldFor(entries, 'b')).toEqual([1, 2])
  })

  test('nothing is saved while a job of another repository works with it', async () => {
    const entries = startEntries()
    const { gocache, begin } = startMachine(entries)
    put(gocache, 9, 'of somebody else')
    const [ours, theirs] = [await begin('a'), await begin('a', { repository: 'owner/theirs' })]
    ours.make({ 1: 100 * kib })
    theirs.make({ 2: 100 * kib })
    expect(await ours.end()).toMatchObject({ saved: false, why: expect.stringContaining('owner/theirs') })
    expect(entries.keys).toEqual([])
  })

  test('nothing of theirs is saved, either, if both began when it was empty', async () => {
    const entries = startEntries()
    const { begin } = startMachine(entries)
    const [ours, theirs] = [await begin('a'), await begin('a', { repository: 'owner/theirs' })]
    ours.make({ 1: 100 * kib })
    theirs.make({ 2: 100 * kib })
    await ours.end()
    expect(await heldFor(entries, 'a')).not.toContain(2)
  })

  test('a job of another repository that has ended without saving is no hindrance', async () => {
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

  test('what a job made that saved nothing is still ours in the next', async () => {
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

  test('a job saves what the one before could not, though Go marked it too lately to do so again', async () => {
    const entries = startEntries()
    const { begin } = startMachine(entries)
    entries.isBroken = true
    const first = await begin('a', { ago: 10 * minute })
    first.make({ 1: 100 * kib })
    expect(await first.end()).toMatchObject({ saved: false, trouble: 'it is broken' })
    entries.isBroken = false
    const second = await begin('a')
    second.use(1)
    expect(await second.end()).toMatchObject({ saved: true })
  })

  test('many small changes, each too light for an entry, make one together', async () => {
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
})
