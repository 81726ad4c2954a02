import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs'
import * as path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { frameSize, readManifest } from '../../../src/cache/archive/manifest.ts'
import { packEntry } from '../../../src/cache/archive/pack.ts'
import { pathProblem } from '../../../src/cache/archive/paths.ts'
import { unpackEntry } from '../../../src/cache/archive/unpack.ts'
import { isFull } from '../../harness/extent.ts'
import { foldsNames, isGnuTar } from '../../harness/system.ts'
import { isUnix, temporaryFolder } from '../../temporary.ts'
import { packTree, readTree, type Tree, topUnits, treeTime, writeTree } from './trees.ts'

const unlike = (length: number) => {
  // Does not compress, so that shards are as long as their tars.
  let state = 1
  const next = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state >>> 24
  }
  return Buffer.from(Array.from({ length }, next))
}

/** One file of each kind that packing could get wrong. */
const oddities: Tree = {
  'module@v1.0.0/with space/a b.go': 'package a\n',
  'module@v1.0.0/run.sh': { content: '#!/bin/sh\n', executable: true },
  'module@v1.0.0/empty': '',
  'module@v1.0.0/\u00e9': 'composed',
  ...(foldsNames ? {} : { 'module@v1.0.0/e\u0301': 'decomposed' }),
  'module@v1.0.0/-rf': 'x',
  'module@v1.0.0/日本語/ファイル': 'x',
  [`module@v1.0.0/${'directory/'.repeat(29)}a-path-of-300-characters`]: 'x',
  [`module@v1.0.0/${'n'.repeat(86)}`]: 'a path of 100 bytes',
  [`module@v1.0.0/${'n'.repeat(87)}`]: 'a path of 101 bytes',
  ...Object.fromEntries([1, 511, 512, 513, 1024].map((size) => [`module@v1.0.0/${size}`, unlike(size)])),
  'large@v1.0.0/first': unlike(1000),
  'large@v1.0.0/huge': unlike(2 * frameSize + 1000),
  'large@v1.0.0/just-fits': Buffer.alloc(frameSize - 512, 'x'),
  'large@v1.0.0/just-too-long': Buffer.alloc(frameSize - 511, 'y'),
  'large@v1.0.0/last': unlike(1000),
  'file.mod': 'a root that is a file\n',
}

test('unpacking restores what was packed', async () => {
  const folder = temporaryFolder()
  const { base, entry } = await packTree(folder, oddities)
  const stage = path.join(folder, 'stage')
  const unpacked = await unpackEntry({ directory: entry, stage, readOnly: false })
  expect(readTree(stage)).toEqual(readTree(base))
  const files = Object.keys(oddities).filter((name) => !name.endsWith('/'))
  expect(unpacked).toMatchObject({ files: files.length, dropped: 0 })
  expect(unpacked.bytes).toBe(files.reduce((sum, name) => sum + statSync(path.join(base, name)).size, 0))
  expect(unpacked.units.map((unit) => unit.roots)).toEqual(topUnits(base).map((unit) => unit.roots))
  if (isUnix) expect(statSync(stage).mode & 0o777).toBe(0o755)
})

test('directories without files are neither packed nor unpacked', async () => {
  const folder = temporaryFolder()
  const hollow = { 'u/hollow/deep/deeper/': '', 'u/file/a': 'x', 'v/': '' }
  const { base, entry } = await packTree(folder, hollow)
  const unpacked = await unpackEntry({ directory: entry, stage: path.join(folder, 'stage'), readOnly: true })
  expect(unpacked.files).toBe(1)
  expect(Object.keys(readTree(path.join(folder, 'stage')))).toEqual(['u', 'u/file', 'u/file/a'])
  expect(Object.keys(readTree(base))).toContain('v')
})

