import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../../src/cache/archive/manifest.ts'
import { readManifest } from '../../../src/cache/archive/manifest.ts'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { CorruptArchive } from '../../../src/errors.ts'
import { isUnix, temporaryFolder } from '../../temporary.ts'
import { end, forgeEntry, member, type Said, withBytes } from './forged.ts'
import { readTree } from './trees.ts'

const root = member({ path: 'root', isDirectory: true })
const file = member({}, 'hello')

/** Unpacks a forged entry and checks that nothing outside the stage changes. */
async function unpackForged(frames: readonly Buffer[], meta: Said, change: Partial<Manifest> = {}) {
  const folder = temporaryFolder()
  const entry = path.join(folder, 'entry')
  forgeEntry(entry, frames, meta, change)
  mkdirSync(path.join(folder, 'outside'))
  writeFileSync(path.join(folder, 'outside/precious'), 'precious')
  const before = readTree(folder)
  const stage = path.join(folder, 'stage')
  const result = await unpackEntry({ directory: entry, stage, readOnly: true }).catch(
    (error: unknown) => error,
  )
  const outside = Object.entries(readTree(folder)).filter(
    ([name]) => name !== 'stage' && !name.startsWith('stage/'),
  )
  expect(Object.fromEntries(outside)).toEqual(before)
  return { result, stage }
}

test('unpacks a forged entry that has no fault', async () => {
  const { result, stage } = await unpackForged([Buffer.concat([root, file, end])], { files: 1, bytes: 5 })
  expect(result).toMatchObject({ files: 1, bytes: 5 })
  expect(Object.keys(readTree(stage))).toEqual(['root', 'root/file'])
})

describe('reports damage for a tar that holds', () => {
  const one = { files: 1, bytes: 5 }
  const two = { files: 2, bytes: 10 }
  const link = (type: string) => withBytes(withBytes(member({}), 156, type), 157, '../outside/precious')

  test.each<[string, Buffer[], { files: number; bytes: number }, RegExp]>([
    [
      'a path that contains ..',
      [member({ path: 'root/../../outside/precious' }, 'hello')],
      one,
      /"root\/\.\.\/.*has an empty, \. or \.\. part/,
    ],
    ['a path that starts with ..', [member({ path: '../outside/new' }, 'hello')], one, /part/],
    ['an absolute path', [member({ path: '/tmp/go-deps-test-absolute' }, 'hello')], one, /is absolute/],
    ['a drive letter', [member({ path: 'C:/file' }, 'hello')], one, /drive letter/],
    ['a backslash', [member({ path: 'root\\..\\..\\outside\\new' }, 'hello')], one, /backslash/],
    ['a NUL', [member({ path: 'root/a\0b' }, 'hello')], one, /holds a NUL/],
    ['a dot', [member({ path: 'root/./file' }, 'hello')], one, /part/],
    ['an empty path element', [member({ path: 'root//file' }, 'hello')], one, /part/],
    ['a directory named ..', [member({ path: '..', isDirectory: true })], { files: 0, bytes: 0 }, /part/],
    ['a symbolic link', [root, link('2')], { files: 0, bytes: 0 }, /holds a symbolic link/],
    ['a hard link', [root, link('1')], { files: 0, bytes: 0 }, /holds a hard link/],
    ['a character device', [root, link('3')], { files: 0, bytes: 0 }, /holds a character device/],
    ['a block device', [root, link('4')], { files: 0, bytes: 0 }, /holds a block device/],
    ['a FIFO', [root, link('6')], { files: 0, bytes: 0 }, /holds a FIFO/],
    ['a set-uid file', [root, withBytes(file, 100, '0004755')], one, /does not write/],
    [
      'a file under no root',
      [root, member({ path: 'rooted/file' }, 'hello')],
      one,
      /"rooted\/file", which is outside its roots/,
    ],
    [
      'a directory that contains a root',
      [member({ path: 'roo', isDirectory: true })],
      { files: 0, bytes: 0 },
      /outside its roots/,
    ],
    ['the same file twice', [root, file, file], two, /"root\/file" exists twice/],
    ['the same directory twice', [root, root, file], one, /"root" exists twice/],
    [
      'a file and a directory of the same name',
      [root, file, member({ path: 'root/file/below' }, 'hello')],
      two,
      // Windows has one error for both.
      isUnix ? /directory that is a file/ : /directory that the tar did not list/,
    ],
    [
      'a file without its directory',
      [root, member({ path: 'root/sub/file' }, 'hello')],
      one,
      /did not list before/,
    ],
    ['one file too few', [root, file], two, /1 files of 5 bytes instead of 2 of 10/],
    ['one file too many', [root, file], { files: 0, bytes: 0 }, /holds more than 0 bytes/],
    [
      'one empty file too many',
      [root, file, member({ path: 'root/empty' })],
      one,
      /2 files of 5 bytes instead of 1 of 5/,
    ],
    ['one byte too many', [root, file], { files: 1, bytes: 4 }, /holds more than 4 bytes/],
  ])('%s', async (_, members, meta, problem) => {
    const { result } = await unpackForged([Buffer.concat([...members, end])], meta)
    expect(result).toBeInstanceOf(CorruptArchive)
    expect((result as Error).message).toMatch(/^shard-0\.tar\.zst: /)
    expect((result as Error).message).toMatch(problem)
  })

  test.each<[string, Buffer[], RegExp]>([
    ['no end', [root, file], /is truncated/],
    ['half an end', [root, file, Buffer.alloc(512)], /an invalid end/],
    ['an end followed by zeros', [root, file, end, Buffer.alloc(512)], /an invalid end/],
    ['an end followed by other bytes', [root, end, file], /an invalid end/],
    ['an end followed by another tar', [root, file, Buffer.alloc(512), root], /an invalid end/],
    ['half a file', [root, file.subarray(0, 512)], /is truncated/],
    ['half a header', [root, member({ path: 'é' }, 'hello').subarray(0, 512)], /truncated in a pax header/],
  ])('%s', async (_, pieces, problem) => {
    const { result } = await unpackForged([Buffer.concat(pieces)], one)
    expect(result).toBeInstanceOf(CorruptArchive)
    expect((result as Error).message).toMatch(problem)
  })

  test('anything after the end marker in its frame', async () => {
    const { result } = await unpackForged([Buffer.concat([root, file, end]), file], one)
    expect((result as Error).message).toBe('shard-0.tar.zst: its tar continues after its end')
  })
})

