import {
  appendFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import * as path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeManifest,
  encodeManifest,
  type Manifest,
  manifestName,
  readManifest,
} from '../../../src/cache/archive/manifest.ts'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { readFrames } from '../../../src/cache/archive/unpack-shard.ts'
import { CorruptArchive } from '../../../src/errors.ts'
import { temporaryFolder } from '../../temporary.ts'
import { packTree } from './trees.ts'

const tree = {
  'a/one.go': 'package a\n'.repeat(500),
  'a/two.go': 'package b\n'.repeat(300),
  'b/three': 'é'.repeat(400),
  'c/four': 'x',
}
const [first, second] = ['shard-0.tar.zst', 'shard-1.tar.zst']

describe('reports as damaged an entry', () => {
  test.each<[string, (entry: string) => void, string | RegExp]>([
    [
      'that is truncated',
      (entry) => truncateSync(path.join(entry, first), 50),
      /^shard-0\.tar\.zst has 50 bytes instead of \d+$/,
    ],
    [
      'that is empty',
      (entry) => truncateSync(path.join(entry, second), 0),
      /^shard-1\.tar\.zst has 0 bytes instead of \d+$/,
    ],
    [
      'with bytes added',
      (entry) => appendFileSync(path.join(entry, first), 'x'),
      /^shard-0\.tar\.zst has \d+ bytes instead of \d+$/,
    ],
    ['without a shard', (entry) => rmSync(path.join(entry, second)), 'shard-1.tar.zst is missing'],
    ['without its manifest', (entry) => rmSync(path.join(entry, manifestName)), 'manifest.json is missing'],
    [
      'that does not exist',
      (entry) => rmSync(entry, { recursive: true, maxRetries: 5 }),
      'manifest.json is missing',
    ],
    ['whose shards are swapped', swapShards, /^shard-[01]\.tar\.zst has \d+ bytes instead of \d+$/],
    [
      'with a directory for a shard',
      (entry) => replaceBy(entry, first, mkdirSync),
      'shard-0.tar.zst is not a file',
    ],
    [
      'with a link for a shard',
      (entry) => replaceBy(entry, first, (at) => symlinkSync(second, at)),
      'shard-0.tar.zst is a link',
    ],
    [
      'with a link for its manifest',
      (entry) => replaceBy(entry, manifestName, (at) => symlinkSync(first, at)),
      'manifest.json is a link',
    ],
    [
      'with an empty manifest',
      (entry) => truncateSync(path.join(entry, manifestName), 0),
      'manifest.json is not in the format of this action',
    ],
    [
      'with bytes appended to its manifest',
      (entry) => appendFileSync(path.join(entry, manifestName), '\n'),
      'manifest.json is not in the format of this action',
    ],
  ])('%s', async (_, damage, problem) => {
    const folder = temporaryFolder()
    const { entry } = await packTree(folder, tree)
    damage(entry)
    const unpacked = unpackEntry({ directory: entry, stage: path.join(folder, 'stage'), readOnly: false })
    const error = await unpacked.catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(CorruptArchive)
    expect((error as Error).message).toMatch(problem)
  })

  test('in which any byte of a shard is changed, without decompressing it', async () => {
    const { entry } = await packTree(temporaryFolder(), tree)
    const { shards } = readManifest(entry)
    for (const shard of shards) {
      const file = path.join(entry, shard.name)
      const bytes = readFileSync(file)
      const flips = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }))
      fc.assert(
        fc.property(flips, ([at, bits]) => {
          const damaged = Buffer.from(bytes)
          damaged[at] = (damaged[at] ?? 0) ^ bits
          writeFileSync(file, damaged)
          const reached: Buffer[] = []
          expect(() => readFrames({ file }, shard, false, (tar) => reached.push(tar))).toThrow(
            new CorruptArchive(`${shard.name} does not match its SHA-256`),
          )
          expect(reached).toEqual([])
        }),
        { numRuns: 200 },
      )
      writeFileSync(file, bytes)
    }
    for (const shard of shards)
      expect(() => readFrames({ file: path.join(entry, shard.name) }, shard, false, () => {})).not.toThrow()
  })

  test('in which any bit of the manifest is changed', async () => {
    const { entry } = await packTree(temporaryFolder(), tree)
    const file = path.join(entry, manifestName)
    const bytes = readFileSync(file)
    for (let at = 0; at < bytes.length; at++) {
      const damaged = Buffer.from(bytes)
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8))
      expect(() => decodeManifest(damaged.toString('utf8'), 'linux'), `byte ${at}`).toThrow(CorruptArchive)
    }
    expect(() => readManifest(entry)).not.toThrow()
  })
})

function swapShards(entry: string): void {
  renameSync(path.join(entry, first), path.join(entry, 'other'))
  renameSync(path.join(entry, second), path.join(entry, first))
  renameSync(path.join(entry, 'other'), path.join(entry, second))
}