test.runIf(isGnuTar)('GNU tar and zstd read the shards', async () => {
  const folder = temporaryFolder()
  const { base, entry } = await packTree(folder, oddities)
  const target = path.join(folder, 'target')
  mkdirSync(target)
  for (const shard of readdirSync(entry).filter((name) => name.endsWith('.tar.zst'))) {
    const tar = path.join(folder, 'plain.tar')
    execFileSync('zstd', ['-q', '-d', '-f', path.join(entry, shard), '-o', tar])
    execFileSync('tar', ['--warning=no-timestamp', '-xf', tar, '-C', target], { stdio: 'pipe' })
  }
  expect(readTree(target)).toEqual(readTree(base))
})

test('the manifest lists the content of the entry', async () => {
  const folder = temporaryFolder()
  const base = path.join(folder, 'base')
  writeTree(base, { 'a/1': '12345', 'a/2': '678', 'b/1': '9' })
  const directory = path.join(folder, 'entry')
  const about = { zips: false, list: [1, null, { ü: 'ö' }] }
  const units = [
    { name: 'second', roots: ['b'] },
    { name: 'first', roots: ['a/1', 'a/2'] },
    { name: 'third', roots: [] },
  ]
  const packed = await packEntry({ kind: 'build', metadata: about, base, units, directory, shards: 3 })
  const manifest = readManifest(directory)
  expect(manifest).toMatchObject({ kind: 'build', about, files: 3, bytes: 9 })
  expect(manifest.units).toEqual([
    { name: 'first', roots: ['a/1', 'a/2'], shard: 0 },
    { name: 'second', roots: ['b'], shard: 1 },
    { name: 'third', roots: [], shard: 2 },
  ])
  expect(manifest.shards.map(({ name, files, bytes }) => ({ name, files, bytes }))).toEqual([
    { name: 'shard-0.tar.zst', files: 2, bytes: 8 },
    { name: 'shard-1.tar.zst', files: 1, bytes: 1 },
    { name: 'shard-2.tar.zst', files: 0, bytes: 0 },
  ])
  expect(readdirSync(directory).sort()).toEqual(['manifest.json', ...manifest.shards.map(({ name }) => name)])
  const sizes = readdirSync(directory).map((name) => statSync(path.join(directory, name)).size)
  expect(packed).toMatchObject({ files: 3, bytes: 9, skipped: 0, packedBytes: sizes.reduce((a, b) => a + b) })
})

const names = fc.oneof(
  fc.constantFrom('a', 'b', 'A b', 'é', 'v1.0.0', '..x', 'x'.repeat(60)),
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    .map((name) => name.replace(/[/\\\0\uFFFD]|^\.{1,2}$/g, '_'))
    .filter((name) => pathProblem(name, 'linux') === undefined),
)
const contents = fc.oneof(
  fc.constant(''),
  fc.string({ maxLength: 2000 }),
  fc.uint8Array({ maxLength: 2000 }).map((bytes) => Buffer.from(bytes)),
  fc.string().map((content) => ({ content, executable: true as const })),
)
const trees = fc
  .array(fc.tuple(fc.array(names, { minLength: 2, maxLength: 5 }), contents), { maxLength: 30 })
  .map((files) => {
    const tree: Record<string, (typeof files)[number][1]> = {}
    for (const [parts, content] of files) {
      const file = parts.join('/')
      const clashes = Object.keys(tree).some(
        (other) => `${other}/`.startsWith(`${file}/`) || file.startsWith(`${other}/`),
      )
      if (!clashes && Buffer.byteLength(file) < 1000) tree[file] = content
    }
    return tree
  })

