import { describe, expect, test } from 'vitest'
import { frameSize, type Shard } from '../../../src/cache/archive/manifest.ts'
import { pathProblem } from '../../../src/cache/archive/paths.ts'
import { unitsProblem } from '../../../src/cache/archive/units.ts'
import { excess, shortage, unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { maxMembers } from '../../../src/cache/archive/unpack-shard.ts'
import { processorTime } from '../../harness/processor-time.ts'
import { temporaryFolder } from '../../temporary.ts'
import { packTree } from './trees.ts'

const mebibyte = 1024 ** 2
/** A shard of frames that each decompress to the maximum size of a frame. */
const shard = (frames: number, packed: number): Shard => ({
  ...{ name: 'shard-0.tar.zst', sha256: '', files: 0, bytes: 0, length: frames * packed },
  frames: Array.from({ length: frames }, () => ({ packed, raw: frameSize })),
})

describe('decompression limits', () => {
  test.each([
    ['sources that compress to a fifth', 1000, frameSize / 5],
    ['build objects that compress to a third', 2000, frameSize / 3],
    ['incompressible data', 5000, frameSize],
    ['a gibibyte of zeros', 512, 100],
  ])('accepts %s', (_, frames, packed) => {
    expect(excess({ files: 300_000, shards: [shard(frames, Math.floor(packed))] })).toBeUndefined()
  })

  test('refuses frames that expand a thousandfold', () => {
    expect(excess({ files: 1, shards: [shard(600, 100), shard(600, 100)] })).toMatch(
      /^unpacks to 2516582400 bytes from only 120000$/,
    )
  })

  test('refuses millions of files', () => {
    expect(excess({ files: maxMembers, shards: [] })).toBeUndefined()
    expect(excess({ files: maxMembers + 1, shards: [] })).toMatch(/^lists 2000001 files/)
  })
})

test.each([
  [{ files: 5, bytes: mebibyte }, { bytes: mebibyte, files: 5 }, undefined],
  [{ files: 5, bytes: mebibyte }, { bytes: mebibyte, files: undefined }, undefined],
  [
    { files: 5, bytes: mebibyte + 1 },
    { bytes: mebibyte, files: 5 },
    'it needs 1048577 bytes, but only 1048576 are free',
  ],
  [
    { files: 6, bytes: 0 },
    { bytes: 0, files: 5 },
    'it needs 6 files, but the file system has room for only 5',
  ],
])('allows, for %j on a disk with %j: %s', (entry, room, expected) => {
  expect(shortage(entry, room)).toBe(expected)
})

test('stops unpacking at its deadline', async () => {
  const folder = temporaryFolder()
  const { entry } = await packTree(folder, { file: 'x'.repeat(5_000_000) })
  const unpacked = unpackEntry({
    ...{ directory: entry, stage: `${folder}/stage`, readOnly: false },
    seconds: 0.001,
  })
  await expect(unpacked).rejects.toMatchObject({
    code: 'worker-timeout',
    message: 'it took more than 0.001 s',
  })
})

describe('takes time linear in the length and number of names', () => {
  test('refuses a path with too many folders before it splits the path', () => {
    expect(pathProblem(`${'a/'.repeat(2047)}ab`, 'linux')).toBeUndefined()
    expect(pathProblem(`${'a/'.repeat(2048)}a`, 'linux')).toBe('has more than 4096 characters')
    const spent = processorTime()
    const long = 'a/'.repeat(10_000_000)
    expect(unitsProblem([{ name: 'u', roots: [`${long}a`, `${long}b`] }], 'linux')).toMatch(
      /4096 characters$/,
    )
    expect(spent()).toBeLessThan(5000)
  })
})
