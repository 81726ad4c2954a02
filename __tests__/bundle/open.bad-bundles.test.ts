import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { BundleContent } from '../../src/bundle/content.ts'
import { unpackBundle } from '../../src/bundle/install.ts'
import { openBundle } from '../../src/bundle/open.ts'
import { compareWithCheckout } from '../../src/bundle/select.ts'
import { writeSingleFile } from '../../src/cache/archive/single-file.ts'
import { UserError } from '../../src/errors.ts'
import { temporaryFolder } from '../temporary.ts'
import { modules, one, rehashed, rootOf, two, type Wrong, writeBundle, writeSide } from './written.ts'

const name = 'deps.tar.zst'

/** A folder with a bundle, and with its sha256sum file if wanted. */
async function folderWith(wrong: Wrong = {}, side = true): Promise<string> {
  const folder = temporaryFolder()
  await writeBundle(path.join(folder, name), modules, wrong)
  if (side) writeSide(path.join(folder, name))
  return folder
}

/** Opens the bundle of a folder as a job does, and returns the folder with its modules. */
async function use(folder: string, sha256 = '', required = modules): Promise<string> {
  const bundle = await openBundle(name, 'bundle', folder, sha256)
  const fit = compareWithCheckout(bundle.content, [rootOf(required)], sha256 !== '')
  if (fit.gaps.length > 0) throw new Error(`gaps: ${fit.gaps.map((gap) => gap.name).join()}`)
  const stage = path.join(temporaryFolder(), 'stage')
  await unpackBundle(bundle, [rootOf(required)], stage)
  return stage
}

const zip = 'example.com/one/@v/v1.0.0.zip'

test('a valid bundle is used, and holds all files that Go asks a proxy for', async () => {
  const stage = await use(await folderWith())
  expect(readdirSync(path.join(stage, 'example.com/one/@v')).sort()).toEqual([
    'v1.0.0.info',
    'v1.0.0.mod',
    'v1.0.0.zip',
  ])
})

test('modules of a larger bundle that go.sum does not name are dropped', async () => {
  const folder = await folderWith()
  const stage = await use(folder, '', [two])
  expect(existsSync(path.join(stage, 'example.com/two/@v/v1.2.3.zip'))).toBe(true)
  expect(existsSync(path.join(stage, 'example.com/one'))).toBe(false)
})