test('unpacking and packing any tree again gives the same bytes', { timeout: 300_000 }, async () => {
  const runs = isFull ? 100 : 10
  await fc.assert(
    fc.asyncProperty(trees, fc.integer({ min: 2, max: 4 }), async (tree, shards) => {
      const folder = temporaryFolder()
      const base = path.join(folder, 'base')
      mkdirSync(base)
      writeTree(base, tree)
      const units = topUnits(base)
      const pack = (directory: string, inOrder: typeof units) =>
        packEntry({
          kind: 'modules',
          metadata: {},
          base,
          units: inOrder,
          directory,
          shards,
          mtimeSeconds: treeTime,
        })
      const [entry, again] = [path.join(folder, 'entry'), path.join(folder, 'again')]
      await pack(entry, units)
      await pack(again, units.toReversed())
      expect(readTreeBytes(again)).toEqual(readTreeBytes(entry))
      const stage = path.join(folder, 'stage')
      await unpackEntry({ directory: entry, stage, readOnly: false })
      expect(readTree(stage)).toEqual(readTree(base))
    }),
    { numRuns: runs, seed: 20, endOnFailure: true },
  )
})

const readTreeBytes = (folder: string) =>
  readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name)).toString('base64')])

describe('file times', () => {
  test('are all equal when a time is given at packing', async () => {
    const folder = temporaryFolder()
    const base = path.join(folder, 'base')
    writeTree(base, { 'a/1': 'x' })
    const [directory, stage] = [path.join(folder, 'entry'), path.join(folder, 'stage')]
    await packEntry({
      kind: 'modules',
      metadata: {},
      base,
      units: topUnits(base),
      directory,
      mtimeSeconds: 315_619_200,
    })
    await unpackEntry({ directory, stage, readOnly: false })
    expect(statSync(path.join(stage, 'a/1')).mtimeMs).toBe(315_619_200_000)
  })

  test('are set at unpacking when a time is given', async () => {
    const folder = temporaryFolder()
    const { entry } = await packTree(folder, { 'a/1': 'x' })
    const stage = path.join(folder, 'stage')
    await unpackEntry({ directory: entry, stage, readOnly: false, mtimeSeconds: 1_234_567_890 })
    expect(statSync(path.join(stage, 'a/1')).mtimeMs).toBe(1_234_567_890_000)
  })
})

describe('exclusions', () => {
  test('packing omits exactly the named paths', async () => {
    const folder = temporaryFolder()
    const base = path.join(folder, 'base')
    writeTree(base, {
      '00/marker.json': 'x',
      '00/keep': 'x',
      '01/marker.json': 'x',
      '01/gone/1': 'x',
      '01/gone2': 'x',
    })
    const [directory, stage] = [path.join(folder, 'entry'), path.join(folder, 'stage')]
    const leaveOut = (file: string) => ['00/marker.json', '01/gone', 'marker.json'].includes(file)
    await packEntry({
      kind: 'build',
      metadata: {},
      base,
      units: topUnits(base),
      directory,
      exclude: leaveOut,
    })
    await unpackEntry({ directory, stage, readOnly: false })
    expect(Object.keys(readTree(stage))).toEqual(['00', '00/keep', '01', '01/gone2', '01/marker.json'])
  })

  test('unpacking omits unwanted roots, and directories that only those need', async () => {
    const folder = temporaryFolder()
    const base = path.join(folder, 'base')
    writeTree(base, {
      'x/a/1': 'x',
      'x/b/1': Buffer.alloc(2 * frameSize),
      'y/c/1': 'x',
      'y/c.mod': 'x',
      'z/d': 'x',
    })
    const units = [
      { name: '1', roots: ['x/a', 'y/c.mod', 'y/c'] },
      { name: '2', roots: ['x/b', 'z/d'] },
    ]
    const [directory, stage] = [path.join(folder, 'entry'), path.join(folder, 'stage')]
    await packEntry({ kind: 'modules', metadata: {}, base, units, directory })
    const skipRoots = ['x/b', 'y/c.mod', 'z/d', 'not/in/it']
    const unpacked = await unpackEntry({ directory, stage, readOnly: false, skipRoots })
    expect(Object.keys(readTree(stage))).toEqual(['x', 'x/a', 'x/a/1', 'y', 'y/c', 'y/c/1'])
    expect(unpacked).toMatchObject({ files: 2, bytes: 2 })
    expect(unpacked.units.map(({ name }) => name)).toEqual(['1', '2'])
  })
})
