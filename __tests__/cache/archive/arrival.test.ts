import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import {
  type Arrival,
  createProgress,
  downloadFailed,
  waitForBytes,
} from '../../../src/cache/archive/arrival.ts'
import { manifestName, readManifest } from '../../../src/cache/archive/manifest.ts'
import { packEntry } from '../../../src/cache/archive/pack.ts'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { temporaryFolder } from '../../temporary.ts'

const counted = (buffer: SharedArrayBuffer) => Number(Atomics.load(new BigInt64Array(buffer), 0))

describe('the progress of a shard', () => {
  test('counts the bytes without a gap, in whatever order the ranges arrive', () => {
    const { buffer, add } = createProgress([10, 20, 5])
    add(2, 5)
    expect(counted(buffer)).toBe(0)
    add(0, 4)
    expect(counted(buffer)).toBe(4)
    add(1, 7)
    add(0, 6)
    expect(counted(buffer)).toBe(17)
    add(1, 13)
    expect(counted(buffer)).toBe(35)
  })

  test('skips ranges of no length', () => {
    const { buffer, add } = createProgress([0, 3])
    add(0, 0)
    add(1, 3)
    expect(counted(buffer)).toBe(3)
  })

  test('lets a reader go on once the bytes have arrived, and fail once the download has failed', () => {
    const { buffer, add, fail } = createProgress([10])
    add(0, 10)
    expect(() => waitForBytes(buffer, 10)).not.toThrow()
    fail()
    expect(() => waitForBytes(buffer, 10)).toThrow(downloadFailed)
  })
})

/** An entry of some length whose shards arrive piece by piece in another folder. */
async function arriving(bytes: number, damage: (shard: Buffer) => void = () => undefined) {
  const [base, whole] = [temporaryFolder(), path.join(temporaryFolder(), 'entry')]
  const content = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, randomBytes(bytes)]))
  for (const [name, data] of Object.entries(content)) {
    mkdirSync(path.join(base, name))
    writeFileSync(path.join(base, name, 'file'), data)
  }
  const units = Object.keys(content).map((name) => ({ name, roots: [name] }))
  await packEntry({ kind: 'modules', metadata: {}, base, units, directory: whole })
  const directory = temporaryFolder()
  writeFileSync(path.join(directory, manifestName), readFileSync(path.join(whole, manifestName)))
  const { shards } = readManifest(whole)
  const writers = shards.map((shard) => {
    const file = path.join(directory, shard.name)
    writeFileSync(file, '')
    truncateSync(file, shard.length)
    const data = readFileSync(path.join(whole, shard.name))
    damage(data)
    return { file, data, progress: createProgress([shard.length]) }
  })
  const arrive = async (share = 1) => {
    for (const { file, data, progress } of writers) {
      const end = Math.floor(data.length * share)
      const piece = Buffer.alloc(data.length)
      data.copy(piece, 0, 0, end)
      writeFileSync(file, piece)
      progress.add(0, end)
      await delay(20)
    }
  }
  const arrival = (done: Promise<void>): Arrival => ({
    progress: writers.map(({ progress }) => progress.buffer),
    done,
    stop: () => undefined,
  })
  return { directory, content, arrive, arrival, writers }
}

describe('an entry that is unpacked while it arrives', () => {
  test.each([
    ['small, in this thread', 1000],
    ['large, in threads', 4_000_000],
  ])('has the content that was packed: %s', async (_, bytes) => {
    const { directory, content, arrive, arrival } = await arriving(bytes)
    const done = delay(100).then(() => arrive())
    const stage = path.join(temporaryFolder(), 'stage')
    await unpackEntry({ directory, stage, readOnly: false, arrival: arrival(done) })
    for (const [name, data] of Object.entries(content))
      expect(readFileSync(path.join(stage, name, 'file')).equals(data)).toBe(true)
  })

  test('is refused when a shard does not match its SHA-256', async () => {
    const { directory, arrive, arrival } = await arriving(4_000_000, (shard) => {
      const at = Math.floor(shard.length / 2)
      shard[at] = (shard[at] ?? 0) ^ 1
    })
    const stage = path.join(temporaryFolder(), 'stage')
    const unpacked = unpackEntry({ directory, stage, readOnly: false, arrival: arrival(arrive()) })
    await expect(unpacked).rejects.toThrow(/SHA-256|cannot be decompressed|path|frame|tar/i)
  })

  test('fails, and does not wait, when the download fails halfway', async () => {
    const { directory, arrive, arrival, writers } = await arriving(4_000_000)
    const done = arrive(0.5).then(() => {
      for (const { progress } of writers) progress.fail()
      throw new Error('reset')
    })
    done.catch(() => undefined)
    const stage = path.join(temporaryFolder(), 'stage')
    const unpacked = unpackEntry({ directory, stage, readOnly: false, arrival: arrival(done) })
    await expect(unpacked).rejects.toThrow(downloadFailed)
  })
})