function replaceBy(entry: string, name: string, make: (target: string) => void): void {
  rmSync(path.join(entry, name))
  make(path.join(entry, name))
}

describe('a manifest with a valid hash', () => {
  const frames = [{ packed: 100, raw: 1024 }]
  const shard = { length: 100, sha256: '0'.repeat(64), files: 1, bytes: 7, frames }
  const good = {
    ...{ kind: 'modules' as const, about: null, files: 2, bytes: 14 },
    units: [{ name: 'a', roots: ['a', 'b/c'], shard: 1 }],
    shards: [
      { name: first, ...shard },
      { name: second, ...shard },
    ],
  }
  const [one, two] = good.shards
  const decode = (changes: object) =>
    decodeManifest(encodeManifest({ ...good, ...changes } as Manifest), 'linux')

  test('is accepted when it is unchanged', () => {
    expect(decode({})).toEqual(good)
    expect(decode({ about: { anything: ['at', 'all'] } }).about).toEqual({ anything: ['at', 'all'] })
  })

  test.each<[string, object, string]>([
    ['an unknown schema', { schema: 2 }, 'has schema 2, not 1'],
    ['another kind', { kind: 'zip' }, 'has the unknown kind "zip"'],
    ['no metadata', { about: undefined }, 'has no metadata'],
    ['no units', { units: undefined }, 'has units that are not a list'],
    ['no shards', { shards: undefined }, 'has shards that are not a list'],
    ['one shard', { shards: [one], files: 1, bytes: 7 }, 'lists 1 shards'],
    [
      'too many shards',
      { shards: Array.from({ length: 65 }, (_, i) => ({ ...one, name: `shard-${i}.tar.zst` })) },
      'lists 65 shards',
    ],
    ['shards out of order', { shards: [two, one] }, 'has "shard-1.tar.zst" as the name of shard 0'],
    [
      'a shard name outside the entry',
      { shards: [{ ...one, name: '../shard-0.tar.zst' }, two] },
      'has "../shard-0.tar.zst" as the name of shard 0',
    ],
    ['a truncated hash', { shards: [{ ...one, sha256: '00' }, two] }, 'has no SHA-256 of shard-0.tar.zst'],
    ['no hash', { shards: [{ ...one, sha256: 1 }, two] }, 'has a sha256 that is not a string'],
    [
      'a length that differs from the sum of its frames',
      { shards: [{ ...one, length: 99 }, two] },
      'has different lengths for shard-0.tar.zst and its frames',
    ],
    [
      'a frame that is too large',
      { shards: [{ ...one, frames: [{ packed: 100, raw: 8 * 1024 * 1024 + 512 }] }, two] },
      'has 8389120 for raw',
    ],
    [
      'a frame of no blocks',
      { shards: [{ ...one, frames: [{ packed: 100, raw: 1000 }] }, two] },
      'has a frame of 1000 bytes, which is not a whole number of blocks',
    ],
    [
      'an empty frame',
      { shards: [{ ...one, frames: [...frames, { packed: 0, raw: 512 }] }, two] },
      'has 0 for packed',
    ],
    ['a malformed frame', { shards: [{ ...one, frames: [null] }, two] }, 'has a frame that is not an object'],
    ['a negative count', { shards: [{ ...one, files: -1 }, two] }, 'has -1 for files'],
    ['a fractional count', { shards: [{ ...one, bytes: 1.5 }, two] }, 'has 1.5 for bytes'],
    ['a wrong total of files', { files: 3 }, 'has a total of files that differs from its shards'],
    ['a wrong total of bytes', { bytes: 1 }, 'has a total of bytes that differs from its shards'],
    ['no total', { bytes: null }, 'has null for bytes'],
    ['a unit in an unknown shard', { units: [{ name: 'a', roots: ['a'], shard: 2 }] }, 'has 2 for shard'],
    ['a malformed unit', { units: [[]] }, 'has a unit that is not an object'],
    [
      'a unit without a name',
      { units: [{ roots: ['a'], shard: 0 }] },
      'has a name of a unit that is not a string',
    ],
    ['a malformed root', { units: [{ name: 'a', roots: [1], shard: 0 }] }, 'has a root that is not a string'],
    [
      'a root that contains ..',
      { units: [{ name: 'a', roots: ['a/../..'], shard: 0 }] },
      'is invalid: the root "a/../.." has an empty, . or .. part',
    ],
    [
      'a root nested in another root',
      { units: [{ name: 'a', roots: ['a', 'a/b'], shard: 0 }] },
      'is invalid: the root "a/b" is inside another root, "a"',
    ],
  ])('is damaged with %s', (_, changes, problem) => {
    expect(() => decode(changes)).toThrow(new CorruptArchive(`manifest.json ${problem}`))
  })
})