describe('a bundle is refused with a specific message if it is', () => {
  const damage = (change: (bytes: Buffer) => Buffer) => async () => {
    const folder = await folderWith({}, false)
    const file = path.join(folder, name)
    writeFileSync(file, change(readFileSync(file)))
    return folder
  }
  const content = (change: (content: BundleContent) => object) => () => folderWith({ content: change })
  const bytes = (inBundle: string, change: (bytes: Buffer) => Buffer) => () =>
    folderWith({ bytes: { [inBundle]: change } })
  const replaced = (from: string, to: string) => (all: Buffer) =>
    Buffer.from(all.toString('latin1').replace(from, to), 'latin1')

  test.each<[string, () => Promise<string> | string, RegExp]>([
    ['missing', () => temporaryFolder(), /^Input `bundle` is "deps.tar.zst", which does not exist in /],
    [
      'a directory',
      () => {
        const folder = temporaryFolder()
        mkdirSync(path.join(folder, name))
        return folder
      },
      /which is a directory\. Name the file/,
    ],
    ['empty', damage(() => Buffer.alloc(0)), /not a bundle of this action, or is damaged: it does not begin/],
    ['truncated', damage((all) => all.subarray(0, -700)), /it has \d+ bytes instead of \d+/],
    [
      'truncated in the manifest',
      damage((all) => all.subarray(0, 500)),
      /is damaged: manifest.json is not in the format of this action/,
    ],
    [
      'another tar.zst',
      damage(() => Buffer.from('28b52ffd2400010000', 'hex')),
      /it does not begin with a manifest/,
    ],
    [
      'of a newer content schema',
      content((all) => ({ ...all, schema: 2 })),
      /has schema 2, and this version of the action reads schema 1.*Use the version of the action that created it/,
    ],
    [
      'of a newer archive schema',
      damage((all) => {
        const text = all.toString('latin1')
        return Buffer.from(text.replace('"manifest":{"schema":1', '"manifest":{"schema":9'), 'latin1')
      }),
      /manifest.json does not match its SHA-256/,
    ],
    ['without a scope', content(({ scope: _, ...all }) => all), /has the unknown scope undefined/],
    [
      'one with a file path that leads out',
      content((all) => ({ ...all, others: [{ path: 'sumdb/../../x', size: 0, sha256: '0'.repeat(64) }] })),
      /holds "sumdb\/..\/..\/x", which does not belong in a bundle/,
    ],
    [
      'one with a module path that leads out',
      content((all) => ({ ...all, modules: [{ ...all.modules[0], path: 'example.com/../../etc' }] })),
      /names a malformed module path/,
    ],
    [
      'one that holds more than its metadata states',
      content((all) => ({ ...all, modules: all.modules.slice(1) })),
      /holds example.com\/one\/@v\/v1.0.0.info, which its description does not list/,
    ],
    [
      'one whose metadata states more than it holds',
      content((all) => ({
        ...all,
        others: [{ path: 'sumdb/sum.example.com/supported', size: 0, sha256: '0'.repeat(64) }],
      })),
      /does not hold sumdb\/sum.example.com\/supported, which its description lists/,
    ],
    [
      'one with another zip and a matching hash',
      bytes(zip, replaced('"one"', '"two"')),
      /the zip of example.com\/one@v1.0.0 hashes to (h1:|no hash)/,
    ],
    [
      'one with another go.mod and a matching hash',
      bytes('example.com/one/@v/v1.0.0.mod', (all) => Buffer.concat([all, Buffer.from('// more\n')])),
      /the go.mod of example.com\/one@v1.0.0 hashes to h1:\S+, not h1:/,
    ],
    [
      'one with the .info of another version',
      bytes('example.com/one/@v/v1.0.0.info', replaced('v1.0.0', 'v1.0.1')),
      /the .info file of example.com\/one@v1.0.0 describes another version/,
    ],
    [
      'one with a wrong SHA-256 of a file in its manifest',
      content((all) => ({
        ...all,
        modules: all.modules.map((module) => ({ ...module, info: { size: 1, sha256: 'a'.repeat(64) } })),
      })),
      /the manifest has another SHA-256 for .*v1.0.0.info, example.com\/two\/@v\/v1.2.3.info/,
    ],
    [
      'one with a path that leads out in its tar',
      damage((all) => rehashed(all, (header) => header.write('../example.com', 'latin1'))),
      /a damaged bundle: shard-\d.tar.zst: its tar holds the path "\.\.\/example.com\S*", which has an empty, \. or \.\. part/,
    ],
    [
      'one with a link in its tar',
      damage((all) => rehashed(all, (header) => header.write('2', 156, 'latin1'))),
      /a damaged bundle: shard-\d.tar.zst: its tar holds a symbolic link/,
    ],
    [
      'one with a malformed .sha256 file',
      async () => {
        const folder = await folderWith()
        writeFileSync(path.join(folder, `${name}.sha256`), 'what is this\n')
        return folder
      },
      /deps.tar.zst.sha256 next to it does not hold one line of `sha256sum` output/,
    ],
  ])('%s', async (_, make, words) => {
    const folder = await make()
    const error = await use(folder).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(UserError)
    expect((error as Error).message).toMatch(words)
  })

  test('replaced by an entry of another kind', async () => {
    const folder = temporaryFolder()
    await writeSingleFile(path.join(folder, name), { kind: 'modules', about: {}, units: [] })
    await expect(use(folder)).rejects.toThrow('it holds modules, not a bundle')
  })

  test('one whose SHA-256 differs from the input, which wins over the .sha256 file', async () => {
    const folder = await folderWith()
    await expect(use(folder, 'f'.repeat(64))).rejects.toThrow(
      /whose SHA-256 is [0-9a-f]{64}, but input `bundle-sha256` expects f{64}/,
    )
    const [sha256 = ''] = readFileSync(path.join(folder, `${name}.sha256`), 'utf8').split(' ')
    writeFileSync(path.join(folder, `${name}.sha256`), `${'e'.repeat(64)}  ${name}\n`)
    await expect(use(folder)).rejects.toThrow(/the file deps.tar.zst.sha256 expects e{64}/)
    await expect(use(folder, sha256)).resolves.toBeTruthy()
  })

  test('a link to a bundle is accepted, and a dangling link is not', async () => {
    const folder = await folderWith()
    const links = temporaryFolder()
    symlinkSync(path.join(folder, name), path.join(links, name))
    await expect(use(links)).resolves.toBeTruthy()
    const broken = temporaryFolder()
    symlinkSync(path.join(folder, 'nothing'), path.join(broken, name))
    await expect(use(broken)).rejects.toThrow('which does not exist')
  })
})

