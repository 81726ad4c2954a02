import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { frameSize } from '../../../src/cache/archive/manifest.ts'
import { readSingleFile, type StoredUnit, writeSingleFile } from '../../../src/cache/archive/single-file.ts'
import { readStoredFrame, storedFrame, storedLength } from '../../../src/cache/archive/stored-frame.ts'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { CorruptArchive } from '../../../src/errors.ts'
import { isGnuTar } from '../../harness/system.ts'
import { temporaryFolder, writeFiles } from '../../temporary.ts'
import { readTree } from './trees.ts'

/** Units of one file each: file name to content. */
function unitsOf(contents: Readonly<Record<string, string>>): readonly StoredUnit[] {
  const folder = temporaryFolder()
  writeFiles(folder, contents)
  return Object.entries(contents).map(([name, content]) => ({
    name,
    files: [
      {
        path: name,
        source: path.join(folder, name),
        size: Buffer.byteLength(content),
        sha256: createHash('sha256').update(content).digest('hex'),
      },
    ],
  }))
}

/** One longer than a frame, one empty, and many small ones. */
const contents = {
  'large/@v/v1.0.0.zip': 'x'.repeat(2 * frameSize + 777),
  'empty/@v/list': '',
  ...Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [`m${index}/@v/v1.mod`, `module m${index}\n`]),
  ),
}

async function write(units = unitsOf(contents)) {
  const file = path.join(temporaryFolder(), 'bundle.tar.zst')
  const manifest = await writeSingleFile(file, { kind: 'bundle', about: { a: 1 }, units })
  return { file, manifest }
}

describe('an entry in a single file', () => {
  test('unpacks to the files that were packed', async () => {
    const { file, manifest } = await write()
    const read = readSingleFile(file)
    expect(read.manifest).toEqual(manifest)
    const stage = path.join(temporaryFolder(), 'stage')
    const unpacked = await unpackEntry({ directory: read, stage, readOnly: false, digests: true })
    expect(unpacked.files).toBe(Object.keys(contents).length)
    for (const [name, content] of Object.entries(contents)) {
      expect(readFileSync(path.join(stage, name), 'utf8') === content, name).toBe(true)
      expect(unpacked.digests.get(name)).toBe(createHash('sha256').update(content).digest('hex'))
    }
  })

  test('has the same bytes whatever the location and order of its files', async () => {
    const [one, other] = [await write(), await write([...unitsOf(contents)].reverse())]
    expect(readFileSync(one.file).equals(readFileSync(other.file))).toBe(true)
  })

  test('is one valid archive for tar and zstd', async () => {
    const { file } = await write()
    const listed = execFileSync('tar', ['--zstd', '-tvf', file], { encoding: 'utf8' }).trim().split('\n')
    expect(listed).toHaveLength(Object.keys(contents).length)
    // No time, no user: the listing is the same everywhere.
    const expected = isGnuTar
      ? /^-rw-r--r-- 0\/0 +\d+ 1970-01-01 /
      : /^-rw-r--r-- +0 0 +0 +\d+ Jan +0?1 +1970 /
    for (const line of listed) expect(line).toMatch(expected)
    const folder = temporaryFolder()
    execFileSync('tar', ['--zstd', '-xf', file, '-C', folder])
    expect(readFileSync(path.join(folder, 'm7/@v/v1.mod'), 'utf8')).toBe('module m7\n')
  })

  test('appears under its name only when it is complete, and never replaces an existing entry', async () => {
    const folder = temporaryFolder()
    const file = path.join(folder, 'bundle.tar.zst')
    writeFileSync(file, 'of before')
    const units = unitsOf(contents)
    const [first] = units[0]?.files ?? []
    writeFileSync(first?.source ?? '', 'y'.repeat(first?.size ?? 0))
    await expect(writeSingleFile(file, { kind: 'bundle', about: {}, units })).rejects.toThrow(
      'it changed after it was verified',
    )
    expect(Object.keys(readTree(folder))).toEqual(['bundle.tar.zst'])
    expect(readFileSync(file, 'utf8')).toBe('of before')
  })

  test.each<[string, (bytes: Buffer) => Buffer]>([
    ['truncated', (bytes) => bytes.subarray(0, -1)],
    ['too long', (bytes) => Buffer.concat([bytes, Buffer.of(0)])],
    ['empty', () => Buffer.alloc(0)],
    ['replaced by another archive', () => Buffer.from('28b52ffd', 'hex')],
    ['truncated inside its manifest', (bytes) => bytes.subarray(0, 100)],
  ])('is reported as damaged when it is %s', async (_, damage) => {
    const { file } = await write()
    writeFileSync(file, damage(readFileSync(file)))
    expect(() => readSingleFile(file)).toThrow(CorruptArchive)
  })

  test('is reported as damaged whichever byte is flipped', async () => {
    const { file } = await write(unitsOf({ 'a/@v/v1.mod': 'module a\n', 'b/@v/v1.mod': 'module b\n' }))
    const bytes = readFileSync(file)
    const flip = fc.tuple(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }))
    await fc.assert(
      fc.asyncProperty(flip, async ([at, bits]) => {
        const damaged = Buffer.from(bytes)
        damaged[at] = (damaged[at] ?? 0) ^ bits
        writeFileSync(file, damaged)
        const stage = path.join(temporaryFolder(), 'stage')
        const unpack = async () => unpackEntry({ directory: readSingleFile(file), stage, readOnly: false })
        await expect(unpack()).rejects.toThrow(CorruptArchive)
      }),
      { numRuns: 15 },
    )
  })
})

