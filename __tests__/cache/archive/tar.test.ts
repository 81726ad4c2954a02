import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeMember,
  encodeMember,
  headerLength,
  largestTime,
  type Member,
} from '../../../src/cache/archive/tar.ts'
import { isGnuTar } from '../../harness/system.ts'

const file: Member = {
  path: 'a/b.go',
  isDirectory: false,
  isExecutable: false,
  size: 5,
  mtime: 1_700_000_000,
}

function encode(member: Member): Buffer {
  const buffer = Buffer.alloc(headerLength(member), 0xff)
  expect(encodeMember(buffer, 0, member)).toBe(buffer.length)
  return buffer
}

/** A header with some bytes replaced and its checksum recomputed. */
function forged(member: Member, at: number, bytes: string): Buffer {
  const header = encode(member)
  header.write(bytes, at, 'latin1')
  header.write(' '.repeat(8), 148, 'latin1')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return header
}

const paths = fc
  .array(fc.string({ unit: 'binary', minLength: 1, maxLength: 120 }), { minLength: 1, maxLength: 4 })
  .map((parts) => parts.join('/').replaceAll('\0', '0').replace(/\/+$/, '') || 'x')

test('reads back what it has written, at any offset', () => {
  const members = fc.record({
    path: paths,
    isDirectory: fc.boolean(),
    isExecutable: fc.boolean(),
    size: fc.oneof(fc.nat(100_000), fc.maxSafeNat()),
    mtime: fc.maxSafeNat().map((time) => time % (largestTime + 1)),
  })
  fc.assert(
    fc.property(members, fc.nat(3), (some, blocks) => {
      const member = some.isDirectory ? { ...some, isExecutable: false, size: 0 } : some
      const offset = blocks * 512
      const buffer = Buffer.concat([Buffer.alloc(offset, 7), encode(member), Buffer.alloc(1024, 7)])
      expect(decodeMember(buffer, offset)).toEqual({ member, end: buffer.length - 1024 })
    }),
    { numRuns: 500 },
  )
})

describe.runIf(isGnuTar)('GNU tar reads', () => {
  const list = (tar: Buffer) =>
    spawnSync('tar', ['--utc', '--full-time', '--quoting-style=literal', '-tvf', '-'], {
      input: Buffer.concat([tar, Buffer.alloc(1024)]),
      encoding: 'utf8',
      env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
    }).stdout

  test('files, executables and directories', () => {
    const tar = Buffer.concat([
      encode({ ...file, size: 0 }),
      encode({ ...file, size: 0, path: 'a/run', isExecutable: true }),
      encode({ ...file, size: 0, path: 'a/sub', isDirectory: true }),
    ])
    expect(list(tar)).toBe(
      [
        '-rw-r--r-- 0/0               0 2023-11-14 22:13:20 a/b.go',
        '-rwxr-xr-x 0/0               0 2023-11-14 22:13:20 a/run',
        'drwxr-xr-x 0/0               0 2023-11-14 22:13:20 a/sub/',
        '',
      ].join('\n'),
    )
  })

  test.each(['x'.repeat(100), 'x'.repeat(101), `${'dir/'.repeat(75)}file`, 'a/é', 'a/e\u0301', '日本/語'])(
    'the path %s',
    (path) => {
      expect(list(encode({ ...file, size: 0, path }))).toMatch(new RegExp(` ${path}\n$`))
    },
  )

  test('a file of 9 GB', () => {
    // No such file exists: tar lists the member before it misses the content.
    expect(list(encode({ ...file, size: 9_000_000_000 }))).toContain(
      '0/0      9000000000 2023-11-14 22:13:20 a/b.go',
    )
  })
})

describe('the reader refuses', () => {
  test.each([
    ['1', 'holds a hard link'],
    ['2', 'holds a symbolic link'],
    ['3', 'holds a character device'],
    ['4', 'holds a block device'],
    ['6', 'holds a FIFO'],
    ['g', 'holds a member of type "g"'],
    ['L', 'holds a member of type "L"'],
    ['7', 'holds a member of type "7"'],
    ['\0', 'holds a member of type "\\u0000"'],
  ])('type %j: it %s', (type, problem) => {
    expect(decodeMember(forged(file, 156, type), 0)).toBe(problem)
  })

  test.each([
    ['a set-uid bit', forged(file, 100, '0004755')],
    ['an unexpected mode', forged(file, 100, '0000600')],
    ['an owner', forged(file, 108, '0001750')],
    ['a link name', forged(file, 157, '/etc')],
    ['a prefix', forged(file, 345, '/etc')],
    ['a wrong magic', forged(file, 257, 'ustar  ')],
    ['a size in base 256', forged(file, 124, '\x80')],
    ['a size that is not a number', forged(file, 124, '0000000x005')],
    ['bytes after the name', forged(file, 20, 'hidden')],
    [
      'a directory with a size',
      forged({ ...file, path: 'a', isDirectory: true, size: 0 }, 124, '00000000005'),
    ],
    ['a directory without its slash', forged({ ...file, path: 'abc', isDirectory: true, size: 0 }, 3, '\0')],
  ])('%s', (_, header) => {
    expect(decodeMember(header, 0)).toBe('has a header that this action does not write')
  })

  test('a wrong checksum', () => {
    const header = encode(file)
    header[150] = (header[150] ?? 0) ^ 1
    expect(decodeMember(header, 0)).toBe('has a header that this action does not write')
  })

  test('a header cut off by the end of the frame', () => {
    expect(decodeMember(encode(file).subarray(0, 500), 0)).toBe('is truncated in a header')
    const long = encode({ ...file, path: 'x'.repeat(300) })
    expect(decodeMember(long.subarray(0, 512), 0)).toBe('is truncated in a pax header')
    expect(decodeMember(long.subarray(0, 1024), 0)).toBe('is truncated in a header')
  })

  test('any other pax record, and a record with any byte changed', () => {
    const long = encode({ ...file, path: 'é' })
    const original = decodeMember(long, 0)
    for (let at = 512; at < 1024; at++) {
      const altered = Buffer.from(long)
      altered[at] = (altered[at] ?? 0) ^ 1
      const decoded = decodeMember(altered, 0)
      // Another letter in the path gives another path, as it should; it never gives the same one.
      if (typeof decoded !== 'string') expect(decoded).not.toEqual(original)
      else expect(decoded).toMatch(/does not write|without a path/)
    }
  })
})
