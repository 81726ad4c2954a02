import { existsSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type CachedAction,
  holdsObjects,
  listActions,
  objectDirectories,
} from '../../../src/cache/gocache/listing.ts'
import { isUnix, temporaryFolder, writeFiles } from '../../temporary.ts'
import { action, actionText, fileIn, hash, placeOf, store } from './actions.ts'

describe('the listing omits an action', () => {
  /** Stores three actions, changes one of them, and lists. */
  function listed(change: (gocache: string, stored: CachedAction, file: string) => void) {
    const gocache = temporaryFolder()
    const [first, changed, last] = [
      store(gocache, 0x10, 'a'),
      store(gocache, 0x11, 'b'),
      store(gocache, 0x12, 'c'),
    ]
    change(gocache, changed, fileIn(gocache, changed.id, 'a'))
    const ids = listActions(gocache).map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining([first.id, last.id]))
    return ids.filter((id) => id !== first.id && id !== last.id)
  }
  const rewritten = (text: (stored: CachedAction) => string) =>
    listed((_, stored, file) => writeFileSync(file, text(stored)))

  test.each<readonly [string, (stored: CachedAction) => string]>([
    ['is empty', () => ''],
    ['is truncated', (stored) => actionText(stored).slice(0, -1)],
    ['is truncated after the hashes', (stored) => actionText(stored).slice(0, 133)],
    ['is too long', (stored) => `${actionText(stored)}\n`],
    ['has extra blanks', (stored) => actionText(stored).replace('v1 ', 'v1  ')],
    ['has a Windows line break', (stored) => actionText(stored).replace('\n', '\r\n')],
    ['is of another version', (stored) => actionText(stored).replace('v1', 'v2')],
    ['is of another action', (stored) => actionText({ ...stored, id: hash(0x99) })],
    ['names no data', (stored) => actionText({ ...stored, output: 'x'.repeat(64) })],
    ['names data in capitals', (stored) => actionText({ ...stored, output: stored.output.toUpperCase() })],
    ['has a length that is not a number', (stored) => actionText(stored).replace(/ 1 /, ' x ')],
    ['has a negative length', (stored) => actionText(stored).replace(/ {2}1 /, ' -1 ')],
    ['names data that does not exist', (stored) => actionText({ ...stored, output: hash(0x99) })],
    ['is unrelated text', () => '\u0000'.repeat(175)],
  ])('that %s', (_, text) => {
    expect(rewritten(text)).toEqual([])
  })

  test('as soon as its data is missing', () => {
    expect(listed((gocache, { output }) => rmSync(fileIn(gocache, output, 'd')))).toEqual([])
  })

  test('whose file has another suffix', () => {
    const elsewhere = (name: string) =>
      listed((gocache, _, file) => {
        mkdirSync(path.dirname(path.join(gocache, name)), { recursive: true })
        renameSync(file, path.join(gocache, name))
      })
    expect(elsewhere(placeOf(hash(0x99), 'a'))).toEqual([])
    expect(elsewhere(`00/${hash(0x11)}-a.tmp`)).toEqual([])
    expect(elsewhere(`00/${hash(0x11).slice(1)}-a`)).toEqual([])
  })

  test.runIf(isUnix)('that is a link to an action', () => {
    const linked = listed((gocache, _, file) => {
      renameSync(file, path.join(gocache, 'moved'))
      symlinkSync(path.join(gocache, 'moved'), file)
    })
    expect(linked).toEqual([])
  })

  test('that is a directory', () => {
    const directory = listed((_, __, file) => {
      rmSync(file)
      mkdirSync(file)
    })
    expect(directory).toEqual([])
  })

  test('that is not in an object directory', () => {
    expect(listed((gocache, _, file) => renameSync(file, path.join(gocache, path.basename(file))))).toEqual(
      [],
    )
    const other = listed((gocache, { id }, file) => {
      mkdirSync(path.join(gocache, 'fuzz'))
      renameSync(file, path.join(gocache, 'fuzz', `${id}-a`))
    })
    expect(other).toEqual([])
  })

  test('but never an untouched one', () => {
    expect(listed(() => {})).toEqual([hash(0x11)])
  })

  test('lists the other actions, whatever an action file holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const gocache = temporaryFolder()
        const good = store(gocache, 0x10, 'a')
        writeFileSync(fileIn(gocache, good.id, 'a').replace('10-a', '11-a'), bytes)
        expect(listActions(gocache).map(({ id }) => id)).toEqual([good.id])
      }),
      { numRuns: 50 },
    )
  })
})

describe('the listing', () => {
  test('contains what Go wrote, and the last use of the action; the time of its data is irrelevant', () => {
    const gocache = temporaryFolder()
    const stored = store(gocache, 7, 'data')
    utimesSync(fileIn(gocache, stored.id, 'a'), 1_600_000_000, 1_600_000_000)
    expect(listActions(gocache)).toEqual([{ ...stored, used: 1_600_000_000_000 }])
  })

  test('contains several actions that share data', () => {
    const gocache = temporaryFolder()
    const both = [store(gocache, 7, 'data'), store(gocache, 8, 'data')]
    expect(listActions(gocache).map(({ output }) => output)).toEqual(both.map(({ output }) => output))
  })
})

describe('the listing of a build cache is empty if it', () => {
  test.each<readonly [string, Readonly<Record<string, string>>]>([
    ['does not exist', {}],
    ['is new', { README: 'x', 'trim.txt': '1', 'testexpire.txt': '1', 'fuzz/m/FuzzX/1': 'x' }],
    ['holds only a marker file', { '00/go-deps-action-x.json': '{}' }],
    ['holds data without actions', { [placeOf(hash(1), 'd')]: 'x' }],
    ['holds a misplaced action', { [`fuzz/${hash(1)}-a`]: actionText(action(1)), [`0/${hash(1)}-a`]: 'x' }],
  ])('%s', (_, files) => {
    const gocache = path.join(temporaryFolder(), 'cache')
    writeFiles(gocache, files)
    expect(holdsObjects(gocache)).toBe(false)
    expect(listActions(gocache)).toEqual([])
  })

  test('only directories of two hex digits hold objects', () => {
    const gocache = temporaryFolder()
    for (const name of ['00', 'a0', 'ff', 'A1', '0', '000', 'g0', 'fuzz']) mkdirSync(path.join(gocache, name))
    expect(objectDirectories(gocache)).toEqual(['00', 'a0', 'ff'])
  })

  test('a file in place of an object directory holds no objects', () => {
    const gocache = temporaryFolder()
    const stored = store(gocache, 7, 'data')
    writeFiles(gocache, { ab: 'x' })
    expect(existsSync(fileIn(gocache, stored.id, 'a'))).toBe(true)
    expect(listActions(gocache)).toHaveLength(1)
  })
})
