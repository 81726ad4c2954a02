import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { treeHash } from '../../../src/cache/archive/hash-files.ts'
import { zipHash, zipHashOf } from '../../../src/cache/archive/zip-hash.ts'
import { moduleRoot } from '../../../src/gofiles/cache-layout.ts'
import { storedFile, zipFile } from '../../../testbed/zip-file.ts'
import { madeModule, publish, sumLines } from '../../golden/modules.ts'
import { startBed } from '../../harness/bed.ts'
import { temporaryFolder } from '../../temporary.ts'

const fixtures = path.resolve(import.meta.dirname, '../../../.tools/fixture-modules')

describe('real modules', () => {
  test('hash, as zips and as trees, to the value in their .ziphash', { timeout: 120_000 }, async () => {
    // It downloads them unless an earlier test has.
    await startBed()
    const zips = readdirSync(path.join(fixtures, 'cache/download'), { recursive: true, encoding: 'utf8' })
      .map((file) => `cache/download/${file.replaceAll(path.sep, '/')}`)
      .filter((file) => file.endsWith('.zip') && !file.includes('golang.org/toolchain'))
    expect(zips.length).toBeGreaterThan(15)
    const recorded = zips.map((zip) =>
      readFileSync(path.join(fixtures, zip.replace(/\.zip$/, '.ziphash')), 'utf8').trim(),
    )
    expect(zips.map((zip) => zipHash(path.join(fixtures, zip)))).toEqual(recorded)
    for (const [index, zip] of zips.entries()) {
      const [, escapedPath, escapedVersion] = /^cache\/download\/(.+)\/@v\/(.+)\.zip$/.exec(zip) ?? []
      const tree = path.join(fixtures, `${escapedPath}@${escapedVersion}`)
      expect(await treeHash(tree, moduleRoot(zip)?.name ?? '')).toBe(recorded[index])
    }
  })
})

const made = madeModule('example.com/a', 'v1.0.0', {
  'sub/b.go': 'package sub\n',
  'C.go': 'package a\n',
  empty: '',
})
const h1 = sumLines(made).split(/\s/)[2] ?? ''

/** The zip of the module, with some files replaced. */
function zipOf(otherwise: Readonly<Record<string, string>> = {}): Buffer {
  const folder = temporaryFolder()
  publish(folder, { ...made, files: { ...made.files, ...otherwise } })
  return readFileSync(path.join(folder, 'example.com/a/@v/v1.0.0.zip'))
}

/** Splits a zip into its three parts. */
function partsOf(zip: Buffer): Readonly<Record<'files' | 'directory' | 'end', Buffer>> {
  const end = zip.length - 22
  const start = zip.readUInt32LE(end + 16)
  return { files: zip.subarray(0, start), directory: zip.subarray(start, end), end: zip.subarray(end) }
}

/** Shifts the file offsets in a central directory by a number of bytes. */
function moved(directory: Buffer, by: number): Buffer {
  const result = Buffer.from(directory)
  for (let at = 0; at < result.length; at += 46 + result.readUInt16LE(at + 28)) {
    result.writeUInt32LE(result.readUInt32LE(at + 42) + by, at + 42)
  }
  return result
}

function hashOf(bytes: Uint8Array): string {
  const file = path.join(temporaryFolder(), 'a.zip')
  writeFileSync(file, bytes)
  const found = zipHash(file)
  // The hash is the same for a zip file and for a zip in memory.
  expect(zipHashOf(Buffer.from(bytes))).toBe(found)
  return found
}