describe('a frame stored without compression', () => {
  const lengths = [1, 511, 128 * 1024, 128 * 1024 + 1, 3 * 128 * 1024, frameSize]
  const room = Buffer.alloc(frameSize)

  test('is valid zstd of any length, and is read without calling zstd', () => {
    for (const length of lengths) {
      const raw = Buffer.alloc(length, 'stored')
      const frame = storedFrame(raw)
      expect(frame.length).toBe(storedLength(length))
      expect(zstdDecompressSync(frame).equals(raw)).toBe(true)
      expect(readStoredFrame(frame, length, room)?.equals(raw), String(length)).toBe(true)
    }
  })

  test('falls back to zstd when altered, or yields what zstd yields', () => {
    const raw = Buffer.alloc(128 * 1024 + 100, 'stored')
    const frame = storedFrame(raw)
    const heads = [...Array(12).keys(), 12 + 128 * 1024, 13 + 128 * 1024, 14 + 128 * 1024]
    for (const at of heads) {
      const altered = Buffer.from(frame)
      altered[at] = (altered[at] ?? 0) ^ 1
      expect(readStoredFrame(altered, raw.length, room), String(at)).toBeUndefined()
    }
    const flip = fc.tuple(fc.nat(frame.length - 1), fc.integer({ min: 1, max: 255 }))
    fc.assert(
      fc.property(flip, ([at, bits]) => {
        const altered = Buffer.from(frame)
        altered[at] = (altered[at] ?? 0) ^ bits
        const read = readStoredFrame(altered, raw.length, room)
        if (read !== undefined) expect(zstdDecompressSync(altered).equals(read)).toBe(true)
      }),
    )
  })

  test('is not recognised when it is compressed, truncated, too long, or of another length', () => {
    const raw = Buffer.alloc(300, 'stored')
    const frame = storedFrame(raw)
    expect(readStoredFrame(zstdCompressSync(raw), raw.length, room)).toBeUndefined()
    expect(readStoredFrame(frame.subarray(0, -1), raw.length, room)).toBeUndefined()
    expect(readStoredFrame(Buffer.concat([frame, Buffer.of(0)]), raw.length, room)).toBeUndefined()
    expect(readStoredFrame(frame, raw.length - 1, room)).toBeUndefined()
    expect(readStoredFrame(frame, raw.length, room.subarray(0, 299))).toBeUndefined()
  })
})

test('hashes the shards of an unverified file, but not those of a verified one', async () => {
  const { file } = await write()
  const { manifest, places } = readSingleFile(file)
  const shards = manifest.shards.map((shard) => ({ ...shard, sha256: 'f'.repeat(64) }))
  const directory = { manifest: { ...manifest, shards }, places, isOneTar: true } as const
  const unpack = (isVouchedFor: boolean) =>
    unpackEntry({
      directory,
      stage: path.join(temporaryFolder(), 'stage'),
      readOnly: false,
      isVerified: isVouchedFor,
    })
  await expect(unpack(false)).rejects.toThrow('does not match its SHA-256')
  expect((await unpack(true)).files).toBe(Object.keys(contents).length)
})
