import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { deflateRawSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { unpackArchive } from '../../src/platform/tool-cache.ts'
import { unzip } from '../../src/platform/unzip.ts'
import { storedFile, type ZippedFile, zipFile } from '../../testbed/zip-file.ts'
import { temporaryFolder } from '../temporary.ts'

const texts: Readonly<Record<string, string>> = {
  'go/VERSION': 'go1.24.3\n',
  'go/empty': '',
  'go/src/a/long.go': 'package a\n'.repeat(50_000),
  // A name of Go's own tests, which no tar of Windows with a Japanese or Cyrillic code page can write.
  'go/test/fixedbugs/issue27836.dir/Þfoo.go': 'package Þfoo\n',
  'go/test/日本.go': '',
}
const files = Object.entries(texts).map(([name, text]) => storedFile(name, text))

function zipOf(method: 'stored' | 'deflated'): Buffer {
  const deflated = files.map((file) => ({ ...file, data: deflateRawSync(file.data) }))
  return zipFile(method === 'stored' ? files : deflated, method)
}

function written(content: Buffer): string {
  const file = path.join(temporaryFolder(), 'go.zip')
  writeFileSync(file, content)
  return file
}

const unpack = async (content: Buffer) => {
  const folder = path.join(temporaryFolder(), 'new')
  await unzip(written(content), folder)
  return folder
}

test.each(['stored', 'deflated'] as const)('unpacks files that are %s', async (method) => {
  const folder = path.join(temporaryFolder(), 'new')
  // Without a program.
  await unpackArchive(written(zipOf(method)), folder, { PATH: '' })
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
  expect(names.filter((entry) => entry.isFile())).toHaveLength(files.length)
  for (const [name, text] of Object.entries(texts))
    expect(readFileSync(path.join(folder, name), 'utf8')).toBe(text)
})

test('keeps the times of files', async () => {
  const zip = zipFile([storedFile('go/VERSION', 'x')], 'stored')
  // 2024-02-29 12:34:56 in DOS format, in the local header.
  zip.writeUInt16LE((12 << 11) | (34 << 5) | 28, 10)
  zip.writeUInt16LE(((2024 - 1980) << 9) | (2 << 5) | 29, 12)
  const { mtime } = statSync(path.join(await unpack(zip), 'go/VERSION'))
  expect(mtime.toISOString()).toBe('2024-02-29T12:34:56.000Z')
})

test.each([
  '../out',
  'go/../../out',
  '/out',
  'C:/out',
  'go\\..\\..\\out',
  'go//out',
  './out',
  'go/a\0b',
  'go/stream:$DATA',
])('rejects the name %j before it writes anything', async (name) => {
  const folder = path.join(temporaryFolder(), 'new')
  const file = written(zipFile([...files, storedFile(name, 'x')], 'stored'))
  await expect(unzip(file, folder)).rejects.toThrow(/not allowed|part/)
  expect(existsSync(folder)).toBe(false)
})

test.each([
  ['text instead of a zip', () => Buffer.from('<html>'.repeat(100)), 'it is not a zip'],
  ['a truncated zip', (zip: Buffer) => zip.subarray(0, -1), 'it is not a zip'],
  ['changed content', (zip: Buffer) => changed(zip, zip.indexOf('go1.24.3')), 'does not match'],
  ['an encrypted file', (zip: Buffer) => changed(zip, directoryAt(zip) + 8), 'is encrypted'],
  ['an unknown method', (zip: Buffer) => changed(zip, directoryAt(zip) + 10), 'compression method'],
])('rejects %s', async (_, change, reason) => {
  await expect(unpack(change(zipOf('stored')))).rejects.toThrow(reason)
})

test('rejects content that is longer than announced', async () => {
  const zip = zipOf('deflated')
  const at = zip.indexOf('go/src/a/long.go', directoryAt(zip)) - 46
  zip.writeUInt32LE(10, at + 24)
  await expect(unpack(zip)).rejects.toThrow()
})

test('rejects a file that is there twice', async () => {
  const twice: readonly ZippedFile[] = [...files, storedFile('go/VERSION', 'other')]
  await expect(unpack(zipFile(twice, 'stored'))).rejects.toThrow('EEXIST')
})

function changed(zip: Buffer, position: number): Buffer {
  const copy = Buffer.from(zip)
  copy[position] = (copy[position] ?? 0) ^ 1
  return copy
}

/** Returns the offset of the central directory. */
function directoryAt(zip: Buffer): number {
  return zip.readUInt32LE(zip.length - 6)
}
