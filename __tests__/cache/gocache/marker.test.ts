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
const mark: BuildMarker = {
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

/** The neighbours of a kind of job that has no mark yet. */
const around = (gocache: string, began: number) =>
  readConcurrentJobs(gocache, { family: 'none', repository: ours }, began)

/** Where the mark of a kind of job is, as the only file that begins to exist with it. */
function fileOf(family: string): string {
  const gocache = temporaryFolder()
  writeMarker(gocache, family, mark)
  const [file = ''] = readdirSync(path.join(gocache, '00'))
  return `00/${file}`
}

/** Sets a mark's time so many milliseconds back. */
function age(gocache: string, family: string, by: number): void {
  const time = (Date.now() - by) / 1000
  utimesSync(path.join(gocache, fileOf(family)), time, time)
}

describe('a mark', () => {
  test('is read as it was left', () => {
    const gocache = temporaryFolder()
    writeMarker(gocache, 'a', mark)
    expect(readMarker(gocache, 'a')).toEqual(mark)
    writeMarker(gocache, 'a', { ...mark, running: true, key: 'build-1-other' })
    expect(readMarker(gocache, 'a')).toEqual({ ...mark, running: true, key: 'build-1-other' })
  })

  test('is of one kind of job', () => {
    const gocache = temporaryFolder()
    writeMarker(gocache, 'a', mark)
    expect(readMarker(gocache, 'b')).toBeUndefined()
    expect(readMarker(path.join(gocache, 'none'), 'a')).toBeUndefined()
  })

  test('stands among the objects, so that `go clean -cache` removes both, and looks like none', () => {
    expect(fileOf('a')).toMatch(/^00\/[^/]+$/)
    expect(fileOf('a')).not.toMatch(/-[ad]$/)
  })

  test.each([
    ['of today', 0, true],
    ['of almost five days', 5 * 24 * hour - hour, true],
    ['of five days, when Go removes objects', 5 * 24 * hour + hour, false],
    ['of six days', 6 * 24 * hour, false],
  ])('%s', (_, by, holds) => {
    const gocache = temporaryFolder()
    writeMarker(gocache, 'a', mark)
    age(gocache, 'a', by)
    expect(readMarker(gocache, 'a') !== undefined).toBe(holds)
  })

  test.runIf(isUnix)('is not written or read through a link', () => {
    const gocache = temporaryFolder()
    const [file, target] = [path.join(gocache, fileOf('a')), path.join(gocache, 'of somebody else')]
    writeFiles(gocache, { 'of somebody else': JSON.stringify(mark) })
    mkdirSync(path.join(gocache, '00'))
    symlinkSync(target, file)
    expect(readMarker(gocache, 'a')).toBeUndefined()
    writeMarker(gocache, 'a', { ...mark, key: 'other' })
    expect(readMarker(gocache, 'a')?.key).toBe('other')
    expect(readFileSync(target, 'utf8')).toBe(JSON.stringify(mark))
    expect(readdirSync(path.join(gocache, '00'))).toHaveLength(1)
  })

  test('that cannot be left is no reason to fail', () => {
    const gocache = temporaryFolder()
    writeFiles(gocache, { '00': 'a file where a directory should be' })
    expect(() => writeMarker(gocache, 'a', mark)).not.toThrow()
  })
})

/** What is no mark, as text. */
const garbage = [
  ['an empty file', ''],
  ['a mark that was cut', JSON.stringify({ ...mark, about: {} }).slice(0, 60)],
  ['null', 'null'],
  ['a list', '[]'],
  ['a number', '7'],
  ['an object without a key', '{"actions":[]}'],
  ['an object without actions', '{"key":"k"}'],
  ['a key that is none', '{"key":7,"actions":[]}'],
  ['actions that are none', '{"key":"k","actions":{"length":1}}'],
  ['the mark of earlier versions', 'build-1-source\n'],
  ['bytes', '\u0000\ufffd\u0001'],
] as const

describe('a mark that nobody wrote like this', () => {
  test.each(garbage)('%s counts as none', (_, text) => {
    const gocache = temporaryFolder()
    writeFiles(gocache, { [fileOf('a')]: text, [fileOf('b')]: text })
    expect(readMarker(gocache, 'a')).toBeUndefined()
    expect(around(gocache, 0)).toEqual({ meanwhile: [], ours: [] })
  })

  test('with less in it is one that knows less', () => {
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

  test('with other things in place of texts and numbers has none of them', () => {
    const gocache = temporaryFolder()
    const strange = { key: 'k', stored: 5, share: 'much', repository: {}, actions: [1, null], about: 0 }
    writeFiles(gocache, { [fileOf('a')]: JSON.stringify(strange) })
    const { stored, share, repository, actions } = readMarker(gocache, 'a') ?? mark
    expect({ stored, share, repository, actions }).toEqual({
      stored: '',
      share: 0,
      repository: '',
      actions: [],
    })
  })

  test('a directory in its place counts as none', () => {
    const gocache = temporaryFolder()
    mkdirSync(path.join(gocache, fileOf('a')), { recursive: true })
    expect(readMarker(gocache, 'a')).toBeUndefined()
    expect(around(gocache, 0)).toEqual({ meanwhile: [], ours: [] })
  })
})

describe('lookAtNeighbours', () => {
  test.each([
    ['ended while this job ran', false, minute, theirs, [theirs]],
    ['ended before this job began', false, 2 * hour, theirs, []],
    ['began before this job, and runs', true, 2 * hour, theirs, [theirs]],
    ['began during this job, and runs', true, minute, theirs, [theirs]],
    ['has run for longer than jobs do, so it was killed', true, 6 * hour + minute, theirs, []],
    ['is of this repository, and ended meanwhile', false, minute, ours, []],
    ['is of this repository, and runs', true, minute, ours, []],
  ])('a job that %s', (_, running, by, repository, others) => {
    const gocache = temporaryFolder()
    writeMarker(gocache, 'a', { ...mark, running: true })
    writeMarker(gocache, 'b', { ...mark, repository, running })
    age(gocache, 'b', by)
    expect(around(gocache, Date.now() - hour).meanwhile).toEqual(others)
  })

  test('each is named once, however many of its jobs there are', () => {
    const gocache = temporaryFolder()
    for (const family of ['a', 'b']) writeMarker(gocache, family, { ...mark, repository: theirs })
    writeMarker(gocache, 'c', { ...mark, repository: 'owner/third' })
    expect(around(gocache, Date.now() - hour).meanwhile).toEqual([theirs, 'owner/third'])
  })

  test('objects and other files beside the marks are none', () => {
    const gocache = temporaryFolder()
    writeMarker(gocache, 'a', { ...mark, repository: theirs })
    writeFileSync(path.join(gocache, '00', `${'0'.repeat(64)}-a`), 'v1 ')
    writeFileSync(
      path.join(gocache, '00', 'another.json'),
      JSON.stringify({ key: 'k', actions: [], repository: 'x' }),
    )
    expect(around(gocache, 0).meanwhile).toEqual([theirs])
    expect(around(path.join(gocache, 'none'), 0)).toEqual({ meanwhile: [], ours: [] })
  })

  test('what other kinds of jobs of this repository have left lately is ours', () => {
    const gocache = temporaryFolder()
    writeMarker(gocache, 'a', mark)
    writeMarker(gocache, 'b', { ...mark, actions: ['b'], since: [] })
    writeMarker(gocache, 'c', { ...mark, actions: ['c'], since: [] })
    writeMarker(gocache, 'd', { ...mark, repository: theirs, actions: ['d'] })
    age(gocache, 'c', 7 * hour)
    const { ours: known } = readConcurrentJobs(gocache, { family: 'a', repository: ours }, Date.now())
    expect(known).toEqual(['b'])
  })

  const busy = { key: 'k', actions: [], running: true }
  test.each<[string, (gocache: string) => void]>([
    ['names no repository', (at) => writeFiles(at, { [fileOf('b')]: JSON.stringify(busy) })],
    ['names none as owner/name', (at) => writeMarker(at, 'b', { ...mark, repository: 'x y', running: true })],
    [
      'is of another name',
      (at) =>
        writeFiles(at, { '00/go-deps-action-b.json.1.new': JSON.stringify({ ...busy, repository: theirs }) }),
    ],
    [
      'is of tomorrow',
      (at) => {
        writeMarker(at, 'b', { ...mark, repository: theirs, running: true })
        age(at, 'b', -24 * hour)
      },
    ],
    [
      'is longer than any',
      (at) =>
        writeFiles(at, {
          [fileOf('b')]: JSON.stringify({ ...busy, repository: theirs, pad: 'x'.repeat(17e6) }),
        }),
    ],
    [
      'is a link to one',
      (at) => {
        writeFiles(at, { elsewhere: JSON.stringify({ ...busy, repository: theirs }) })
        mkdirSync(path.join(at, '00'))
        symlinkSync(path.join(at, 'elsewhere'), path.join(at, fileOf('b')))
      },
    ],
    [
      'is a named pipe',
      (at) => {
        mkdirSync(path.join(at, '00'))
        execFileSync('mkfifo', [path.join(at, fileOf('b'))])
      },
    ],
  ])('a file that %s stops no save', (_, make) => {
    const gocache = temporaryFolder()
    make(gocache)
    expect(around(gocache, Date.now() - hour)).toEqual({ meanwhile: [], ours: [] })
    expect(readMarker(gocache, 'none')).toBeUndefined()
  })

  test('a mark that no longer holds is removed, and others stay', () => {
    const gocache = temporaryFolder()
    for (const family of ['a', 'b']) writeMarker(gocache, family, mark)
    age(gocache, 'a', 6 * 24 * hour)
    age(gocache, 'b', 4 * 24 * hour)
    around(gocache, Date.now())
    expect(['a', 'b'].map((family) => existsSync(path.join(gocache, fileOf(family))))).toEqual([false, true])
  })
})
