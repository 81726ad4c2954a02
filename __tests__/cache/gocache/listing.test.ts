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

describe('an action is left out', () => {
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
    ['was cut', (stored) => actionText(stored).slice(0, -1)],
    ['was cut after the hashes', (stored) => actionText(stored).slice(0, 133)],
    ['is longer', (stored) => `${actionText(stored)}\n`],
    ['has more blanks', (stored) => actionText(stored).replace('v1 ', 'v1  ')],
    ['has a line break of Windows', (stored) => actionText(stored).replace('\n', '\r\n')],
    ['is of another version', (stored) => actionText(stored).replace('v1', 'v2')],
    ['is of another action', (stored) => actionText({ ...stored, id: hash(0x99) })],
    ['names no data', (stored) => actionText({ ...stored, output: 'x'.repeat(64) })],
    ['names data in capitals', (stored) => actionText({ ...stored, output: stored.output.toUpperCase() })],
    ['has a length that is no number', (stored) => actionText(stored).replace(/ 1 /, ' x ')],
    ['has a length below nothing', (stored) => actionText(stored).replace(/ {2}1 /, ' -1 ')],
    ['names data that is not there', (stored) => actionText({ ...stored, output: hash(0x99) })],
    ['is something else', () => '\u0000'.repeat(175)],
  ])('that %s', (_, text) => {
    expect(rewritten(text)).toEqual([])
  })

  test('as soon as its data is gone', () => {
    expect(listed((gocache, { output }) => rmSync(fileIn(gocache, output, 'd')))).toEqual([])
  })

  test('that has another name', () => {
    const elsewhere = (name: string) =>
      listed((gocache, _, file) => {
        mkdirSync(path.dirname(path.join(gocache, name)), { recursive: true })
        renameSync(file, path.join(gocache, name))
      })
    expect(elsewhere(placeOf(hash(0x99), 'a'))).toEqual([])
    expect(elsewhere(`00/${hash(0x11)}-a.tmp`)).toEqual([])
    expect(elsewhere(`00/${hash(0x11).slice(1)}-a`)).toEqual([])
  })

  test.runIf(isUnix)('that is a link, though it leads to one', () => {
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

  test('that is in no directory of objects', () => {
    expect(listed((gocache, _, file) => renameSync(file, path.join(gocache, path.basename(file))))).toEqual(
      [],
    )
    const foreign = listed((gocache, { id }, file) => {
      mkdirSync(path.join(gocache, 'fuzz'))
      renameSync(file, path.join(gocache, 'fuzz', `${id}-a`))
    })
    expect(foreign).toEqual([])
  })

  test('but an untouched one never is', () => {
    expect(listed(() => {})).toEqual([hash(0x11)])
  })

  test('whatever a file of that name holds, the others are listed', () => {
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

describe('an action is listed', () => {
  test('with what Go wrote, and when the action was last used; the time of its data tells nothing', () => {
    const gocache = temporaryFolder()
    const stored = store(gocache, 7, 'data')
    utimesSync(fileIn(gocache, stored.id, 'a'), 1_600_000_000, 1_600_000_000)
    expect(listActions(gocache)).toEqual([{ ...stored, used: 1_600_000_000_000 }])
  })

  test('beside others that have the same data', () => {
    const gocache = temporaryFolder()
    const both = [store(gocache, 7, 'data'), store(gocache, 8, 'data')]
    expect(listActions(gocache).map(({ output }) => output)).toEqual(both.map(({ output }) => output))
  })
})

describe('a build cache without objects', () => {
  test.each<readonly [string, Readonly<Record<string, string>>]>([
    ['is not there', {}],
    ['is new', { README: 'x', 'trim.txt': '1', 'testexpire.txt': '1', 'fuzz/m/FuzzX/1': 'x' }],
    ['has been cleaned but for a mark', { '00/go-deps-action-x.json': '{}' }],
    ['has data that nothing leads to', { [placeOf(hash(1), 'd')]: 'x' }],
    ['has an action elsewhere', { [`fuzz/${hash(1)}-a`]: actionText(action(1)), [`0/${hash(1)}-a`]: 'x' }],
  ])('%s', (_, files) => {
    const gocache = path.join(temporaryFolder(), 'cache')
    writeFiles(gocache, files)
    expect(holdsObjects(gocache)).toBe(false)
    expect(listActions(gocache)).toEqual([])
  })

  test('directories of objects are those with two hex digits', () => {
    const gocache = temporaryFolder()
    for (const name of ['00', 'a0', 'ff', 'A1', '0', '000', 'g0', 'fuzz']) mkdirSync(path.join(gocache, name))
    expect(objectDirectories(gocache)).toEqual(['00', 'a0', 'ff'])
  })

  test('a file in place of a directory of objects holds none', () => {
    const gocache = temporaryFolder()
    const stored = store(gocache, 7, 'data')
    writeFiles(gocache, { ab: 'x' })
    expect(existsSync(fileIn(gocache, stored.id, 'a'))).toBe(true)
    expect(listActions(gocache)).toHaveLength(1)
  })
})
