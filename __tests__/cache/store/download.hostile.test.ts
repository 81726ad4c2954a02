import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Manifest, shardName } from '../../../src/cache/archive/manifest.ts'
import { storedFrame } from '../../../src/cache/archive/stored-frame.ts'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { restoreEntry } from '../../../src/cache/entries.ts'
import { makeKey } from '../../../src/cache/key.ts'
import { encodeHead } from '../../../src/cache/store/object-layout.ts'
import { objectStore } from '../../../src/cache/store/object-store.ts'
import { isFull } from '../../harness/extent.ts'
import { type ObjectServer, serveObject, serviceOf } from '../../harness/object-server.ts'
import { temporaryFolder } from '../../temporary.ts'
import { member, end as tarEnd, withBytes } from '../archive/forged.ts'
import { readTree } from '../archive/trees.ts'

const seed = Number(process.env.GO_DEPS_SEED ?? 1)
const runs = isFull ? 3000 : 60

/** Seconds after which a restore counts as waiting for ever. */
const patience = 20

const key = makeKey([{ name: 'a', value: 'b', of: '' }], 1)

/** A folder with a file that nothing may change, beside the place of the entry. */
function surroundings(): { readonly folder: string; readonly place: string } {
  const folder = temporaryFolder()
  mkdirSync(path.join(folder, 'outside'))
  writeFileSync(path.join(folder, 'outside/precious'), 'precious')
  return { folder, place: path.join(folder, 'place') }
}

/**
 * Restores the object of a server as main does. Checks that the restore ends, and changes nothing outside of its place.
 */
async function restore(server: ObjectServer, { folder, place }: ReturnType<typeof surroundings>) {
  const before = readTree(folder)
  const store = objectStore(serviceOf(server), { restore: 60, save: 60 })
  const restored = restoreEntry({ store, folder, variables: {} }, key, (entry) =>
    unpackEntry({ directory: entry, stage: place, readOnly: false, threads: 2 }),
  )
  const late = new AbortController()
  const waits = sleep(patience * 1000, undefined, { signal: late.signal }).then(
    () => Promise.reject(new Error('the restore waits for ever')),
    () => new Promise<never>(() => {}),
  )
  const outcome = await Promise.race([restored, waits])
  late.abort()
  const files = existsSync(place)
    ? Object.values(readTree(place)).filter((one) => !one.includes('directory')).length
    : 0
  const escaped = Object.values(existsSync(place) ? readTree(place) : {}).filter((one) =>
    one.includes('else'),
  )
  rmSync(place, { recursive: true, maxRetries: 5, force: true })
  expect(readTree(folder)).toEqual(before)
  expect(escaped).toEqual([])
  return { outcome, files }
}

interface MadeFrame {
  readonly raw: Buffer
  readonly as: 'zstd' | 'stored' | 'garbage'
  readonly isVoid: boolean
}

interface MadeShard {
  readonly frames: readonly MadeFrame[]
  readonly files: number
  readonly bytes: number
}

const link = (type: string) =>
  withBytes(withBytes(member({ size: 0 }), 156, type), 157, '../outside/precious')

/** A file of an honest job. */
const files = fc.nat(9000).map((size) => ({ tar: member({ path: `root/f${size}` }, 'x'.repeat(size)), size }))

/** Parts of a tar that no entry may have. */
const attacks = fc.oneof(
  {
    weight: 2,
    arbitrary: fc
      .constantFrom(
        ...['../outside/precious', '/tmp/go-deps-escape', 'root/../outside/precious', 'C:/x', 'root/\\..\\x'],
        ...['other/file', 'root', 'root/', '.', '..', `root/${'d/'.repeat(200)}f`, 'root/CON', 'root/a\0b'],
      )
      .map((name) => member({ path: name }, 'hello')),
  },
  { weight: 1, arbitrary: fc.constantFrom('1', '2', '3', '4', '6').map(link) },
  { weight: 1, arbitrary: fc.constant(member({ path: 'root/liar', size: 2 ** 40 }).subarray(0, 1536)) },
  {
    weight: 1,
    arbitrary: fc.uint8Array({ minLength: 512, maxLength: 512 }).map((bytes) => Buffer.from(bytes)),
  },
  { weight: 1, arbitrary: fc.constantFrom(tarEnd, Buffer.alloc(512)) },
)

/** Parts of a tar, most of them honest. */
const pieces: fc.Arbitrary<{ readonly tar: Buffer; readonly size?: number }> = fc.oneof(
  { weight: 12, arbitrary: files },
  { weight: 1, arbitrary: attacks.map((tar) => ({ tar })) },
)
const rootDirectory = member({ path: 'root', isDirectory: true })

