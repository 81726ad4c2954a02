import { rmSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fileIn, hash } from './actions.ts'
import { heldFor, passedTest, random, startEntries, startMachine } from './machine.ts'

const [minute, hour] = [60_000, 3_600_000]
const kib = 1024

describe('a build cache entry', () => {
  test('is restored by the next job, and replaced when much is new', async () => {
    const entries = startEntries()
    const first = await startMachine(entries).begin('a', { ago: hour })
    expect(first.restored).toMatchObject({ found: 'miss', isExclusive: true })
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

  test('keeps everything after a failed job', async () => {
    const entries = startEntries()
    const first = await startMachine(entries).begin('a', { ago: hour })
    first.make({ 1: 100 * kib, 2: 100 * kib })
    await first.end()
    const failed = await startMachine(entries).begin('b')
    failed.make({ 3: 100 * kib })
    expect(await failed.end(false)).toMatchObject({ saved: true, counts: { pruned: { objects: 0 } } })
    expect(await heldFor(entries, 'b')).toEqual([1, 2, 3])
  })

  test('is not saved when nothing fits, with a warning', async () => {
    const entries = startEntries()
    const first = await startMachine(entries).begin('a', { maxSize: 100 })
    first.make({ 1: 100 * kib })
    const ended = await first.end()
    expect(ended).toMatchObject({
      saved: false,
      why: expect.stringContaining('`cache-max-size` (100 B) omits'),
    })
    expect(ended.warning).toMatch(/^Build cache: nothing is saved.*set `cache-max-size: \d+ MB`\.$/)
    expect(entries.keys).toEqual([])
  })

  test('is pruned to cache-max-size, and unchanged while nothing changes', async () => {
    const entries = startEntries()
    const limit = { maxSize: 300 * kib }
    const first = await startMachine(entries).begin('a', { ago: hour, ...limit })
    const small = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [index, 50 * kib + index]))
    first.make({ ...small, 9: 900 * kib }, random)
    const ended = await first.end()
    expect(ended.saved).toBe(true)
    expect(ended.bytes).toBeLessThanOrEqual(300 * kib)
    expect(ended.warning).toMatch(/^Build cache: 9 objects would take about .* compiles them again\./)
    const kept = await heldFor(entries, 'a')
    expect(kept).not.toContain(9)
    expect(kept.length).toBeGreaterThan(5)

    // The same source: the job uses what it restored and makes the rest again.
    const again = await startMachine(entries).begin('a', { ago: minute, ...limit })
    again.use(...kept)
    const rest = Object.entries({ ...small, 9: 900 * kib }).filter(([number]) => !kept.includes(+number))
    again.make(Object.fromEntries(rest), random)
    const unchanged = await again.end()
    expect(unchanged).toMatchObject({ saved: false, upToDate: true })
    expect(unchanged.why).toMatch(/^`cache-max-size` \(307 kB\) omits \d of 9 objects$/)
    expect(entries.keys).toHaveLength(1)
  })

  test('within its limit follows the code', async () => {
    const entries = startEntries()
    const limit = { maxSize: 120 * kib }
    const first = await startMachine(entries).begin('a', { ago: hour, ...limit })
    first.make({ 1: 60 * kib, 2: 70 * kib, 3: 500 * kib }, random)
    expect(await first.end()).toMatchObject({ saved: true })
    const next = await startMachine(entries).begin('b', { ago: minute, ...limit })
    next.use(1)
    next.make({ 4: 71 * kib, 3: 500 * kib }, random)
    expect(await next.end()).toMatchObject({ saved: true })
    expect(await heldFor(entries, 'b')).toEqual([1, 4])
  })

  test('is not pruned by a failed job', async () => {
    const entries = startEntries()
    const first = await startMachine(entries).begin('a', { ago: hour })
    first.make({ 1: 100 * kib, 2: 100 * kib }, random)
    await first.end()
    const failed = await startMachine(entries).begin('b', { maxSize: 60 * kib })
    failed.use(1, 2)
    failed.make({ 3: 100 * kib }, random)
    expect(await failed.end(false)).toMatchObject({ saved: false })
    expect(entries.keys).toHaveLength(1)
  })

  test('is not saved by a failed job that lost objects of its restored entry', async () => {
    const entries = startEntries()
    const first = await startMachine(entries).begin('a', { ago: hour })
    first.make({ 1: 100 * kib, 2: 100 * kib })
    await first.end()
    const machine = startMachine(entries)
    const failed = await machine.begin('b')
    rmSync(fileIn(machine.gocache, hash(1), 'a'))
    failed.make({ 3: 100 * kib })
    expect(await failed.end(false)).toMatchObject({ saved: false, why: expect.stringContaining('1 objects') })
  })

  test('is saved with the used objects if those alone fit the limit', async () => {
    const entries = startEntries()
    const first = await startMachine(entries).begin('a', { ago: hour })
    // Two thirds compress to nothing, so the estimate of the last third is too small.
    first.make({ 1: 600 * kib })
    first.make({ 2: 200 * kib }, random)
    expect(await first.end()).toMatchObject({ saved: true })
    const next = await startMachine(entries).begin('b', { ago: minute, maxSize: 120 * kib })
    next.use(1)
    next.make({ 3: 80 * kib }, random)
    expect(await next.end()).toMatchObject({ saved: true })
  })
})

