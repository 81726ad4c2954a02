import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import * as path from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  type BuildMarker,
  readConcurrentJobs,
  readMarker,
  writeMarker,
} from '../../../src/cache/gocache/marker.ts'
import { emptyMetadata } from '../../../src/cache/gocache/metadata.ts'
import { isUnix, temporaryFolder, writeFiles } from '../../temporary.ts'

const [minute, hour] = [60_000, 3_600_000]
const [ours, theirs] = ['owner/ours', 'owner/theirs']
const marker: BuildMarker = {
  key: 'build-1-source',
  stored: 'build-1-source-digest',
  share: 0.25,
  repository: ours,
  actions: ['0123456789abcdef', 'fedcba9876543210'],
  since: ['00112233445566aa'],
  about: {
    ...emptyMetadata,
    saved: 1_700_000_000,
    idle: new Map([['fedcba9876543210', { runs: 1, lastUsed: 1_600_000_000 }]]),
    logs: ['0123456789abcdef'],
    testInputs: ['testdata/in.txt'],
  },
  running: false,
}

/** Reads the concurrent jobs of a kind of job that has no marker yet. */
const concurrentJobs = (gocache: string, began: number) =>
  readConcurrentJobs(gocache, { family: 'none', repository: ours }, began)

/** Finds the path of a marker by writing one into an empty folder. */
function fileOf(family: string): string {
  const gocache = temporaryFolder()
  writeMarker(gocache, family, marker)
  const [file = ''] = readdirSync(path.join(gocache, '00'))
  return `00/${file}`
}

/** Sets the time of a marker back by this many milliseconds. */
function age(gocache: string, family: string, by: number): void {
  const time = (Date.now() - by) / 1000
  utimesSync(path.join(gocache, fileOf(family)), time, time)
}

describe('a marker', () => {
  test('is read back as it was written', () => {
    const gocache = temporaryFolder()
    writeMarker(gocache, 'a', marker)
    expect(readMarker(gocache, 'a')).toEqual(marker)
    writeMarker(gocache, 'a', { ...marker, running: true, key: 'build-1-other' })
    expect(readMarker(gocache, 'a')).toEqual({ ...marker, running: true, key: 'build-1-other' })
  })

  test('belongs to one kind of job', () => {
    const gocache = temporaryFolder()
    writeMarker(gocache, 'a', marker)
    expect(readMarker(gocache, 'b')).toBeUndefined()
    expect(readMarker(path.join(gocache, 'none'), 'a')).toBeUndefined()
  })

  test('is stored among the objects, so that `go clean -cache` removes it, under a name unlike theirs', () => {
    expect(fileOf('a')).toMatch(/^00\/[^/]+$/)
    expect(fileOf('a')).not.toMatch(/-[ad]$/)
  })

  test.each([
    ['is valid on the same day', 0, true],
    ['is valid for almost five days', 5 * 24 * hour - hour, true],
    ['expires after five days, when Go removes objects', 5 * 24 * hour + hour, false],
    ['is expired after six days', 6 * 24 * hour, false],
  ])('%s', (_, by, holds) => {
    const gocache = temporaryFolder()
    writeMarker(gocache, 'a', marker)
    age(gocache, 'a', by)
    expect(readMarker(gocache, 'a') !== undefined).toBe(holds)
  })

  test.runIf(isUnix)('is never written or read through a link', () => {
    const gocache = temporaryFolder()
    const [file, target] = [path.join(gocache, fileOf('a')), path.join(gocache, 'of somebody else')]
    writeFiles(gocache, { 'of somebody else': JSON.stringify(marker) })
    mkdirSync(path.join(gocache, '00'))
    symlinkSync(target, file)
    expect(readMarker(gocache, 'a')).toBeUndefined()
    writeMarker(gocache, 'a', { ...marker, key: 'other' })
    expect(readMarker(gocache, 'a')?.key).toBe('other')
    expect(readFileSync(target, 'utf8')).toBe(JSON.stringify(marker))
    expect(readdirSync(path.join(gocache, '00'))).toHaveLength(1)
  })

  test('that cannot be written does not fail the job', () => {
    const gocache = temporaryFolder()
    writeFiles(gocache, { '00': 'a file where a directory should be' })
    expect(() => writeMarker(gocache, 'a', marker)).not.toThrow()
  })
})