/** The frames of one shard: a tar that is cut anywhere, with void frames between. */
const shards: fc.Arbitrary<MadeShard> = fc
  .record({
    parts: fc.array(pieces, { maxLength: 6 }),
    hasEnd: fc.integer({ min: 0, max: 9 }).map((one) => one > 0),
    cut: fc.constantFrom(512, 1024, 4096, 2 * 1024 * 1024),
    as: fc.constantFrom<MadeFrame['as'][]>(...Array(9).fill('zstd'), ...Array(9).fill('stored'), 'garbage'),
    voids: fc.array(fc.nat(5), { maxLength: 3 }),
    bomb: fc.integer({ min: 0, max: 40 }),
  })
  .map(({ parts, hasEnd, cut, as, voids, bomb }) => {
    const bombs = bomb === 40 ? [Buffer.alloc(4 * 1024 * 1024)] : []
    const made = parts.map(({ tar }) => tar)
    const tar = Buffer.concat([
      ...(made.length === 0 ? [] : [rootDirectory]),
      ...made,
      ...bombs,
      ...(hasEnd ? [tarEnd] : []),
    ])
    const frames: MadeFrame[] = []
    for (let at = 0; at < tar.length; at += cut)
      frames.push({ raw: tar.subarray(at, at + cut), as, isVoid: false })
    for (const at of voids) frames.splice(at, 0, { raw: Buffer.alloc(512, at), as, isVoid: true })
    const sizes = parts.flatMap(({ size }) => (size === undefined ? [] : [size]))
    return { frames, files: sizes.length, bytes: sizes.reduce((sum, size) => sum + size, 0) }
  })

/** Values that no honest packer writes, and some that one does. */
const lies = fc.constantFrom<unknown[]>(
  ...[-1, -0, 0, 1, 2, 63, 64, 511, 512, 0.5, 1.5, 4e6, 1e9, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 1e300],
  ...[null, true, '1', '', [], {}, [[]], '__proto__'],
)

interface Lie {
  readonly where: number
  readonly value: unknown
}

/** Replaces a value somewhere in a manifest. */
function lie(manifest: object, { where, value }: Lie): void {
  const places: [object, string][] = []
  const visit = (one: unknown) => {
    if (typeof one !== 'object' || one === null) return
    for (const [name, inner] of Object.entries(one)) {
      places.push([one, name])
      visit(inner)
    }
  }
  visit(manifest)
  const [target, name] = places[where % places.length] as [object, string]
  Object.assign(target, { [name]: value })
}

/** How an object is made of its shards. */
interface Made {
  readonly shards: readonly MadeShard[]
  readonly lies: readonly Lie[]
  /** Whether the manifest claims so many files that threads unpack. */
  readonly isBusy: boolean
  /** Whether the head exceeds the first range, so that each shard is a range of its own. */
  readonly isPadded: boolean
  /** Bytes after the last shard. */
  readonly tail: string
}

function objectOf(made: Made, change: Partial<Manifest> = {}): Buffer {
  const packed = made.shards.map(({ frames }) =>
    frames.map(({ raw, as }) => {
      if (as === 'garbage') return Buffer.alloc(raw.length, 0xa5)
      return as === 'stored' && raw.length > 0 ? storedFrame(raw) : zstdCompressSync(raw)
    }),
  )
  const described = made.shards.map(({ frames, files, bytes }, index) => {
    const content = Buffer.concat(packed[index] ?? [])
    return {
      name: shardName(index),
      length: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
      files: files + (made.isBusy && index === 0 ? 1000 : 0),
      bytes,
      frames: frames.map(({ raw, isVoid }, at) => ({
        packed: packed[index]?.[at]?.length ?? 0,
        raw: isVoid ? 0 : raw.length,
      })),
    }
  })
  const manifest: Manifest = {
    kind: 'modules',
    about: made.isPadded ? 'x'.repeat(1024 * 1024) : {},
    units: [{ name: 'unit', roots: ['root'], shard: 0 }],
    files: described.reduce((sum, { files }) => sum + files, 0),
    bytes: described.reduce((sum, { bytes }) => sum + bytes, 0),
    shards: described,
    ...change,
  }
  for (const one of made.lies) lie(manifest, one)
  return Buffer.concat([encodeHead(manifest), ...packed.flat(), Buffer.from(made.tail)])
}

const emptyShard: MadeShard = { frames: [{ raw: tarEnd, as: 'zstd', isVoid: false }], files: 0, bytes: 0 }

