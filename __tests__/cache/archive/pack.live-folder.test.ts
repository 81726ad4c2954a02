import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { frameSize, type ShardContent } from '../../../src/cache/archive/manifest.ts'
import { packEntry, walkUnit } from '../../../src/cache/archive/pack.ts'
import { type PackShardJob, packShard } from '../../../src/cache/archive/pack-shard.ts'
import { createShardWriter, type ReadMore } from '../../../src/cache/archive/shard-writer.ts'
import { unpackShard } from '../../../src/cache/archive/unpack-shard.ts'
import { close, createFile, write as writeBytes } from '../../../src/platform/open-files.ts'
import { foldsNames } from '../../harness/system.ts'
import { isUnix, temporaryFolder } from '../../temporary.ts'
import { readTree, writeTree } from './trees.ts'

function jobFor(
  folder: string,
  base: string,
  roots: readonly string[],
  paths: readonly string[],
  more: Partial<PackShardJob> = {},
): PackShardJob {
  return {
    ...{
      base,
      units: [{ name: 'u', roots, paths, expected: [] }],
      onFault: 'fail',
      verifyBuildObjects: false,
    },
    ...{ target: { file: path.join(folder, 'shard') }, mtimeSeconds: undefined },
    ...more,
  }
}

describe('files that change between listing and reading', () => {
  test('skips a file or directory that vanished, and packs one that grew or shrank as it is', () => {
    const folder = temporaryFolder()
    const base = path.join(folder, 'base')
    writeTree(base, {
      'u/gone': 'x',
      'u/grown': 'x',
      'u/kept': 'x',
      'u/shrunk': 'xxxx',
      'u/sub/gone': 'x',
      'u/turned': 'x',
    })
    const { paths } = walkUnit(base, { name: 'u', roots: ['u'] }, () => false)
    for (const name of ['u/gone', 'u/sub', 'u/turned'])
      rmSync(path.join(base, name), { recursive: true, maxRetries: 5 })
    mkdirSync(path.join(base, 'u/turned'))
    writeTree(base, { 'u/grown': 'x'.repeat(5000), 'u/shrunk': 'x' })
    const packed = packShard(jobFor(folder, base, ['u'], paths))
    expect(packed).toMatchObject({ files: 3, bytes: 5002, skipped: 3 })
    expect(Object.keys(unpack(folder, packed, ['u']))).toEqual(['u', 'u/grown', 'u/kept', 'u/shrunk'])
  })

  test('fails if a file that a unit names vanished', () => {
    const folder = temporaryFolder()
    const pack = () => packShard(jobFor(folder, folder, ['v1.0.0.mod'], ['v1.0.0.mod']))
    expect(pack).toThrow('cannot pack v1.0.0.mod: it vanished or changed')
  })

  // Windows opens links, but no walk leads to one.
  test.runIf(isUnix)('fails if a file became a link, and does not follow it', () => {
    const folder = temporaryFolder()
    writeTree(folder, { 'u/file': 'x', secret: 'secret' })
    rmSync(path.join(folder, 'u/file'))
    symlinkSync('../secret', path.join(folder, 'u/file'))
    expect(() => packShard(jobFor(folder, folder, ['u'], ['u/', 'u/file']))).toThrow('ELOOP')
  })
})

describe('fails cleanly if a file is truncated while it is read', () => {
  const content = (letter: string, size: number) => Buffer.alloc(size, letter)
  const reading = (bytes: Buffer): ReadMore => {
    let at = 0
    return (buffer, offset, length) => {
      const copied = bytes.copy(buffer, offset, at, at + length)
      at += copied
      return copied
    }
  }

  test.each([
    ['a small file', 1000, 999],
    ['a file that is empty by now', 1000, 0],
    ['a file that fills one frame', frameSize - 512, 4096],
    ['a file of three frames, truncated in the first', 2 * frameSize + 1, 100],
    ['a file of three frames, truncated in the second', 2 * frameSize + 1, frameSize + 100],
    ['a file of three frames, truncated in the last', 2 * frameSize + 1, 2 * frameSize],
  ])('%s', (_, promised, found) => {
    const folder = temporaryFolder()
    const write = (target: string, withShrinking: boolean) => {
      const fd = createFile(path.join(folder, target))
      const writer = createShardWriter((bytes) => writeBytes(fd, bytes))
      const add = (name: string, size: number, bytes: Buffer) =>
        writer.addFile(
          { path: name, isDirectory: false, isExecutable: false, size, mtime: 1 },
          reading(bytes),
        )
      expect(add('before', 3000, content('b', 3000))).toBe(true)
      if (withShrinking) expect(add('shrinking', promised, content('s', found))).toBe(false)
      expect(add('after', 500, content('a', 500))).toBe(true)
      const shard = writer.finish()
      close(fd)
      return shard
    }
    const shard = write('shard', true)
    expect(shard.length).toBe(readFileSync(path.join(folder, 'shard')).length)
    expect(unpack(folder, shard, ['before', 'after'])).toEqual({
      after: expect.stringMatching(/^644 1 /),
      before: expect.stringMatching(/^644 1 /),
    })
    // A large file begins a new frame, so only the frame boundaries reveal it.
    if (promised < frameSize / 2) expect(shard).toEqual(write('other', false))
    else {
      expect(shard).toMatchObject({ files: 2, bytes: 3500 })
      // What was written before the file proved too short stays, but is void.
      expect(shard.frames.some(({ raw }) => raw === 0)).toBe(found > frameSize)
    }
  })
})

