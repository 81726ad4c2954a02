import { randomBytes } from 'node:crypto'
import { appendFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type EntrySource, entrySource } from '../../../src/cache/archive/entry-source.ts'
import type { PackRequest } from '../../../src/cache/archive/pack.ts'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { downloadEntry } from '../../../src/cache/store/download.ts'
import { githubStore } from '../../../src/cache/store/github.ts'
import type { ObjectUpload } from '../../../src/cache/store/object-service.ts'
import { uploadEntry } from '../../../src/cache/store/upload.ts'
import { hasEnded } from '../../../src/platform/shared-ring.ts'
import type { Answer } from '../../../testbed/cache-service/faults.ts'
import { startCacheService } from '../../../testbed/cache-service/service.ts'
import { isFull, slice } from '../../harness/extent.ts'
import { memoryUpload, newStage, serveObject } from '../../harness/object-server.ts'
import { contentOf, randomEntry } from '../../harness/random-entries.ts'
import { temporaryFolder } from '../../temporary.ts'
import { readTree } from '../archive/trees.ts'

const mebi = 1024 * 1024
const unused = '/dev/null/unused'
const signal = new AbortController().signal

/** Writes files with random bytes below a folder, each name at its top a unit. */
function folderOf(lengths: Readonly<Record<string, number>>) {
  const base = temporaryFolder()
  for (const [name, length] of Object.entries(lengths)) {
    mkdirSync(path.dirname(path.join(base, name)), { recursive: true })
    writeFileSync(path.join(base, name), randomBytes(length))
  }
  const tops = [...new Set(Object.keys(lengths).map((name) => name.split('/')[0] ?? ''))]
  return { base, units: tops.map((name) => ({ name, roots: [name] })) }
}

/**
 * Uploads an entry, downloads it again, and returns its files.
 *
 * @param onPart called when a part arrives, with its number in time
 */
async function roundTrip(
  request: Omit<PackRequest, 'directory' | 'kind' | 'metadata'>,
  onPart: (count: number) => void = () => {},
) {
  const { upload, object } = memoryUpload()
  let count = 0
  const watched: ObjectUpload = {
    ...upload,
    putPart: (number, bytes) => {
      const stored = upload.putPart(number, bytes)
      onPart(++count)
      return stored
    },
  }
  const source = entrySource({ kind: 'modules', metadata: {}, ...request }, Number.POSITIVE_INFINITY)
  expect(await uploadEntry(watched, source, signal)).toMatchObject({ kind: 'saved' })
  const server = await serveObject(object())
  const entry = await downloadEntry({ url: server.url }, { signal }, () => {})
  const stage = newStage()
  await unpackEntry({ directory: entry, stage, readOnly: false })
  await entry.done
  const voids = entry.manifest.shards.flatMap(({ frames }) => frames.filter(({ raw }) => raw === 0)).length
  return { packed: source.packed(), voids, stage, units: entry.manifest.units.map(({ name }) => name) }
}

describe('content that turns out to be wrong after its bytes were sent', () => {
  test.each([
    ['in this thread', 3 * mebi],
    ['in threads', 11 * mebi],
  ])('is not restored, and everything else is: %s', async (_, length) => {
    const { base, units } = folderOf({ a: 1000, b: length, c: 2000 })
    const expected = new Map([['b', [{ root: 'b', name: 'b', hashes: ['h1:another'] }]]])
    const { voids, stage, packed, ...restored } = await roundTrip({
      ...{ base, units, expected, shards: 2 },
      onFault: 'leave-out-unit',
    })
    expect(voids).toBeGreaterThan(0)
    expect([packed?.unitsLeftOut, restored.units]).toEqual([['b'], ['a', 'c']])
    rmSync(path.join(base, 'b'))
    expect(readTree(stage)).toEqual(readTree(base))
  })

  test.each(['leave-out-file', 'leave-out-unit', 'fail'] as const)(
    'as a file that shrinks, one that vanishes and one that grows while threads pack: %s',
    async (onFault) => {
      const { base, units } = folderOf({ 'u/a': 40 * mebi, 'u/b': 10, 'u/c': 10, 'v/a': 5, 'v/b': 2000 })
      const change = (count: number) => {
        // The thread cannot be further: a ring holds 32 MiB.
        if (count !== 1) return
        rmSync(path.join(base, 'u/b'))
        appendFileSync(path.join(base, 'u/c'), randomBytes(3 * mebi))
        truncateSync(path.join(base, 'u/a'), mebi)
      }
      const { voids, stage, packed } = await roundTrip({ base, units, onFault, shards: 2 }, change)
      expect(voids).toBeGreaterThan(1)
      if (onFault === 'leave-out-unit') {
        expect(packed?.unitsLeftOut).toEqual(['u'])
        rmSync(path.join(base, 'u'), { recursive: true, maxRetries: 5 })
      } else {
        expect(packed?.skipped).toBe(2)
        rmSync(path.join(base, 'u/a'))
      }
      const files = (folder: string) =>
        Object.entries(readTree(folder)).filter(([, one]) => !one.includes('directory'))
      expect(files(stage)).toEqual(files(base))
    },
  )
})

test.each([
  ['is truncated', (file: string) => truncateSync(file, 10)],
  ['vanishes', (file: string) => rmSync(file)],
  ['grows a little', (file: string) => appendFileSync(file, 'more')],
  ['grows beyond the memory of its shard', (file: string) => writeFileSync(file, randomBytes(40 * mebi))],
])('a file that %s after it was listed, in an entry that this thread packs', async (_, change) => {
  const { base, units } = folderOf({ 'u/a': 1000, 'u/b': 1000, 'u/c': 1000 })
  const exclude = (name: string) => {
    if (name === 'u/c') change(path.join(base, 'u/a'))
    return false
  }
  const { stage } = await roundTrip({ base, units, exclude, shards: 2, onFault: 'leave-out-file' })
  const files = (folder: string) =>
    Object.entries(readTree(folder)).filter(([, one]) => !one.includes('directory'))
  const expected = files(base).filter(([name]) => name !== 'u/a')
  expect(files(stage)).toEqual(expect.arrayContaining(expected))
  for (const file of files(stage)) expect(files(base)).toContainEqual(file)
})