describe('an entry of another job kind', () => {
  test('is restored by a job, which saves only the objects that it used', async () => {
    const entries = startEntries()
    const lint = await startMachine(entries).begin('a', { ago: hour, kind: 'lint' })
    lint.make({ 1: 100 * kib, 2: 300 * kib, 3: kib })
    await lint.end()
    const first = await startMachine(entries).begin('a', { ago: minute, kind: 'test' })
    expect(first.restored).toMatchObject({ found: 'partial', matched: entries.keys[0] })
    first.use(1)
    first.make({ 4: 10 * kib })
    expect(await first.end()).toMatchObject({ saved: true, counts: { pruned: { objects: 2 } } })
    expect(await heldFor(entries, 'a', 'test')).toEqual([1, 4])
    expect(await heldFor(entries, 'a', 'lint')).toEqual([1, 2, 3])
  })

  test('is replaced once a job succeeds that failed at first', async () => {
    const entries = startEntries()
    const lint = await startMachine(entries).begin('a', { ago: 2 * hour, kind: 'lint' })
    lint.make({ 1: 100 * kib, 2: 900 * kib })
    await lint.end()
    const failed = await startMachine(entries).begin('a', { ago: 10 * minute, kind: 'test' })
    failed.use(1)
    expect(await failed.end(false)).toMatchObject({ saved: true })
    expect(await heldFor(entries, 'a', 'test')).toEqual([1, 2])
    const whole = await startMachine(entries).begin('b', { ago: minute, kind: 'test' })
    whole.use(1)
    whole.make({ 3: 60 * kib })
    expect(await whole.end()).toMatchObject({ saved: true })
    expect(await heldFor(entries, 'b', 'test')).toEqual([1, 3])
  })
})

describe('a new test result', () => {
  /** Whether ten new results with this log line, next to a hundred old ones, cause a save. */
  async function isSaved(logLine: string): Promise<boolean> {
    const entries = startEntries()
    const numbers = (from: number, count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [from + index, 0]))
    const first = await startMachine(entries).begin('a', { ago: hour })
    first.make({ 1: 1000 * kib })
    first.make(numbers(1000, 100), passedTest)
    await first.end()
    const { begin } = startMachine(entries)
    const next = await begin('b', { ago: minute })
    next.use(1)
    next.make(numbers(2000, 10), passedTest)
    next.make(numbers(3000, 10), (_, number) => `# test log\n${logLine}\ngetenv NUMBER_${number}\n`)
    return (await next.end()).saved
  }

  test('causes a save', async () => {
    expect(await isSaved('getenv HOME')).toBe(true)
  })

  // Go hashes the times of files, and a checkout gives them new ones.
  test('causes no save if it holds only for the files of this checkout', async () => {
    expect(await isSaved('open testdata/in.txt')).toBe(false)
  })
})