function unpack(
  folder: string,
  content: ShardContent,
  roots: readonly string[],
): Readonly<Record<string, string>> {
  const stage = path.join(folder, 'stage')
  mkdirSync(stage)
  const shard = { ...content, name: 'shard' }
  const place = { file: path.join(folder, shard.name) }
  const job = { place, shard, stage, roots, skipRoots: [], readOnlyRoots: [] }
  const unpacked = unpackShard({ ...job, mtimeSeconds: undefined, verifyBuildObjects: false })
  expect(unpacked).toEqual({
    files: content.files,
    bytes: content.bytes,
    dropped: 0,
    hashes: [],
    digests: [],
  })
  return readTree(stage)
}

const invalid: [string, Buffer, string] = [
  'a name that is not valid Unicode',
  Buffer.from('752fff', 'hex'),
  'cannot pack "u/\uFFFD": it is not valid Unicode',
]

describe('packing refuses, naming the path,', () => {
  const pack = async (folder: string, roots: readonly string[], more: object = {}) =>
    packEntry({
      ...{ kind: 'modules', metadata: {}, base: path.join(folder, 'base'), units: [{ name: 'u', roots }] },
      directory: path.join(folder, 'entry'),
      ...more,
    })

  const odd: [string, (at: string) => void][] = [
    ['a link to a file', (at) => symlinkSync('/etc/hostname', at)],
    ['a link to a directory', (at) => symlinkSync('..', at)],
    ['a link to nothing', (at) => symlinkSync('nowhere', at)],
    ['a FIFO', (at) => execFileSync('mkfifo', [at])],
  ]
  const junction: typeof odd = [['a junction', (at) => symlinkSync(path.dirname(at), at, 'junction')]]
  test.each(isUnix ? odd : junction)('%s', async (_, make) => {
    const folder = temporaryFolder()
    writeTree(path.join(folder, 'base'), { 'u/sub/file': 'x' })
    make(path.join(folder, 'base/u/sub/odd'))
    await expect(pack(folder, ['u'])).rejects.toThrow(
      'cannot pack u/sub/odd: it is neither a file nor a directory',
    )
    await expect(pack(folder, ['u/sub/odd'])).rejects.toThrow('cannot pack u/sub/odd: it is neither')
  })

  test.runIf(isUnix)('a socket', async () => {
    const folder = temporaryFolder()
    writeTree(path.join(folder, 'base'), { 'u/file': 'x' })
    const server = createServer()
    onTestFinished(() => new Promise((resolve) => void server.close(() => resolve())))
    await new Promise<void>((resolve) => void server.listen(path.join(folder, 'base/u/socket'), resolve))
    await expect(pack(folder, ['u'])).rejects.toThrow(
      'cannot pack u/socket: it is neither a file nor a directory',
    )
  })

  // Windows has no such names.
  test
    .runIf(isUnix)
    .each<[string, string | Buffer, string]>([
      ['a backslash in a name', 'u/a\\b', 'cannot pack "u/a\\\\b": it holds a backslash'],
      ...(foldsNames ? [] : [invalid]),
    ])('%s', async (_, name, problem) => {
    const folder = temporaryFolder()
    writeTree(path.join(folder, 'base'), { 'u/file': 'x' })
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/base/`), Buffer.from(name)]), 'x')
    await expect(pack(folder, ['u'])).rejects.toThrow(problem)
  })

  test('a root that is missing, contains .., or is nested in another', async () => {
    const folder = temporaryFolder()
    writeTree(path.join(folder, 'base'), { 'u/file': 'x' })
    await expect(pack(folder, ['u', 'v'])).rejects.toThrow('cannot pack v: it is missing')
    await expect(pack(folder, ['../base/u'])).rejects.toThrow(
      'cannot pack: the root "../base/u" has an empty, . or .. part',
    )
    await expect(pack(folder, ['u', 'u/file'])).rejects.toThrow('is inside another root')
  })

  test.each([0, 1, 65, Number.NaN])('%d shards', async (shards) => {
    const folder = temporaryFolder()
    writeTree(path.join(folder, 'base'), { 'u/file': 'x' })
    await expect(pack(folder, ['u'], { shards })).rejects.toThrow(`cannot pack into ${shards} shards`)
  })

  test('an entry folder that is not empty', async () => {
    const folder = temporaryFolder()
    writeTree(folder, { 'base/u/file': 'x', 'entry/manifest.json': 'precious' })
    await expect(pack(folder, ['u'])).rejects.toThrow('is not empty')
    expect(readFileSync(path.join(folder, 'entry/manifest.json'), 'utf8')).toBe('precious')
  })
})