/** Invalid marker contents. */
const garbage = [
  ['an empty file', ''],
  ['a truncated marker', JSON.stringify({ ...marker, about: {} }).slice(0, 60)],
  ['null', 'null'],
  ['a list', '[]'],
  ['a number', '7'],
  ['an object without a key', '{"actions":[]}'],
  ['an object without actions', '{"key":"k"}'],
  ['a key that is not a string', '{"key":7,"actions":[]}'],
  ['actions that are not a list', '{"key":"k","actions":{"length":1}}'],
  ['a marker of earlier versions', 'build-1-source\n'],
  ['bytes', '\u0000\ufffd\u0001'],
] as const

describe('a malformed marker', () => {
  test.each(garbage)('%s counts as no marker', (_, text) => {
    const gocache = temporaryFolder()
    writeFiles(gocache, { [fileOf('a')]: text, [fileOf('b')]: text })
    expect(readMarker(gocache, 'a')).toBeUndefined()
    expect(concurrentJobs(gocache, 0)).toEqual({ repositories: [], ours: [] })
  })

  test('with missing fields gets empty values for them', () => {
    const gocache = temporaryFolder()
    writeFiles(gocache, { [fileOf('a')]: '{"key":"k","actions":[],"running":"yes","about":[1]}' })
    expect(readMarker(gocache, 'a')).toEqual({
      key: 'k',
      stored: '',
      share: 0,
      repository: '',
      actions: [],
      since: [],
      about: emptyMetadata,
      running: false,
    })
  })

  test('with fields of wrong types gets empty values for them', () => {
    const gocache = temporaryFolder()
    const strange = { key: 'k', stored: 5, share: 'much', repository: {}, actions: [1, null], about: 0 }
    writeFiles(gocache, { [fileOf('a')]: JSON.stringify(strange) })
    const { stored, share, repository, actions } = readMarker(gocache, 'a') ?? marker
    expect({ stored, share, repository, actions }).toEqual({
      stored: '',
      share: 0,
      repository: '',
      actions: [],
    })
  })

  test('that is a directory counts as no marker', () => {
    const gocache = temporaryFolder()
    mkdirSync(path.join(gocache, fileOf('a')), { recursive: true })
    expect(readMarker(gocache, 'a')).toBeUndefined()
    expect(concurrentJobs(gocache, 0)).toEqual({ repositories: [], ours: [] })
  })
})

