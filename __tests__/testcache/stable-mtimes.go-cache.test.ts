import { chmodSync, mkdtempSync, realpathSync, rmSync, symlinkSync, utimesSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectTestInputs } from '../../src/testcache/collect.ts'
import { setStableMtimes } from '../../src/testcache/stable-mtimes.ts'
import { git } from '../../testbed/git-repository.ts'
import { goChoices, installedGo } from '../golden/go.ts'
import { isUnix, writeFiles } from '../temporary.ts'
import { type Bed, commit, makeBed, timesBelow } from './checkouts.ts'
import { type Tester, testLogsOf, testsThatRan } from './go-tests.ts'

/** A Go test in its own package, in which `must` ends the test at an error. */
function goTest(name: string, body: string): string {
  return `package ${name}

import (
\t"os"
\t"path/filepath"
\t"testing"
)

var _ = filepath.Join

var _ = os.Getenv

func must[T any](t *testing.T) func(T, error) T {
\treturn func(value T, err error) T {
\t\tif err != nil {
\t\t\tt.Fatal(err)
\t\t}
\t\treturn value
\t}
}

func Test(t *testing.T) {
${body}
}
`
}

const read = (name: string) => `\tmust[[]byte](t)(os.ReadFile(${name}))`
const look = (name: string) => `\tmust[os.FileInfo](t)(os.Stat(${name}))`

/** One package for each way in which a test reads the tree; one of them also lists the repository root. */
function writeModule(folder: string): void {
  const bodies: Readonly<Record<string, string>> = {
    absolute: read('must[string](t)(filepath.Abs("../data/a.txt"))'),
    changes: `\tif err := os.Chdir("../data/deep"); err != nil {\n\t\tt.Fatal(err)\n\t}\n${read('"../deep/c.txt"')}`,
    environment: '\tos.Getenv("SETTING")',
    lists: '\tmust[[]os.DirEntry](t)(os.ReadDir(".."))',
    looks: `${look('"../data/tool.sh"')}\n${look('"../.git"')}`,
    nothing: '',
    opens: `${read('"testdata/own.txt"')}\n${read('"../linked/e.txt"')}`,
    walks: `\tfilepath.WalkDir("../data", func(file string, _ os.DirEntry, err error) error { return err })`,
    ...(isUnix ? { links: `${read('"testdata/link"')}\n${read('"testdata/folder/c.txt"')}` } : {}),
  }
  writeFiles(folder, {
    'go.mod': 'module example.com/tree\n\ngo 1.21\n',
    'data/a.txt': 'aaaa',
    'data/deep/c.txt': 'cccc',
    'data/tool.sh': 'tool',
    'data/unread.txt': 'uuuu',
    'linked/d.txt': 'dddd',
    'linked/e.txt': 'eeee',
    'linked/unread.txt': 'uuuu',
    'opens/testdata/own.txt': 'oooo',
    ...Object.fromEntries(
      Object.entries(bodies).map(([name, body]) => [`${name}/x_test.go`, goTest(name, body)]),
    ),
  })
  if (!isUnix) return
  writeFiles(folder, { 'links/testdata/x': '' })
  symlinkSync('../../linked/d.txt', path.join(folder, 'links/testdata/link'))
  symlinkSync('../../data/deep', path.join(folder, 'links/testdata/folder'))
}

const write = (folder: string, name: string, text: string) => writeFiles(folder, { [name]: text })
type Edit = readonly [title: string, readers: readonly string[], edit: (folder: string) => void]
const unixEdits: readonly Edit[] = [
  ['another mode', ['looks', 'walks'], (folder) => chmodSync(path.join(folder, 'data/tool.sh'), 0o755)],
  [
    'a link with another target',
    ['links'],
    (folder) => {
      rmSync(path.join(folder, 'links/testdata/link'))
      symlinkSync('../../linked/e.txt', path.join(folder, 'links/testdata/link'))
    },
  ],
  ['the target of a link', ['links'], (folder) => write(folder, 'linked/d.txt', 'DDDD')],
]

