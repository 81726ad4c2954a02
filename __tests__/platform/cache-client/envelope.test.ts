import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { constants as zlib, zstdCompressSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { largestManifest, shardLimits, shardName } from '../../../src/cache/archive/manifest.ts'
import { unpackEnvelope } from '../../../src/platform/cache-client/envelope.ts'
import { end, withBytes } from '../../cache/archive/forged.ts'
import { isGnuTar } from '../../harness/system.ts'
import { isUnix, temporaryFolder } from '../../temporary.ts'
import { envelope, file, gzip, header, pax, paxOf, special, typed } from '../envelopes.ts'
import { unpacked } from './unpacked.ts'

const [manifest, shard] = ['entry/manifest.json', 'entry/shard-0.tar.zst']
const whole = [special('entry/', '5'), file(manifest, '{}'), file(shard, 'bytes')]

describe('unpackEnvelope accepts an entry', () => {
  const content = { 'manifest.json': '{}', 'shard-0.tar.zst': 'bytes' }

  test.each<[string, Buffer]>([
    ['compressed with zstd', envelope(whole)],
    ['compressed with gzip', envelope(whole, gzip)],
    [
      'with a zstd checksum',
      envelope(whole, (tar) => zstdCompressSync(tar, { params: { [zlib.ZSTD_c_checksumFlag]: 1 } })),
    ],
    [
      'at the highest zstd level',
      envelope(whole, (tar) => zstdCompressSync(tar, { params: { [zlib.ZSTD_c_compressionLevel]: 22 } })),
    ],
    ['padded to a record of 10 KiB', envelope([...whole, Buffer.alloc(8192)])],
    ['without the directory', envelope(whole.slice(1))],
    [
      'with names that begin with ./',
      envelope([special('./entry/', '5'), file(`./${manifest}`, '{}'), file(`./${shard}`, 'bytes')]),
    ],
    [
      'with the times of GNU tar',
      envelope(whole.flatMap((one) => [pax({ mtime: '1796013398.95', atime: '1.5', ctime: '2' }), one])),
    ],
    [
      'with the records of bsdtar',
      envelope(
        whole.flatMap((one) => [
          pax({ 'LIBARCHIVE.creationtime': '1.5', 'SCHILY.fflags': 'x', 'LIBARCHIVE.xattr.a': 'PQ' }),
          one,
        ]),
      ),
    ],
    [
      'with the attribute files of macOS',
      envelope([
        typed('._entry', '0', Buffer.alloc(163)),
        ...whole.flatMap((one) => [
          pax({ mtime: '1' }),
          typed('entry/._manifest.json', '0', Buffer.alloc(163)),
          one,
        ]),
      ]),
    ],
    [
      'with paths and lengths in pax headers',
      envelope([
        pax({ path: manifest, size: '2' }),
        withBytes(file('elsewhere', '{}'), 124, '00000000000\0'),
        pax({ path: shard }),
        file('elsewhere', 'bytes'),
      ]),
    ],
    [
      'with a length in base 256',
      envelope([whole[1] as Buffer, withBytes(whole[2] as Buffer, 124, '\x80\0\0\0\0\0\0\0\0\0\0\x05')]),
    ],
    [
      'with lengths padded by spaces',
      envelope([whole[1] as Buffer, withBytes(whole[2] as Buffer, 124, '          5 ')]),
    ],
    ['in the old GNU format', envelope(whole.map((one) => withBytes(one, 257, 'ustar  \0')))],
  ])('%s', async (_, archive) => {
    expect(await unpacked(archive)).toEqual({ files: content, why: '' })
  })

  test('with the maximum number of shards, and the longest names', async () => {
    const shards = Array.from({ length: shardLimits.most }, (_, index) => shardName(index))
    const { files, why } = await unpacked(envelope(shards.map((name) => file(`entry/${name}`, name))))
    expect([why, Object.keys(files).sort()]).toEqual(['', [...shards].sort()])
  })

  // macOS and Windows have the tar of libarchive.
  const formats = isGnuTar
    ? ['--posix', '--format=gnu', '--format=ustar']
    : ['--format=pax', ...(isUnix ? [] : ['--format=gnutar']), '--format=ustar']
  test.each(formats)('as tar %s writes it', async (format) => {
    const scratch = temporaryFolder()
    mkdirSync(path.join(scratch, 'entry'))
    for (const [name, text] of Object.entries(content)) writeFileSync(path.join(scratch, 'entry', name), text)
    const tar = execFileSync('tar', [format, '-cf', '-', '-P', '-C', scratch, 'entry'])
    expect(await unpacked(zstdCompressSync(tar))).toEqual({ files: content, why: '' })
  })
})

describe('unpackEnvelope refuses', () => {
  const absolute = path.join(temporaryFolderName(), 'escape')
  const stranger = (holds: string) =>
    `its envelope holds ${holds}, but an entry contains only a manifest and shards`
  const cases: [string, Buffer, RegExp | string][] = [
    ['an absolute path', envelope([file(absolute)]), stranger(`the file ${JSON.stringify(absolute)}`)],
    ['a path that leads out', envelope([file('../../escape')]), stranger('the file "../../escape"')],
    ['a path below the entry that leads out', envelope([file('entry/../escape')]), /holds the file/],
    [
      'a path that leads out, in a pax header',
      envelope([pax({ path: '../escape' }), file(manifest)]),
      /the file "\.\.\/escape"/,
    ],
    [
      'a path that leads out, in the prefix',
      envelope([withBytes(file(manifest), 345, '../..')]),
      /the file "\.\.\/\.\.\/entry/,
    ],
    [
      'a GNU long name',
      envelope([typed('././@LongLink', 'L', Buffer.from('../escape\0')), file(manifest)]),
      /type "L"/,
    ],
    ['a file next to the entry', envelope([...whole, file('answer.json')]), /the file "answer\.json"/],
    ['an extra file in the entry', envelope([...whole, file('entry/extra')]), /the file "entry\/extra"/],
    ['a file below the entry', envelope([file('entry/entry/manifest.json')]), /holds the file/],
    ['another spelling of the entry name', envelope([file('entry/Manifest.json')]), /holds the file/],
    ['a backslash', envelope([file('entry\\manifest.json')]), /holds the file/],
    ['a newline after the name', envelope([pax({ path: `${manifest}\n` }), file('x')]), /holds the file/],
    ['a shard with leading zeros', envelope([file('entry/shard-00.tar.zst')]), /holds the file/],
    ['one shard too many', envelope([file('entry/shard-64.tar.zst')]), /holds the file/],
    [
      'a symbolic link in place of the entry',
      envelope([special('entry', '2', '/tmp'), ...whole]),
      stranger('the symbolic link "entry"'),
    ],
    [
      'a symbolic link in place of a shard',
      envelope([special(shard, '2', '/etc/passwd')]),
      /the symbolic link/,
    ],
    ['a hard link', envelope([special(shard, '1', '/etc/passwd')]), /the hard link/],
    ['a device', envelope([special(shard, '3')]), /the device/],
    ['a named pipe', envelope([special(shard, '6')]), /the named pipe/],
    ['a directory in place of a shard', envelope([special(shard, '5')]), /the directory/],
    ['another directory', envelope([special('entry/sub', '5')]), /the directory/],
    ['the current directory', envelope([special('./', '5')]), /the directory/],
    ['a GNU sparse file', envelope([typed(shard, 'S', Buffer.from('x'))]), /type "S"/],
    [
      'a sparse file in a pax header',
      envelope([pax({ 'GNU.sparse.major': '1', 'GNU.sparse.name': 'x' }), file(shard)]),
      'its envelope holds a sparse file',
    ],
    [
      'a global pax header',
      envelope([typed('x', 'g', Buffer.from('16 path=../evil\n')), ...whole]),
      /type "g"/,
    ],
    ['a file twice', envelope([...whole, file(shard, 'other')]), 'its envelope holds shard-0.tar.zst twice'],
    [
      'a manifest that is too long',
      envelope([header(manifest, largestManifest + 1)]),
      `its envelope holds a manifest of ${largestManifest + 1} bytes`,
    ],
    [
      'a file longer than the limit',
      envelope([header(shard, 2 ** 33 - 1)]),
      /unpacks to far more than its own length/,
    ],
    [
      'an attribute file longer than the limit',
      envelope([header('entry/._x', 2 ** 33 - 1)]),
      /unpacks to far more/,
    ],
    [
      'a length of more than 53 bits',
      envelope([withBytes(file(shard), 124, `\x80${'\xff'.repeat(11)}`)]),
      'its envelope has a header without a length',
    ],
    [
      'a negative length',
      envelope([withBytes(file(shard), 124, '\xff'.repeat(12))]),
      /header without a length/,
    ],
    [
      'a length that is not a number',
      envelope([withBytes(file(shard), 124, '0000000009x\0')]),
      /header without a length/,
    ],
    [
      'a malformed length in a pax header',
      envelope([pax({ size: '-1' }), file(shard)]),
      /pax header without a proper length/,
    ],
    [
      'a wrong checksum',
      envelope([Buffer.concat([Buffer.from('f'), file(shard).subarray(1)])]),
      'its envelope has a header with a wrong checksum',
    ],
    [
      'a truncated pax header',
      envelope([paxOf(Buffer.from('99 path=x\n')), file(shard)]),
      /pax header that is not well-formed/,
    ],
    [
      'an unterminated pax header',
      envelope([paxOf(Buffer.from('0 path=x\n')), file(shard)]),
      /pax header that is not well-formed/,
    ],
    [
      'a huge pax header',
      envelope([withBytes(header('x', 2_000_000), 156, 'x')]),
      'its envelope has a pax header of 2000000 bytes',
    ],
    [
      'endless members',
      envelope(Array.from({ length: 300 }, () => special('entry/', '5'))),
      'its envelope holds more than 264 members',
    ],
    [
      'endless pax headers',
      envelope(Array.from({ length: 300 }, () => pax({ mtime: '1' }))),
      /more than 264 members/,
    ],
    ['no end', zstdCompressSync(Buffer.concat(whole)), 'its envelope is cut off'],
    [
      'half an end',
      zstdCompressSync(Buffer.concat([...whole, Buffer.alloc(512)])),
      'its envelope is cut off',
    ],
    [
      'a member after the end marker',
      zstdCompressSync(Buffer.concat([...whole, end, file('evil')])),
      'its envelope continues after its end',
    ],
    [
      'gigabytes of zeros after the end',
      envelope([...whole, Buffer.alloc(2 * 1024 * 1024)]),
      'its envelope continues after its end',
    ],
    [
      'bytes after the zstd frame',
      Buffer.concat([envelope(whole), Buffer.from('more')]),
      'its envelope is followed by other data',
    ],
    ['a second zstd frame', Buffer.concat([envelope(whole), envelope(whole)]), /followed by other data/],
    [
      'bytes after the gzip stream',
      Buffer.concat([envelope(whole, gzip), Buffer.from('more')]),
      /cannot be decompressed/,
    ],
    ['a zstd window of 1 GiB', envelope([Buffer.alloc(1), ...whole], wide), /cannot be decompressed/],
    [
      'a truncated zstd frame',
      envelope([...whole, file('entry/shard-1.tar.zst', Buffer.alloc(9999, 'ab'))]).subarray(0, -12),
      /cut off|cannot be decompressed/,
    ],
    ['a truncated gzip stream', envelope(whole, gzip).subarray(0, -5), /cannot be decompressed/],
    [
      'a tar that is not compressed',
      envelope(whole, (tar) => tar),
      'its envelope is compressed neither by zstd nor by gzip',
    ],
    ['empty input', Buffer.alloc(0), /neither by zstd nor by gzip/],
    ['an HTML page', Buffer.from('<html>'), /neither by zstd nor by gzip/],
    ['a zip', Buffer.from('PK\x03\x04'), /neither by zstd nor by gzip/],
    ['an empty zstd frame', zstdCompressSync(Buffer.alloc(0)), 'its envelope is cut off'],
    [
      'text',
      zstdCompressSync(Buffer.alloc(2048, 'text')),
      'its envelope has no tar header where one is expected',
    ],
  ]
  test.each(cases)('%s', async (_, archive, why) => {
    const result = await unpacked(archive)
    if (typeof why === 'string') expect(result.why).toBe(why)
    else expect(result.why).toMatch(why)
    expect(existsSync(absolute)).toBe(false)
  })

  test('bytes that expand a thousandfold are not written', async () => {
    const bomb = file(shard, Buffer.alloc(140 * 1024 * 1024))
    const { files, why } = await unpacked(envelope([bomb]))
    expect(why).toBe('its envelope unpacks to far more than its own length')
    expect(files).toEqual({})
  })
})

describe('an existing target is never written to', () => {
  test.each(['directory', 'link to a directory', 'file'])('a %s', async (kind) => {
    const scratch = temporaryFolder()
    const [folder, outside] = [path.join(scratch, 'entry'), path.join(scratch, 'outside')]
    mkdirSync(outside)
    if (kind === 'directory') mkdirSync(folder)
    else if (kind === 'file') writeFileSync(folder, '')
    else symlinkSync(outside, folder, 'junction')
    writeFileSync(path.join(scratch, 'cache.tzst'), envelope(whole))
    await expect(unpackEnvelope(path.join(scratch, 'cache.tzst'), folder)).rejects.toThrow(/EEXIST/)
    expect(readdirSync(outside)).toEqual([])
  })
})

/** zstd with a window that takes 1 GiB of memory, as `--long=30` makes it: the length is not known in advance. */
function wide(tar: Buffer): Buffer {
  return execFileSync('zstd', ['--long=30', '-c'], { input: Buffer.concat([tar.subarray(1)]) })
}

/** A path that no other test uses. */
function temporaryFolderName(): string {
  return path.join(process.env.TMPDIR ?? '/tmp', `go-deps-envelope-${process.pid}`)
}