const objects: fc.Arbitrary<Made> = fc.record({
  shards: fc.oneof(
    { weight: 3, arbitrary: fc.tuple(shards, fc.constant(emptyShard)) },
    { weight: 3, arbitrary: fc.array(shards, { minLength: 2, maxLength: 5 }) },
    { weight: 1, arbitrary: fc.array(shards, { minLength: 64, maxLength: 64 }) },
  ),
  lies: fc.oneof(
    fc.constant([]),
    fc.array(fc.record({ where: fc.nat(10_000), value: lies }), { minLength: 1, maxLength: 2 }),
  ),
  isBusy: fc.integer({ min: 0, max: 5 }).map((one) => one === 5),
  isPadded: fc.integer({ min: 0, max: 3 }).map((one) => one === 3),
  tail: fc.constantFrom(...Array(9).fill(''), 'more'),
})

describe('an object of a hostile job', () => {
  test(`restores nothing wrong, ends, and changes nothing else, in ${runs} forms`, async () => {
    const server = await serveObject(Buffer.alloc(0))
    const around = surroundings()
    let hits = 0
    await fc.assert(
      fc.asyncProperty(objects, async (made) => {
        server.object = objectOf(made)
        const { outcome, files } = await restore(server, around)
        if (outcome.found === 'miss')
          expect(outcome).toMatchObject({ corrupt: true, unreachable: false, files: 0 })
        else {
          hits++
          expect(files).toBe(outcome.files)
        }
      }),
      { seed, numRuns: runs, endOnFailure: true },
    )
    expect(hits).toBeGreaterThan(0)
    expect(hits).toBeLessThan(runs / 2)
  }, 3_600_000)

  const honest: MadeShard = {
    frames: [
      {
        raw: Buffer.concat([member({ path: 'root', isDirectory: true }), member({}, 'hello'), tarEnd]),
        as: 'zstd',
        isVoid: false,
      },
    ],
    ...{ files: 1, bytes: 5 },
  }
  const hole: MadeFrame = { raw: Buffer.alloc(512, 1), as: 'garbage', isVoid: true }
  const usual: Made = { shards: [honest, emptyShard], lies: [], isBusy: false, isPadded: false, tail: '' }

  test.each<[string, Partial<Made>]>([
    ['an honest one', {}],
    [
      'void frames around the content',
      { shards: [{ ...honest, frames: [hole, ...honest.frames, hole] }, emptyShard] },
    ],
    ['shards of single bytes, each a range', { isPadded: true }],
    ['64 shards', { shards: [honest, ...Array.from({ length: 63 }, () => emptyShard)] }],
  ])('is restored when it is valid: %s', async (_, more) => {
    const server = await serveObject(objectOf({ ...usual, ...more }))
    const { outcome, files } = await restore(server, surroundings())
    expect([outcome.found, outcome.error, files]).toEqual(['exact', '', 1])
  })

  const many = (count: number): MadeShard => ({
    frames: Array.from({ length: count }, () => hole),
    files: 0,
    bytes: 0,
  })

  test.each<[string, Partial<Made>]>([
    ['a shard without frames', { shards: [honest, { frames: [], files: 0, bytes: 0 }] }],
    [
      'no frame at all, 64 times',
      { shards: Array.from({ length: 64 }, () => ({ frames: [], files: 0, bytes: 0 })) },
    ],
    ['void frames only', { shards: [many(1), many(2)] }],
    ['150,000 void frames', { shards: [many(150_000), emptyShard] }],
    ['150,000 void frames, in threads', { shards: [many(150_000), emptyShard], isBusy: true }],
    ['more files than there are, in threads', { isBusy: true }],
    ['one shard', { shards: [honest] }],
    ['65 shards', { shards: [honest, ...Array.from({ length: 64 }, () => emptyShard)] }],
  ])(
    'is a miss: %s',
    async (_, more) => {
      const server = await serveObject(objectOf({ ...usual, ...more }))
      const { outcome } = await restore(server, surroundings())
      expect(outcome).toMatchObject({ found: 'miss', corrupt: true })
    },
    60_000,
  )

  test('is a miss at once when its roots need millions of directories', async () => {
    const roots = Array.from({ length: 1100 }, (_, index) => `${index}/${'a/'.repeat(1900)}b`)
    const object = objectOf(usual, { units: [{ name: 'unit', roots, shard: 0 }] })
    const began = performance.now()
    const { outcome } = await restore(await serveObject(object), surroundings())
    expect(outcome.error).toContain('needs more than 2000000 directories')
    expect(performance.now() - began).toBeLessThan(5000)
  })

  test.each([0, 7, 8, 64 * 1024 * 1024, 64 * 1024 * 1024 + 1, 2 ** 31, 2 ** 32 - 1])(
    'is a miss when its head claims a manifest of %d bytes',
    async (length) => {
      const object = objectOf(usual)
      object.writeUInt32LE(length, 4)
      const { outcome } = await restore(await serveObject(object), surroundings())
      expect(outcome).toMatchObject({ found: 'miss', corrupt: true })
    },
  )
})