describe('readConcurrentJobs', () => {
  test.each([
    ['ended while this job ran', false, minute, theirs, [theirs]],
    ['ended before this job began', false, 2 * hour, theirs, []],
    ['began before this job and still runs', true, 2 * hour, theirs, [theirs]],
    ['began during this job and still runs', true, minute, theirs, [theirs]],
    ['has run longer than a job may, so it was killed', true, 6 * hour + minute, theirs, []],
    ['belongs to this repository and ended meanwhile', false, minute, ours, []],
    ['belongs to this repository and still runs', true, minute, ours, []],
  ])('a job that %s', (_, running, by, repository, others) => {
    const gocache = temporaryFolder()
    writeMarker(gocache, 'a', { ...marker, running: true })
    writeMarker(gocache, 'b', { ...marker, repository, running })
    age(gocache, 'b', by)
    expect(concurrentJobs(gocache, Date.now() - hour).repositories).toEqual(others)
  })

  test('names each repository once, however many jobs it has', () => {
    const gocache = temporaryFolder()
    for (const family of ['a', 'b']) writeMarker(gocache, family, { ...marker, repository: theirs })
    writeMarker(gocache, 'c', { ...marker, repository: 'owner/third' })
    expect(concurrentJobs(gocache, Date.now() - hour).repositories).toEqual([theirs, 'owner/third'])
  })

  test('ignores objects and other files next to the markers', () => {
    const gocache = temporaryFolder()
    writeMarker(gocache, 'a', { ...marker, repository: theirs })
    writeFileSync(path.join(gocache, '00', `${'0'.repeat(64)}-a`), 'v1 ')
    writeFileSync(
      path.join(gocache, '00', 'another.json'),
      JSON.stringify({ key: 'k', actions: [], repository: 'x' }),
    )
    expect(concurrentJobs(gocache, 0).repositories).toEqual([theirs])
    expect(concurrentJobs(path.join(gocache, 'none'), 0)).toEqual({ repositories: [], ours: [] })
  })

  test('returns recent objects of the other job kinds of this repository as ours', () => {
    const gocache = temporaryFolder()
    writeMarker(gocache, 'a', marker)
    writeMarker(gocache, 'b', { ...marker, actions: ['b'], since: [] })
    writeMarker(gocache, 'c', { ...marker, actions: ['c'], since: [] })
    writeMarker(gocache, 'd', { ...marker, repository: theirs, actions: ['d'] })
    age(gocache, 'c', 7 * hour)
    const { ours: known } = readConcurrentJobs(gocache, { family: 'a', repository: ours }, Date.now())
    expect(known).toEqual(['b'])
  })

  const busy = { key: 'k', actions: [], running: true }
  const namedPipe: [string, (gocache: string) => void][] = [
    [
      'is a named pipe',
      (at) => {
        mkdirSync(path.join(at, '00'))
        execFileSync('mkfifo', [path.join(at, fileOf('b'))])
      },
    ],
  ]
  test.each<[string, (gocache: string) => void]>([
    ['names no repository', (at) => writeFiles(at, { [fileOf('b')]: JSON.stringify(busy) })],
    ['names an odd owner', (at) => writeMarker(at, 'b', { ...marker, repository: 'x y', running: true })],
    [
      'has another file name',
      (at) =>
        writeFiles(at, { '00/go-deps-action-b.json.1.new': JSON.stringify({ ...busy, repository: theirs }) }),
    ],
    [
      'has a time in the future',
      (at) => {
        writeMarker(at, 'b', { ...marker, repository: theirs, running: true })
        age(at, 'b', -24 * hour)
      },
    ],
    [
      'is too long',
      (at) =>
        writeFiles(at, {
          [fileOf('b')]: JSON.stringify({ ...busy, repository: theirs, pad: 'x'.repeat(17e6) }),
        }),
    ],
    [
      'is a link to a marker',
      (at) => {
        writeFiles(at, { elsewhere: JSON.stringify({ ...busy, repository: theirs }) })
        mkdirSync(path.join(at, '00'))
        symlinkSync(path.join(at, 'elsewhere'), path.join(at, fileOf('b')))
      },
    ],
    ...(isUnix ? namedPipe : []),
  ])('a file that %s does not prevent a save', (_, make) => {
    const gocache = temporaryFolder()
    make(gocache)
    expect(concurrentJobs(gocache, Date.now() - hour)).toEqual({ repositories: [], ours: [] })
    expect(readMarker(gocache, 'none')).toBeUndefined()
  })

  test('removes expired markers and keeps the others', () => {
    const gocache = temporaryFolder()
    for (const family of ['a', 'b']) writeMarker(gocache, family, marker)
    age(gocache, 'a', 6 * 24 * hour)
    age(gocache, 'b', 4 * 24 * hour)
    concurrentJobs(gocache, Date.now())
    expect(['a', 'b'].map((family) => existsSync(path.join(gocache, fileOf(family))))).toEqual([false, true])
  })
})