describe.each(goChoices)('the test cache of the %s Go', (choice) => {
  const folder = mkdtempSync(path.join(realpathSync(tmpdir()), 'go-deps-test-'))
  let bed: Bed
  let tester: Tester
  let paths: readonly string[]
  const stabilize = () => setStableMtimes(bed.workspace, paths, [], process.env)

  beforeAll(async () => {
    tester = { go: await installedGo(choice), state: path.join(folder, 'state'), began: Date.now() - 1000 }
    writeFiles(tester.state, { x: '' })
    bed = await makeBed(writeModule, path.join(folder, 'bed'))
    // Go caches no result, and no log, of a test that read a file younger than two seconds.
    for (const name of Object.keys(timesBelow(bed.workspace)))
      if (name.endsWith('.txt')) utimesSync(path.join(bed.workspace, name), 1e9, 1e9)
    await testsThatRan(tester, bed.workspace)
    paths = await collectTestInputs(bed.workspace, testLogsOf(tester), [], process.env)
    await bed.checkOut()
    await stabilize()
    await testsThatRan(tester, bed.workspace)
  })
  afterAll(() => rmSync(folder, { recursive: true, maxRetries: 5, force: true }))

  test('reuses every result in a fresh checkout', async () => {
    await bed.checkOut()
    expect(await stabilize()).toMatchObject({ kind: 'settled', skipped: 0 })
    expect(await testsThatRan(tester, bed.workspace)).toEqual([])
    expect(await git(bed.workspace, 'status', '--porcelain')).toBe('')
  })

  test('reuses none without stable mtimes', async () => {
    await bed.checkOut()
    const readers = ['absolute', 'changes', 'links', 'lists', 'looks', 'opens', 'walks']
    expect(await testsThatRan(tester, bed.workspace)).toEqual(
      readers.filter((name) => isUnix || name !== 'links'),
    )
  })

  const edits: readonly Edit[] = [
    [
      'other content of the same size',
      ['absolute', 'walks'],
      (folder) => write(folder, 'data/a.txt', 'AAAA'),
    ],
    [
      'a new file in a listed directory',
      ['changes', 'walks'],
      (folder) => write(folder, 'data/deep/new', ''),
    ],
    ['a new file at the top', ['lists'], (folder) => write(folder, 'new.txt', '')],
    ['a file that goes', ['lists', 'walks'], (folder) => rmSync(path.join(folder, 'data/unread.txt'))],
    ['a file that no test reads', [], (folder) => write(folder, 'linked/unread.txt', 'UUUU')],
    ...(isUnix ? unixEdits : []),
  ]

  test.each(edits)('reruns the tests that read %s', async (_title, readers, edit) => {
    await git(bed.origin, 'checkout', '--quiet', '-B', 'edit', 'main')
    await commit(bed, edit)
    await bed.checkOut()
    await stabilize()
    expect(await testsThatRan(tester, bed.workspace)).toEqual(readers)
  })

  test('reuses results that were made with a new file in a listed directory', async () => {
    await git(bed.origin, 'checkout', '--quiet', '-B', 'edit', 'main')
    await commit(bed, (folder) => writeFiles(folder, { 'data/second.txt': '' }))
    const ran: (readonly string[])[] = []
    for (let run = 0; run < 2; run++) {
      await bed.checkOut()
      await stabilize()
      ran.push(await testsThatRan(tester, bed.workspace))
    }
    expect(ran).toEqual([['lists', 'walks'], []])
  })

  test('reruns the tests that read an uncommitted change, in each run', async () => {
    await git(bed.origin, 'checkout', '--quiet', 'main')
    for (const text of ['1111', '2222']) {
      await bed.checkOut()
      writeFiles(bed.workspace, { 'opens/testdata/own.txt': text, 'data/deep/untracked.txt': text })
      await stabilize()
      expect(await testsThatRan(tester, bed.workspace)).toEqual(
        text === '1111' ? ['changes', 'opens', 'walks'] : ['opens', 'walks'],
      )
    }
  })

  test('reruns the tests that read a changed variable', async () => {
    await bed.checkOut()
    await stabilize()
    expect(await testsThatRan(tester, bed.workspace, { SETTING: 'other' })).toEqual(['environment'])
  })
})
