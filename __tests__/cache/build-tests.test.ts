import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import * as path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type CachedAction, listActions } from '../../src/cache/build-listing.ts'
import { findTests, readLogs } from '../../src/cache/build-tests.ts'
import { goChoices } from '../golden/go.ts'
import { temporaryFolder } from '../temporary.ts'
import { fileIn, store } from './build-actions.ts'
import { type BuildingGo, buildingGo, packages, patience, writeModule } from './real-builds.ts'

describe.each(goChoices)(
  'what the tests of the %s Go leave in the build cache',
  { timeout: patience },
  (choice) => {
    let go: BuildingGo
    beforeAll(async () => {
      go = await buildingGo(choice)
    }, patience)

    test('is found: what each looked at, and that it passed', async () => {
      const folder = temporaryFolder()
      const place = { cwd: path.join(folder, 'module'), gocache: path.join(folder, 'cache') }
      writeModule(place.cwd)
      go.makeCache(place.gocache)
      const testsOf = async (...args: string[]) => {
        const before = new Set(listActions(place.gocache).map(({ id }) => id))
        await go.run(['test', ...args], place)
        const actions = listActions(place.gocache).filter(({ id }) => !before.has(id))
        const { logs, results } = findTests(place.gocache, actions)
        return { logs, results, all: actions }
      }
      const distinct = (actions: readonly CachedAction[]) => new Set(actions.map(({ output }) => output)).size

      const { logs, results, all } = await testsOf('./...')
      // Each under two keys: of what is linked, and of the linked program.
      expect([logs.length, results.length]).toEqual([2 * packages.length, 2 * packages.length])
      expect(distinct(results)).toBe(packages.length)
      expect(all.length).toBeGreaterThan(logs.length + results.length)
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
        expect([flag, distinct(one.results), distinct(one.logs)]).toEqual([flag, 1, 1])
      }
    })
  },
)

/** What is found of this data, as names. */
function kindOf(data: string, change: (gocache: string, stored: CachedAction) => void = () => {}) {
  const gocache = temporaryFolder()
  const stored = store(gocache, 1, data)
  change(gocache, stored)
  const { logs, results } = findTests(gocache, [stored])
  return { isLog: logs.includes(stored), isResult: results.includes(stored), texts: readLogs(gocache, logs) }
}
const log = { isLog: true, isResult: false }
const result = { isLog: false, isResult: true, texts: [] }
const other = { isLog: false, isResult: false, texts: [] }

describe('data is looked at', () => {
  test.each([
    ['an empty log', '# test log\n', { ...log, texts: ['# test log\n'] }],
    ['a log', '# test log\nopen ä\n', { ...log, texts: ['# test log\nopen ä\n'] }],
    ['a log that names a result', '# test log\nopen x\nok  \ta\t1s\n', expect.objectContaining(log)],
    ['something like a log', '# test logs\n', other],
    ['a passed test', 'ok  \texample.com/x\t0.01s\n', result],
    ['a passed test with output', 'hello\nPASS\nok  \texample.com/x\t0.01s\n', result],
    ['a passed test with much output', `${'x'.repeat(5000)}\nok  \texample.com/x\t0.01s\n`, result],
    ['a passed test without tests', 'ok  \texample.com/x\t0.01s [no tests to run]\n', result],
    ['coverage', 'ok  \texample.com/x\t0.01s\tcoverage: 9.5% of statements\n', result],
    ['output that says ok before its end', 'ok  \texample.com/x\t0.01s\nmore\n', other],
    ['a line that ends in ok', 'not ok  \texample.com/x\t0.01s\n', other],
    ['a line that was cut', 'ok  \texample.com/x\t0.01s', other],
    ['spaces in place of a tab', 'ok   example.com/x 0.01s\n', other],
    ['a failed test', 'FAIL\texample.com/x\t0.01s\n', other],
    ['an archive', '!<arch>\n__.PKGDEF\u0000\u0000', other],
    ['a line break', '\n', other],
    ['nothing', '', other],
  ])('%s', (_, data, kind) => {
    expect(kindOf(data)).toEqual(kind)
  })

  test('coverage of many packages, which stand on one line', () => {
    const names = Array.from({ length: 100 }, (_, index) => `example.com/service/internal/package${index}`)
    const line = `ok  \texample.com/x\t0.01s\tcoverage: 9.5% of statements in ${names.join(', ')}\n`
    expect(kindOf(line)).toEqual(result)
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