/** A store connected to its own service. */
async function storeFor(seconds = 60) {
  const service = await startCacheService()
  onTestFinished(() => service.stop())
  return { service, store: githubStore(service.environment(), { restore: seconds, save: seconds }) }
}

describe('a service that fails at one of the uploads', () => {
  const uploads = Array.from({ length: 5 }, (_, index) => index)
  const denied: Answer = { status: 403, body: 'AuthenticationFailed' }
  const answers: readonly (readonly [string, Answer | 'hang', RegExp])[] = [
    ['403', denied, /403: AuthenticationFailed/],
    ['400', { status: 400, body: 'InvalidBlockList' }, /400/],
    ['413', { status: 413 }, /413/],
    ['500', { status: 500 }, /no answer within 2 s/],
    ['429', { status: 429, headers: { 'retry-after': '60' } }, /no answer within 2 s/],
    ['silence', 'hang', /no answer within 2 s/],
  ]

  test.each(slice(answers, 3))('%s: saves nothing, and ends in time', async (_, answer, words) => {
    await Promise.all(
      slice(uploads, 2).map(async (after) => {
        const { service, store } = await storeFor(`${words}`.includes('within') ? 2 : 60)
        const effect = answer === 'hang' ? ({ kind: 'hang' } as const) : ({ kind: 'answer', answer } as const)
        service.fault({ on: 'upload', after, effect })
        const { source } = randomEntry(20 * mebi)
        const began = performance.now()
        const result = await store.save('k', source, unused)
        expect(result).toMatchObject({ kind: 'failed', why: expect.stringMatching(words) })
        expect(performance.now() - began).toBeLessThan(5000)
        expect(service.entries()).toEqual([])
      }),
    )
  })

  test('503 with Retry-After, or a reset, once: saves', async () => {
    const all = [
      { kind: 'answer', answer: { status: 503, headers: { 'retry-after': '1' } } },
      { kind: 'reset' },
    ] as const
    await Promise.all(
      all.flatMap((effect, index) =>
        (isFull ? uploads : [2 * index + 1]).map(async (after) => {
          const { service, store } = await storeFor()
          service.fault({ on: 'upload', after, times: 1, effect })
          const { source, content } = randomEntry(20 * mebi)
          expect(await store.save('k', source, unused)).toMatchObject({ kind: 'saved' })
          const restored = await store.restore('k', [], unused)
          if (restored.kind !== 'restored') throw new Error(restored.kind)
          expect((await contentOf(restored.entry)).equals(content)).toBe(true)
        }),
      ),
    )
  })
})

test('the deadline ends a save that is only packing', async () => {
  const { store } = await storeFor(1)
  const slow: EntrySource = {
    shards: 2,
    maxBytes: Number.POSITIVE_INFINITY,
    toFolder: async () => true,
    toRings: async (rings) => {
      for (;;) {
        // Throws when the other side has failed, as a thread that packs does.
        for (const ring of rings) hasEnded(ring)
        await sleep(10)
      }
    },
  }
  const began = performance.now()
  const late = sleep(5000, 'still packing')
  expect(await Promise.race([store.save('k', slow, unused), late])).toEqual({
    kind: 'failed',
    why: 'no answer within 1 s',
  })
  expect(performance.now() - began).toBeLessThan(3000)
})

test('of two jobs that save at once, one saves and the other is told so', async () => {
  const { service, store } = await storeFor()
  const other = githubStore(service.environment(), { restore: 60, save: 60 })
  const [one, two] = [randomEntry(20 * mebi), randomEntry(20 * mebi)]
  const results = await Promise.all([
    store.save('k', one.source, unused),
    other.save('k', two.source, unused),
  ])
  expect(results.map(({ kind }) => kind).sort()).toEqual(['outrun', 'saved'])
  const winner = results[0]?.kind === 'saved' ? one : two
  const restored = await store.restore('k', [], unused)
  if (restored.kind !== 'restored') throw new Error(restored.kind)
  expect((await contentOf(restored.entry)).equals(winner.content)).toBe(true)
  expect(service.entries()).toHaveLength(1)
})

test('a token that may only read packs and uploads nothing', async () => {
  const { service } = await storeFor()
  const store = githubStore(service.environment({ writeScope: null }), { restore: 60, save: 60 })
  let packs = 0
  const toRings = async () => {
    packs++
    return undefined
  }
  const source: EntrySource = { ...randomEntry(10).source, toRings }
  expect(await store.save('k', source, unused)).toMatchObject({ kind: 'denied' })
  expect([packs, service.requests.filter(({ method }) => method === 'PUT')]).toEqual([0, []])
})

test('an entry above the maximum is withdrawn, and its key stays free of an object', async () => {
  const { service, store } = await storeFor()
  const { base, units } = folderOf({ a: 20 * mebi, b: 20 * mebi })
  const source = entrySource({ kind: 'modules', metadata: {}, base, units, shards: 2 }, 9 * mebi)
  expect(await store.save('k', source, unused)).toEqual({ kind: 'withdrawn' })
  expect(service.entries()).toEqual([])
  expect(service.requests.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(9 * mebi)
  expect(readFileSync(path.join(base, 'a'))).toHaveLength(20 * mebi)
})