describe('a flipped byte', () => {
  let right: Buffer
  let manifestEnd = 0
  beforeAll(async () => {
    const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'go-deps-bundle-'))
    await writeBundle(path.join(folder, name))
    right = readFileSync(path.join(folder, name))
    manifestEnd = 8 + right.readUInt32LE(4)
    rmSync(folder, { recursive: true, maxRetries: 5 })
  })

  const places: Readonly<Record<string, () => number>> = {
    'the manifest': () => 200,
    'a go.mod': () => right.indexOf('module example.com/two', manifestEnd),
    'a zip': () => right.indexOf('const Text', manifestEnd),
    'a description': () => right.indexOf('2020-01-01T00', manifestEnd),
    'the header of a member': () => right.indexOf('ustar', manifestEnd),
    'the length of the manifest': () => 5,
    'the beginning of a frame': () => manifestEnd,
    'the end': () => right.length - 1,
  }

  test.each(Object.entries(places))('in %s: the bundle is refused', async (_, place) => {
    expect(place()).toBeGreaterThan(0)
    await expect(use(await flipped(place(), 1))).rejects.toThrow(UserError)
    await expect(use(await flipped(place(), 1, true))).rejects.toThrow(/whose SHA-256 is/)
  })

  test('in the .sha256 file: the bundle is refused', async () => {
    const folder = await flipped(undefined, 0, true)
    const side = path.join(folder, `${name}.sha256`)
    const text = readFileSync(side, 'utf8')
    writeFileSync(side, `${text[0] === '0' ? '1' : '0'}${text.slice(1)}`)
    await expect(use(folder)).rejects.toThrow(/whose SHA-256 is/)
  })

  test('at any offset: the bundle is refused', async () => {
    const flip = fc.tuple(fc.nat(right.length - 1), fc.integer({ min: 1, max: 255 }))
    await fc.assert(
      fc.asyncProperty(flip, async ([at, bits]) => {
        await expect(use(await flipped(at, bits))).rejects.toThrow(UserError)
      }),
      { numRuns: 8 },
    )
  })

  /** A folder with a bundle in which one byte is changed; its .sha256 file is that of the original. */
  async function flipped(at: number | undefined, bits: number, side = false): Promise<string> {
    const folder = temporaryFolder()
    const file = path.join(folder, name)
    writeFileSync(file, right)
    if (side) writeSide(file)
    const bytes = Buffer.from(right)
    if (at !== undefined) bytes[at] = (bytes[at] ?? 0) ^ bits
    writeFileSync(file, bytes)
    return folder
  }
})

test('modules with other hashes do not pass for those of go.sum', async () => {
  const other = { ...one, files: { ...one.files, 'text.go': 'package one\n\nconst Text = "evil"\n' } }
  const folder = temporaryFolder()
  await writeBundle(path.join(folder, name), [other, two])
  const { content } = await openBundle(name, 'bundle', folder, '')
  const [gap] = compareWithCheckout(content, [rootOf(modules)], false).gaps
  expect(gap).toMatchObject({ name: 'example.com/one@v1.0.0', part: 'files' })
  expect(gap?.found).not.toBe(gap?.expected)
})
