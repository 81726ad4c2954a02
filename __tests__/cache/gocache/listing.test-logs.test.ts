import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CachedAction, findLogs, listActions, readLogs } from '../../../src/cache/gocache/listing.ts'
import { goChoices } from '../../golden/go.ts'
import { temporaryFolder } from '../../temporary.ts'
import { fileIn, store } from './actions.ts'
import { type BuildingGo, buildingGo, packages, patience, writeModule } from './real-builds.ts'

describe.each(goChoices)(
  'test results that the %s Go stores in the build cache',
  { timeout: patience },
  (choice) => {
    let go: BuildingGo
    beforeAll(async () => {
      go = await buildingGo(choice)
    }, patience)

    test('are found, with the files and variables that each test read', async () => {
      const folder = temporaryFolder()
      const place = { cwd: path.join(folder, 'module'), gocache: path.join(folder, 'cache') }
      writeModule(place.cwd)
      go.makeCache(place.gocache)
      const testsOf = async (...args: string[]) => {
        const before = new Set(listActions(place.gocache).map(({ id }) => id))
        await go.run(['test', ...args], place)
        const actions = listActions(place.gocache).filter(({ id }) => !before.has(id))
        return { logs: findLogs(place.gocache, actions), all: actions }
      }
      const distinct = (actions: readonly CachedAction[]) => new Set(actions.map(({ output }) => output)).size

      const { logs, all } = await testsOf('./...')
      // Each has two keys: one of the link inputs, and one of the linked program.
      expect(logs.length).toBe(2 * packages.length)
      expect(all.length).toBeGreaterThan(2 * logs.length)
      expect(new Set(readLogs(place.gocache, logs))).toEqual(
        new Set([
          '# test log\n',
          '# test log\nopen testdata/in.txt\n',
          '# test log\nopen testdata/a\n',
          '# test log\ngetenv NO_SUCH_VARIABLE\n',
        ]),
      )
      for (const flag of ['-v', '-json', '-cover']) {
        const one = await testsOf(flag, './p1')
        expect([flag, distinct(one.logs)]).toEqual([flag, 1])
      }
    })
  },
)

/** Classifies this data, and returns the logs that were read. */
function kindOf(data: string, change: (gocache: string, stored: CachedAction) => void = () => {}) {
  const gocache = temporaryFolder()
  const stored = store(gocache, 1, data)
  change(gocache, stored)
  const logs = findLogs(gocache, [stored])
  return { isLog: logs.includes(stored), texts: readLogs(gocache, logs) }
}
const log = { isLog: true }
const other = { isLog: false, texts: [] }

describe('findLogs', () => {
  test.each([
    ['recognises an empty log', '# test log\n', { ...log, texts: ['# test log\n'] }],
    ['recognises a log', '# test log\nopen ä\n', { ...log, texts: ['# test log\nopen ä\n'] }],
    ['recognises a log with a result', '# test log\nopen x\nok  \ta\t1s\n', expect.objectContaining(log)],
    ['ignores data that resembles a log', '# test logs\n', other],
    ['ignores the output of a passed test', 'ok  \texample.com/x\t0.01s\n', other],
    ['ignores the output of a failed test', 'FAIL\texample.com/x\t0.01s\n', other],
    ['ignores an archive', '!<arch>\n__.PKGDEF\u0000\u0000', other],
    ['ignores a line break', '\n', other],
    ['ignores empty data', '', other],
  ])('%s', (_, data, kind) => {
    expect(kindOf(data)).toEqual(kind)
  })

  test.each<readonly [string, (file: string) => void]>([
    ['that is missing', () => {}],
    ['that is a directory, as for an executable', (file) => mkdirSync(file)],
    ['that is truncated', (file) => writeFileSync(file, '# te')],
    ['that is empty', (file) => writeFileSync(file, '')],
  ])('ignores data %s', (_, change) => {
    const changed = kindOf('# test log\n', (gocache, { output }) => {
      const file = fileIn(gocache, output, 'd')
      rmSync(file)
      change(file)
    })
    expect(changed).toEqual(other)
  })

  test('does not read a log that has changed since it was found', () => {
    const gocache = temporaryFolder()
    const stored = store(gocache, 1, '# test log\nopen x\n')
    writeFileSync(fileIn(gocache, stored.output, 'd'), '# best log\nopen x\n')
    expect(readLogs(gocache, [stored])).toEqual([])
  })
})