describe('zipHash', () => {
  test('returns the hash of the files', () => {
    expect(hashOf(zipOf())).toBe(h1)
  })

  test('rejects a zip that is truncated anywhere', () => {
    const zip = zipOf()
    fc.assert(
      fc.property(fc.nat(zip.length - 1), (length) => {
        expect(hashOf(zip.subarray(0, length))).toMatch(/^no hash: /)
      }),
    )
  })

  test('rejects a zip with a changed file, or returns another hash', () => {
    const zip = zipOf()
    const content = Buffer.from('package sub')
    const at = zip.indexOf(content)
    for (let index = 0; index < content.length; index++) {
      const changed = Buffer.from(zip)
      changed[at + index] = (changed[at + index] ?? 0) ^ 1
      expect(hashOf(changed)).not.toBe(h1)
    }
  })

  test('rejects a zip with two files of one name, because readers may differ in which they use', () => {
    const doubled = Buffer.from(zipOf().toString('latin1').replaceAll('/C.go', '/a.go'), 'latin1')
    expect(hashOf(doubled)).toBe('no hash: it holds two files with the same name')
  })

  test('rejects a zip whose central directory is not where Go looks for it', () => {
    // Go locates the directory by its length, from the end: here it is the one of the other files.
    const [good, evil] = [partsOf(zipOf()), partsOf(zipOf({ 'C.go': 'package A\n' }))]
    const end = evil.files.length + good.files.length + evil.directory.length
    const shift = evil.directory.length + 22
    const record = Buffer.from(good.end)
    record.writeUInt32LE(evil.directory.length, 12)
    record.writeUInt32LE(end + 22, 16)
    record.writeUInt16LE(good.directory.length, 20)
    const both = Buffer.concat([
      ...[evil.files, good.files, moved(evil.directory, shift), record],
      moved(good.directory, evil.files.length),
    ])
    expect(hashOf(both)).toBe('no hash: its directory is not at the expected position')
  })

  /** The zip of one file, with its CRC in these places: the directory, and a descriptor with or without signature. */
  function withCrc(
    text: string,
    { directory, descriptor }: { directory: number; descriptor?: { crc: number; signed: boolean } },
  ): Buffer {
    const file = { ...storedFile('m@v1/a', text), crc: directory }
    const zip = zipFile([file], 'stored')
    if (descriptor === undefined) return zip
    const { files, directory: entries, end } = partsOf(zip)
    const behind = Buffer.alloc(16)
    behind.writeUInt32LE(0x08074b50, 0)
    behind.writeUInt32LE(descriptor.crc, 4)
    const added = descriptor.signed ? behind : behind.subarray(4)
    const [flagged, place] = [Buffer.from(entries), Buffer.from(end)]
    flagged.writeUInt16LE(8, 8)
    place.writeUInt32LE(files.length + added.length, 16)
    return Buffer.concat([files, added, flagged, place])
  }
  const crc = storedFile('', 'package a\n').crc
  const descriptor = (value: number, signed = true) => ({ crc: value, signed })

  // archive/zip of Go 1.21 to 1.26 gives the same result for each.
  test.each([
    ['a valid CRC', { directory: crc }, true],
    ['no CRC', { directory: 0 }, true],
    ['a wrong CRC', { directory: crc + 1 }, false],
    ['a valid CRC, also in a descriptor', { directory: crc, descriptor: descriptor(crc) }, true],
    [
      'a valid CRC, also in a descriptor without signature',
      { directory: crc, descriptor: descriptor(crc, false) },
      true,
    ],
    ['a wrong CRC in its descriptor', { directory: crc, descriptor: descriptor(crc + 1) }, false],
    ['the same wrong CRC twice', { directory: crc + 1, descriptor: descriptor(crc + 1) }, false],
    ['no CRC, and no CRC in its descriptor', { directory: 0, descriptor: descriptor(0) }, false],
  ])('a zip with %s has a hash only if Go can unpack it', (_, places, isReadable) => {
    const found = hashOf(withCrc('package a\n', places))
    expect(found).toMatch(isReadable ? /^h1:/ : /^no hash: m@v1\/a .*CRC/)
  })

  test('rejects a zip with bytes after its end, or a zip64 locator before it', () => {
    const zip = zipOf()
    expect(hashOf(Buffer.concat([zip, Buffer.from('x')]))).toMatch(/^no hash: /)
    const { files, directory, end } = partsOf(zip)
    const locator = Buffer.alloc(20)
    locator.writeUInt32LE(0x07064b50, 0)
    expect(hashOf(Buffer.concat([files, directory, locator, end]))).toMatch(/^no hash: /)
  })

  test.each([
    ['empty input', Buffer.alloc(0)],
    ['text', Buffer.from('no zip at all')],
    ['zeros', Buffer.alloc(100_000)],
  ])('rejects %s', (_, bytes) => {
    expect(hashOf(bytes)).toMatch(/^no hash: /)
  })
})