describe('reports damage for a manifest that', () => {
  const tar = Buffer.concat([root, file, end])
  const meta = { files: 1, bytes: 5 }

  test.each<[string, (frame: { packed: number; raw: number }) => { packed: number; raw: number }[], RegExp]>([
    ['understates a frame', ({ packed, raw }) => [{ packed, raw: raw - 512 }], /cannot be decompressed/],
    [
      'overstates a frame',
      ({ packed, raw }) => [{ packed, raw: raw + 512 }],
      /a frame of 2560 bytes instead of 3072/,
    ],
    [
      'splits a frame in two',
      ({ packed, raw }) => [
        { packed: packed - 9, raw },
        { packed: 9, raw: 512 },
      ],
      /shard-0/,
    ],
  ])('%s', async (_, change, problem) => {
    const folder = temporaryFolder()
    forgeEntry(path.join(folder, 'probe'), [tar], meta)
    const [frame] = readManifest(path.join(folder, 'probe')).shards[0]?.frames ?? []
    const { result } = await unpackForged([tar], { ...meta, frames: change(frame ?? { packed: 0, raw: 0 }) })
    expect(result).toBeInstanceOf(CorruptArchive)
    expect((result as Error).message).toMatch(problem)
  })

  test('places a unit in the other shard', async () => {
    const units = [{ name: 'unit', roots: ['root'], shard: 1 }]
    const { result } = await unpackForged([tar], meta, { units })
    expect((result as Error).message).toBe(
      'shard-0.tar.zst: its tar holds "root", which is outside its roots',
    )
  })
})

describe('the stage folder', () => {
  const entryIn = (folder: string) => {
    forgeEntry(path.join(folder, 'entry'), [Buffer.concat([root, file, end])], { files: 1, bytes: 5 })
    return path.join(folder, 'entry')
  }

  test('may be an empty folder', async () => {
    const folder = temporaryFolder()
    const stage = path.join(folder, 'stage')
    mkdirSync(stage)
    await unpackEntry({ directory: entryIn(folder), stage, readOnly: false })
    expect(Object.keys(readTree(stage))).toEqual(['root', 'root/file'])
  })

  test('is refused and left unchanged when it is not empty', async () => {
    const folder = temporaryFolder()
    const stage = path.join(folder, 'stage')
    mkdirSync(path.join(folder, 'outside'))
    mkdirSync(stage)
    symlinkSync(path.join(folder, 'outside'), path.join(stage, 'root'), 'junction')
    const unpacked = unpackEntry({ directory: entryIn(folder), stage, readOnly: false })
    await expect(unpacked).rejects.toThrow(`${stage} is not empty`)
    expect(readTree(path.join(folder, 'outside'))).toEqual({})
  })

  test('is refused when it is a link', async () => {
    const folder = temporaryFolder()
    const stage = path.join(folder, 'stage')
    mkdirSync(path.join(folder, 'outside'))
    symlinkSync(path.join(folder, 'outside'), stage, 'junction')
    const unpacked = unpackEntry({ directory: entryIn(folder), stage, readOnly: false })
    await expect(unpacked).rejects.toThrow(`${stage} is not a directory`)
    expect(readTree(path.join(folder, 'outside'))).toEqual({})
  })
})
