import { describe, expect, test } from 'vitest'
import {
  archiveFor,
  archiveName,
  goPlatform,
  parseReleaseList,
  parseSha256File,
  parseToolchainVersions,
  versionsFor,
} from '../../src/setup-go/release-list.ts'

const sha256 = 'ab'.repeat(32)
const linux = goPlatform({ platform: 'linux', arch: 'x64' })
const windows = goPlatform({ platform: 'win32', arch: 'x64' })
const file = {
  filename: 'go1.24.3.linux-amd64.tar.gz',
  os: 'linux',
  arch: 'amd64',
  version: 'go1.24.3',
  sha256,
  size: 1,
  kind: 'archive',
}
const release = { version: 'go1.24.3', stable: true, files: [file] }

function read(...releases: readonly object[]) {
  return parseReleaseList(JSON.stringify(releases))
}

describe('goPlatform', () => {
  test.each<[platform: string, nodeArch: string, os: string, arch: string, goarch?: string]>([
    ['linux', 'x64', 'linux', 'amd64'],
    ['linux', 'arm64', 'linux', 'arm64'],
    ['linux', 'arm', 'linux', 'armv6l', 'arm'],
    ['linux', 'ia32', 'linux', '386'],
    ['linux', 'x32', 'linux', '386'],
    ['linux', 'ppc64', 'linux', 'ppc64le'],
    ['aix', 'ppc64', 'aix', 'ppc64'],
    ['linux', 's390x', 'linux', 's390x'],
    ['linux', 'mipsel', 'linux', 'mipsle'],
    ['darwin', 'arm64', 'darwin', 'arm64'],
    ['win32', 'x64', 'windows', 'amd64'],
    ['sunos', 'x64', 'solaris', 'amd64'],
  ])('%s %s', (platform, nodeArch, os, arch, goarch = arch) => {
    expect(goPlatform({ platform, arch: nodeArch })).toEqual({ os, arch, goarch })
  })

  test('an archive is a zip on Windows only', () => {
    expect(archiveName('go1.24.3', linux)).toBe('go1.24.3.linux-amd64.tar.gz')
    expect(archiveName('go1.24.3', windows)).toBe('go1.24.3.windows-amd64.zip')
  })
})

describe('parseReleaseList', () => {
  test('reads the needed fields of each file', () => {
    const { version: _, size: __, ...kept } = file
    expect(read(release)).toEqual([{ version: 'go1.24.3', stable: true, files: [kept] }])
  })

  test.each([
    ['', undefined],
    ['upper case', sha256.toUpperCase()],
    ['absent', undefined],
    ['no hex', 'z'.repeat(64)],
    ['short', 'abcd'],
  ])('rejects a SHA-256 that is %s', (_, given) => {
    const [one] = read({ ...release, files: [{ ...file, sha256: given }] }) ?? []
    expect(one?.files[0]?.sha256).toBe(given?.toLowerCase() === sha256 ? sha256 : '')
  })

  test.each(['', '<html>', '{}', '[]', 'null', '[null]', '[1]', '{"message":"no"}'])('rejects %s', (text) => {
    expect(parseReleaseList(text)).toBeUndefined()
  })

  test.each([
    { ...release, version: 1 },
    { ...release, stable: 'yes' },
    { ...release, files: undefined },
    { ...release, files: [null] },
    { ...release, files: [{ ...file, filename: undefined }] },
  ])('rejects a list with another element: %j', (wrong) => {
    expect(read(release, wrong)).toBeUndefined()
  })

  test.each(['../go.tar.gz', 'a/go.tar.gz', 'a\\go.tar.gz', '..', '', '.go', 'go?x.tar.gz'])(
    'skips a file named %j',
    (filename) => {
      expect(read({ ...release, files: [{ ...file, filename }, file] })?.[0]?.files).toHaveLength(1)
    },
  )
})

describe('archiveFor', () => {
  const others = [
    { ...file, filename: 'go1.24.3.src.tar.gz', os: '', arch: '', kind: 'source' },
    { ...file, filename: 'go1.24.3.linux-amd64.pkg', kind: 'installer' },
    { ...file, filename: 'go1.24.3.linux-arm64.tar.gz', arch: 'arm64' },
    { ...file, filename: 'go1.24.3.windows-amd64.msi', os: 'windows', kind: 'installer' },
    { ...file, filename: 'go1.24.3.windows-amd64.zip', os: 'windows' },
  ]
  const [one] = read({ ...release, files: [...others, file] }) ?? []
  if (one === undefined) throw new Error('no list')

  test('returns the archive of this system and processor', () => {
    expect(archiveFor(one, linux)?.filename).toBe(file.filename)
    expect(archiveFor(one, windows)?.filename).toBe('go1.24.3.windows-amd64.zip')
    expect(archiveFor(one, goPlatform({ platform: 'darwin', arch: 'arm64' }))).toBeUndefined()
  })

  test('returns nothing for a release without one', () => {
    const bare = { ...one, version: 'go1.25.0', files: one.files.filter(({ os }) => os !== 'linux') }
    expect(versionsFor([bare, one], linux)).toEqual(['go1.24.3'])
    expect(versionsFor([bare, one], windows)).toEqual(['go1.25.0', 'go1.24.3'])
  })
})

test('distinguishes versions of the toolchain module by machine', () => {
  const words = [
    'golang.org/toolchain',
    ...['v0.0.1-go1.9.2rc2.linux-amd64', 'v0.0.1-go1.20.linux-amd64', 'v0.0.1-go1.24.3.linux-arm'],
    ...['v0.0.1-go1.24.3.linux-amd64', 'v0.0.1-go1.24.3.linux-arm64', 'v0.0.1-go1.26rc1.windows-amd64'],
    ...['v0.0.1-go.linux-amd64', 'v0.0.2-go1.30.0.linux-amd64'],
  ]
  const stdout = `${words.join(' ')}\n`
  expect(parseToolchainVersions(stdout, linux)).toEqual(['go1.9.2rc2', 'go1.20', 'go1.24.3'])
  expect(parseToolchainVersions(stdout, windows)).toEqual(['go1.26rc1'])
  // go.dev says armv6l, and Go says arm.
  expect(parseToolchainVersions(stdout, goPlatform({ platform: 'linux', arch: 'arm' }))).toEqual(['go1.24.3'])
})

test.each([
  [sha256, sha256],
  [`${sha256}\n`, sha256],
  [`${sha256.toUpperCase()}  go1.24.3.linux-amd64.tar.gz\r\n`, sha256],
  [`\n${sha256} *file`, sha256],
  [`${sha256}0`, undefined],
  ['', undefined],
  ['<!DOCTYPE html>', undefined],
  [sha256.slice(1), undefined],
])('parses a .sha256 file with %j', (text, expected) => {
  expect(parseSha256File(text)).toBe(expected)
})
