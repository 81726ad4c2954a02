import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CachedAction, findLogs, listActions, readLogs } from '../../../src/cache/gocache/listing.ts'
import { goChoices } from '../../golden/go.ts'
import { temporaryFolder } from '../../temporary.ts'
import { fileIn, store } from './actions.ts'
import { type BuildingGo, buildingGo, packages, patience, writeModule } from './real-builds.ts'

describe.each(goChoices)(
  'what the tests of the %s Go leave in the build cache',
  { timeout: patience },
  (choice) => {
    let go: BuildingGo
    beforeAll(async () => {
      go = await buildingGo(choice)
    }, patience)

    test('is found: what each looked at', async () => {
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
      // Each under two keys: of what is linked, and of the linked program.
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

/** What is found of this data, as names. */
function kindOf(data: string, change: (gocache: string, stored: CachedAction) => void = () => {}) {
  const gocache = temporaryFolder()
  const stored = store(gocache, 1, data)
  change(gocache, stored)
  const logs = findLogs(gocache, [stored])
  return { isLog: logs.includes(stored), texts: readLogs(gocache, logs) }
}
const log = { isLog: true }
const other = { isLog: false, texts: [] }

describe('data is looked at', () => {
  test.each([
    ['an empty log', '# test log\n', { ...log, texts: ['# test log\n'] }],
    ['a log', '# test log\nopen ä\n', { ...log, texts: ['# test log\nopen ä\n'] }],
    ['a log that names a result', '# test log\nopen x\nok  \ta\t1s\n', expect.objectContaining(log)],
    ['something like a log', '# test logs\n', other],
    ['what a passed test printed', 'ok  \texample.com/x\t0.01s\n', other],
    ['a failed test', 'FAIL\texample.com/x\t0.01s\n', other],
    ['an archive', '!<arch>\n__.PKGDEF\u0000\u0000', other],
    ['a line break', '\n', other],
    ['nothing', '', other],
  ])('%s', (_, data, kind) => {
    expect(kindOf(data)).toEqual(kind)
  })

  test.each<readonly [string, (file: string) => void]>([
    ['that is gone', () => {}],
    ['that is a directory, as of an executable', (file) => mkdirSync(file)],
    ['that was cut', (file) => writeFileSync(file, '# te')],
    ['that was emptied', (file) => writeFileSync(file, '')],
  ])('data %s is none', (_, change) => {
    const changed = kindOf('# test log\n', (gocache, { output }) => {
      const file = fileIn(gocache, output, 'd')
      rmSync(file)
      change(file)
    })
    expect(changed).toEqual(other)
  })

  test('a log that has become something else since is not read', () => {
    const gocache = temporaryFolder()
    const stored = store(gocache, 1, '# test log\nopen x\n')
    writeFileSync(fileIn(gocache, stored.output, 'd'), '# best log\nopen x\n')
    expect(readLogs(gocache, [stored])).toEqual([])
  })
})
