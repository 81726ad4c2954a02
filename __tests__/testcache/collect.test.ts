import { mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import * as path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { collectTestInputs } from '../../src/testcache/collect.ts'
import { git } from '../../testbed/git-repository.ts'
import { processorTime } from '../harness/processor-time.ts'
import { isUnix, temporaryFolder, writeFiles } from '../temporary.ts'
import { type Bed, bedOf, makeBed } from './checkouts.ts'

const log = (...lines: readonly string[]) => `# test log\n${lines.map((line) => `${line}\n`).join('')}`

const files = {
  'go.mod': 'module example.com/tree\n',
  'top.txt': '',
  'a/a_test.go': '',
  'a/testdata/one.txt': '',
  'a/testdata/deep/two.txt': '',
  'b/c/c_test.go': '',
  'b/c/testdata/one.txt': '',
  'b/shared/three.txt': '',
  'no-tests/testdata/one.txt': '',
}

/** For tests that only read. */
const shared = mkdtempSync(path.join(realpathSync(tmpdir()), 'go-deps-test-'))
let plain: Bed
let linked: Bed
beforeAll(async () => {
  plain = await makeBed((folder) => writeFiles(folder, files), path.join(shared, 'plain'))
  writeFiles(plain.workspace, { 'a/untracked.txt': '' })
  if (isUnix) linked = await makeBed(makeLinks, path.join(shared, 'linked'))
})
afterAll(() => rmSync(shared, { recursive: true, maxRetries: 5, force: true }))

function makeLinks(folder: string): void {
  writeFiles(folder, { ...files, 'real/x/f.txt': '', 'real/y/g.txt': '' })
  symlinkSync('testdata/one.txt', path.join(folder, 'a/file-link'))
  symlinkSync('../real', path.join(folder, 'a/dir-link'))
  symlinkSync('../y', path.join(folder, 'real/x/further'))
  symlinkSync('file-link', path.join(folder, 'a/chain'))
  symlinkSync('/etc', path.join(folder, 'a/out'))
  symlinkSync('nowhere', path.join(folder, 'a/broken'))
  symlinkSync('loop', path.join(folder, 'a/loop'))
}

describe('collectTestInputs', () => {
  test.each([
    [
      'resolves a relative name from each directory with tests',
      ['stat testdata/one.txt'],
      ['a/testdata/one.txt', 'b/c/testdata/one.txt'],
    ],
    ['marks a directory that was opened', ['open testdata/deep'], ['a/testdata/deep/']],
    ['does not mark a directory that only stat saw', ['stat testdata/deep'], ['a/testdata/deep']],
    ['prefers the marked form', ['stat testdata/deep', 'open testdata/deep'], ['a/testdata/deep/']],
    ['does not mark a file that was opened', ['open ../top.txt'], ['top.txt']],
    [
      'includes parent directories inside the checkout',
      ['stat ../shared/three.txt', 'stat ../..'],
      ['.', 'b/shared/three.txt'],
    ],
    ['excludes what is above it', ['stat ../../../top.txt', 'open ../../../../work/top.txt'], []],
    ['includes the package directory', ['open .'], ['a/', 'b/c/']],
    ['includes the root of the checkout', ['open ..'], ['./', 'b/']],
    ['includes .git in the root, but not its content', ['stat ../.git', 'open ../.git/HEAD'], ['.git']],
    ['excludes missing and untracked files', ['stat testdata/absent', 'stat untracked.txt'], []],
    ['ignores environment variables', ['getenv top.txt'], []],
    [
      'distinguishes names with a common prefix',
      ['stat testdata/on', 'stat testdata/one.txt.bak', 'stat ../to'],
      [],
    ],
  ])('%s', async (_title, lines, expected) => {
    expect(await collectTestInputs(plain.workspace, [log(...lines)], [], process.env)).toEqual(expected)
  })

  test('absolute names and those after a chdir count only inside the checkout', async () => {
    const { workspace, origin } = plain
    const lines = [
      `open ${workspace}/b`,
      `stat ${origin}/top.txt`,
      `chdir ${workspace}/no-tests`,
      'open testdata',
    ]
    expect(await collectTestInputs(workspace, [log(...lines), 'no log'], [], process.env)).toEqual([
      'b/',
      'no-tests',
      'no-tests/testdata/',
    ])
  })

  test('a chdir counts in its own log only', async () => {
    const { workspace } = plain
    const logs = [log(`chdir ${workspace}/no-tests`), log('stat testdata/one.txt')]
    expect(await collectTestInputs(workspace, logs, [], process.env)).toEqual([
      'a/testdata/one.txt',
      'b/c/testdata/one.txt',
      'no-tests',
    ])
  })

  test('returns nothing outside a git repository', async () => {
    const folder = temporaryFolder()
    writeFiles(folder, files)
    expect(await collectTestInputs(folder, [log('open testdata/one.txt')], [], process.env)).toEqual([])
  })

  test.runIf(isUnix)('accepts a checkout path that contains a link', async () => {
    const { workspace } = plain
    const link = path.join(path.dirname(workspace), 'link')
    symlinkSync(workspace, link)
    const lines = [`stat ${workspace}/top.txt`, `stat ${link}/go.mod`]
    expect(await collectTestInputs(link, [log(...lines)], [], process.env)).toEqual(['go.mod', 'top.txt'])
  })
})

describe.runIf(isUnix)('collectTestInputs includes', () => {
  test.each([
    ['a link to a file, and the file', ['open file-link'], ['a/file-link', 'a/testdata/one.txt']],
    ['a link to a link, and its target', ['open chain'], ['a/chain', 'a/testdata/one.txt']],
    ['a file below a linked directory', ['open dir-link/x/f.txt'], ['a/dir-link', 'real/x/f.txt']],
    ['a linked directory that was listed', ['open dir-link'], ['a/dir-link', 'real/']],
    ['a listed directory below it', ['open dir-link/x'], ['a/dir-link', 'real/x/']],
    ['a file through two links', ['open dir-link/x/further/g.txt'], ['a/dir-link', 'real/y/g.txt']],
    ['only the link if it leads out of the checkout', ['open out/hostname', 'open out'], ['a/out']],
    ['a dangling link', ['stat broken', 'stat broken/x'], ['a/broken']],
    ['a circular link', ['stat loop', 'open loop/x'], ['a/loop']],
  ])('%s', async (_title, lines, expected) => {
    const { workspace } = linked
    expect(await collectTestInputs(workspace, [log(...lines)], [], process.env)).toEqual(expected)
  })
})

describe('several repositories', () => {
  test('include the files of a submodule, unless it is not checked out', async () => {
    const inner = await bedOf({ 's_test.go': '', 'testdata/s.txt': '' })
    const { workspace } = await bedOf(files)
    await git(
      workspace,
      '-c',
      'protocol.file.allow=always',
      'submodule',
      'add',
      '--quiet',
      inner.origin,
      'sub',
    )
    const lines = ['open testdata/s.txt', 'open ../sub', 'stat .git']
    expect(await collectTestInputs(workspace, [log(...lines)], [], process.env)).toEqual([
      'sub/',
      'sub/.git',
      'sub/testdata/s.txt',
    ])
    await git(workspace, 'submodule', 'deinit', '--quiet', '--force', 'sub')
    expect(await collectTestInputs(workspace, [log(...lines)], [], process.env)).toEqual(['sub/'])
  })

  test('include a repository below a workspace that is none, found by a module in it', async () => {
    const { workspace } = plain
    const above = path.dirname(workspace)
    expect(await collectTestInputs(above, [log('stat testdata/deep')], [], process.env)).toEqual([])
    expect(
      await collectTestInputs(above, [log('stat testdata/deep')], [path.join(workspace, 'a')], process.env),
    ).toEqual(['work/a/testdata/deep'])
  })

  test('may contain the workspace as a subdirectory', async () => {
    const { workspace } = plain
    expect(
      await collectTestInputs(
        path.join(workspace, 'a'),
        [log('open testdata/deep', 'stat ../top.txt')],
        [],
        process.env,
      ),
    ).toEqual(['testdata/deep/'])
  })
})

test('take little time for five hundred test directories and ten thousand names', async () => {
  const workspace = temporaryFolder()
  for (let n = 0; n < 500; n++)
    writeFiles(workspace, { [`pkg/p${n}/x_test.go`]: '', [`pkg/p${n}/testdata/${n}.txt`]: '' })
  await git(workspace, 'init', '--quiet')
  await git(workspace, 'add', '.')
  const names = Array.from({ length: 10_000 }, (_, n) => `open testdata/${n}.txt\nstat ../p${n}/x_test.go`)
  const began = processorTime()
  const found = await collectTestInputs(workspace, [log(...names), log(...names)], [], process.env)
  expect(found).toHaveLength(1000)
  // Resolving each name from each directory would be ten million look-ups.
  expect(began()).toBeLessThan(4000)
})
