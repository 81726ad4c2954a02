import {
  chmodSync,
  chownSync,
  lstatSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import * as path from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { findProgram } from '../../src/platform/processes.ts'
import { listDigest, mtimeOfBlob, setStableMtimes } from '../../src/testcache/stable-mtimes.ts'
import { git } from '../../testbed/git-repository.ts'
import { isUnix, temporaryFolder, writeFiles } from '../temporary.ts'
import { bedOf, commit, differing, makeBed, timesBelow } from './checkouts.ts'

const files = {
  'go.mod': 'module example.com/tree\n',
  'data/a.txt': 'aaaa',
  'data/b.txt': 'bbbb',
  'data/deep/c.txt': 'cccc',
  'other/d.txt': 'dddd',
}

/** Whether commands that trust the index see a clean checkout; `git status` would refresh it by itself. */
async function expectClean(workspace: string): Promise<void> {
  await git(workspace, 'diff-index', '--quiet', 'HEAD')
  expect(await git(workspace, 'diff-files', '--name-only')).toBe('')
  expect(await git(workspace, 'status', '--porcelain')).toBe('')
}

describe('a fresh checkout', () => {
  test('gets the same times for the named paths, and git sees it as clean', async () => {
    const bed = await bedOf(files)
    const paths = ['data/', 'data/deep/c.txt', 'go.mod', '.git']
    const settled = await setStableMtimes(bed.workspace, paths, [], process.env)
    const first = timesBelow(bed.workspace)
    await expectClean(bed.workspace)
    await bed.checkOut()
    const fresh = timesBelow(bed.workspace)
    expect(await setStableMtimes(bed.workspace, paths, [], process.env)).toEqual(settled)
    const second = timesBelow(bed.workspace)
    expect(settled).toEqual({
      kind: 'stable',
      files: 4,
      directories: 3,
      skipped: 0,
      digest: listDigest(paths),
    })
    const named = ['data', 'data/a.txt', 'data/b.txt', 'data/deep', 'data/deep/c.txt', 'go.mod']
    expect(differing(fresh, second)).toEqual(named)
    expect(differing(first, second)).toEqual(['.', 'other', 'other/d.txt'])
  })

  test('gets the exact time of its blob, which differs for another blob of the same length', async () => {
    const bed = await bedOf(files)
    await setStableMtimes(bed.workspace, ['data/a.txt'], [], process.env)
    const id = await git(bed.workspace, 'rev-parse', 'HEAD:data/a.txt')
    const time = () => lstatSync(path.join(bed.workspace, 'data/a.txt'), { bigint: true }).mtimeNs
    // Exact, because the fraction is a whole number of 2^-21 seconds. On Windows libuv calculates with the seconds since
    // 1601 in units of 100 ns, of which a double holds only each 16th.
    const exact = (BigInt(mtimeOfBlob(id) * 2 ** 21) * 1_000_000_000n) >> 21n
    expect(Math.abs(Number(time() - exact))).toBeLessThanOrEqual(isUnix ? 0 : 900)
    const before = time()
    await commit(bed, (origin) => writeFiles(origin, { 'data/a.txt': 'AAAA' }))
    await bed.checkOut()
    await setStableMtimes(bed.workspace, ['data/a.txt'], [], process.env)
    expect(time()).not.toBe(before)
  })

  test('gets the same times with one commit of history as with all', async () => {
    const bed = await bedOf(files)
    await commit(bed, (origin) => writeFiles(origin, { 'new.txt': '' }))
    await bed.checkOut()
    await setStableMtimes(bed.workspace, ['./', 'data/', 'data/deep/'], [], process.env)
    const whole = timesBelow(bed.workspace)
    await bed.checkOut('--depth=1')
    expect(
      await setStableMtimes(bed.workspace, ['./', 'data/', 'data/deep/'], [], process.env),
    ).toMatchObject({ skipped: 0 })
    const shallow = timesBelow(bed.workspace)
    expect(differing(whole, shallow)).toEqual(['other/d.txt'])
  })

  test('with missing files sets the times of the others', async () => {
    const bed = await bedOf(files)
    await bed.checkOut('--sparse')
    await git(bed.workspace, 'sparse-checkout', 'set', 'other')
    const settled = await setStableMtimes(
      bed.workspace,
      ['data/', 'data/a.txt', 'go.mod', 'other/d.txt'],
      [],
      process.env,
    )
    expect(settled).toMatchObject({ files: 2, directories: 0, skipped: 2 })
    await expectClean(bed.workspace)
  })
})

describe('a path that differs from git keeps its time', () => {
  const untouched = async (
    change: (workspace: string) => Promise<void> | void,
    ...paths: readonly string[]
  ) => {
    const bed = await bedOf(files)
    await change(bed.workspace)
    const before = timesBelow(bed.workspace)
    const settled = await setStableMtimes(bed.workspace, [...paths, 'go.mod'], [], process.env)
    expect(settled).toMatchObject({ files: 1, skipped: paths.length })
    expect(differing(before, timesBelow(bed.workspace))).toEqual(['go.mod'])
  }

  test('if a file was edited without a change of length', async () => {
    await untouched((workspace) => writeFiles(workspace, { 'data/a.txt': 'AAAA' }), 'data/a.txt')
  })

  test('but an edited file in the index gets the time of its new content', async () => {
    const bed = await bedOf(files)
    writeFiles(bed.workspace, { 'data/a.txt': 'AAAA' })
    await git(bed.workspace, 'add', 'data/a.txt')
    await setStableMtimes(bed.workspace, ['data/a.txt'], [], process.env)
    const id = await git(bed.workspace, 'hash-object', 'data/a.txt')
    expect(lstatSync(path.join(bed.workspace, 'data/a.txt')).mtimeMs).toBeCloseTo(mtimeOfBlob(id) * 1000, 2)
  })

  test.each(['--assume-unchanged', '--skip-worktree'])(
    'if git was told not to inspect it: %s',
    async (option) => {
      await untouched(async (workspace) => {
        await git(workspace, 'update-index', option, 'data/a.txt')
        writeFiles(workspace, { 'data/a.txt': 'AAAA' })
      }, 'data/a.txt')
    },
  )

  test.runIf(isUnix)('if its mode differs', async () => {
    await untouched((workspace) => chmodSync(path.join(workspace, 'data/a.txt'), 0o755), 'data/a.txt')
  })

  test.runIf(isUnix)('if a link has replaced it, or it is behind a linked directory', async () => {
    const elsewhere = temporaryFolder()
    writeFiles(elsewhere, { 'deep/c.txt': 'cccc' })
    const before = timesBelow(elsewhere)
    const replace = (workspace: string) => {
      for (const [name, target] of [
        ['data', elsewhere],
        ['other/d.txt', path.join(elsewhere, 'deep/c.txt')],
      ] as const) {
        rmSync(path.join(workspace, name), { recursive: true, maxRetries: 5 })
        symlinkSync(target, path.join(workspace, name))
      }
    }
    await untouched(replace, 'data', 'data/deep', 'data/deep/c.txt', 'other/d.txt')
    expect(timesBelow(elsewhere)).toEqual(before)
  })

  test('if a filter of the user writes it, because its blob does not reveal the result', async () => {
    await untouched(async (workspace) => {
      writeFiles(workspace, { '.git/info/attributes': 'a.txt filter=stamp\nb.txt filter=lfs\n' })
      await git(workspace, 'config', 'filter.stamp.smudge', 'tr a z')
      await git(workspace, 'config', 'filter.stamp.clean', 'tr z a')
      rmSync(path.join(workspace, 'data/a.txt'))
      await git(workspace, 'checkout', '--', 'data/a.txt')
    }, 'data/a.txt')
  })

  test.runIf(isUnix)(
    'if it is edited while git runs: it counts as new, because its content is unknown',
    async () => {
      const bed = await bedOf(files)
      const below = path.join(bed.workspace, 'below')
      writeFiles(below, { 'go.mod': '' })
      await git(below, 'init', '--quiet')
      await git(below, 'add', '.')
      utimesSync(path.join(below, 'go.mod'), 1_000_000_000, 1_000_000_000)
      // The edit happens once git has written the index of this repository; that of the checkout was read before.
      const bin = temporaryFolder()
      const edit = `case "$PWD $*" in *below*update-index*) printf AAAA > ../data/a.txt;; esac`
      const script = `#!/bin/sh\n'${findProgram('git', process.env)}' "$@"\ncode=$?\n${edit}\nexit $code\n`
      writeFileSync(path.join(bin, 'git'), script, { mode: 0o755 })
      vi.stubEnv('PATH', `${bin}:${process.env.PATH}`)
      onTestFinished(() => void vi.unstubAllEnvs())
      const began = Date.now()
      const settled = await setStableMtimes(bed.workspace, ['data/a.txt', 'data/b.txt'], [below], process.env)
      expect(settled).toMatchObject({ files: 1, skipped: 1 })
      expect(lstatSync(path.join(bed.workspace, 'data/a.txt')).mtimeMs).toBeGreaterThan(began - 1000)
    },
  )

  test('but a file with only another time gets its stable time', async () => {
    const bed = await bedOf(files)
    utimesSync(path.join(bed.workspace, 'data/a.txt'), 1_000_000_000, 1_000_000_000)
    expect(await setStableMtimes(bed.workspace, ['data/a.txt'], [], process.env)).toMatchObject({
      files: 1,
      skipped: 0,
    })
    await expectClean(bed.workspace)
  })
})

describe('directories', () => {
  const timeOf = async (paths: readonly string[], change: (workspace: string) => void) => {
    const bed = await bedOf(files)
    change(bed.workspace)
    await setStableMtimes(bed.workspace, paths, [], process.env)
    return lstatSync(path.join(bed.workspace, 'data'), { bigint: true }).mtimeNs
  }

  test('change their time with another entry, tracked or not, but not with a changed one', async () => {
    const plain = await timeOf(['data'], () => {})
    expect(await timeOf(['data/'], () => {})).toBe(plain)
    expect(await timeOf(['data'], (workspace) => writeFiles(workspace, { 'data/a.txt': 'AAAA' }))).toBe(plain)
    expect(await timeOf(['data'], (workspace) => writeFiles(workspace, { 'data/new.txt': '' }))).not.toBe(
      plain,
    )
    expect(await timeOf(['data'], (workspace) => rmSync(path.join(workspace, 'data/a.txt')))).not.toBe(plain)
  })

  test('that were only inspected leave the times of their entries', async () => {
    const bed = await bedOf(files)
    const before = timesBelow(bed.workspace)
    await setStableMtimes(bed.workspace, ['data', '.'], [], process.env)
    expect(differing(before, timesBelow(bed.workspace))).toEqual(['.', 'data'])
  })

  test('that were listed leave the times of untracked entries', async () => {
    const bed = await bedOf(files)
    writeFiles(bed.workspace, { 'data/new.txt': '', 'data/built/x.txt': '' })
    const before = timesBelow(bed.workspace)
    await setStableMtimes(bed.workspace, ['data/'], [], process.env)
    expect(differing(before, timesBelow(bed.workspace))).toEqual([
      'data',
      'data/a.txt',
      'data/b.txt',
      'data/deep',
    ])
  })

  test('.git has the same time in each fresh checkout, after all the changes to it', async () => {
    const bed = await bedOf(files)
    const time = async () => {
      await setStableMtimes(bed.workspace, ['./'], [], process.env)
      return lstatSync(path.join(bed.workspace, '.git'), { bigint: true }).mtimeNs
    }
    const first = await time()
    await bed.checkOut()
    expect(await time()).toBe(first)
    expect(readdirSync(path.join(bed.workspace, '.git'))).not.toContain('index.lock')
  })
})

test.runIf(isUnix)('links get their own time, and their targets keep theirs', async () => {
  const bed = await makeBed((folder) => {
    writeFiles(folder, files)
    symlinkSync('a.txt', path.join(folder, 'data/link'))
    symlinkSync('deep', path.join(folder, 'data/directory-link'))
    symlinkSync('/etc/hostname', path.join(folder, 'data/out'))
  })
  const before = timesBelow(bed.workspace)
  const paths = ['data/directory-link', 'data/link', 'data/out']
  expect(await setStableMtimes(bed.workspace, paths, [], process.env)).toMatchObject({
    files: 3,
    directories: 0,
    skipped: 0,
  })
  expect(differing(before, timesBelow(bed.workspace))).toEqual(paths)
  await expectClean(bed.workspace)
})

test('names of an entry outside tracked files are ignored', async () => {
  const bed = await bedOf(files)
  const outside = path.join(path.dirname(bed.workspace), 'outside.txt')
  writeFileSync(outside, '')
  writeFiles(bed.workspace, { 'data/new.txt': '' })
  const before = [timesBelow(bed.workspace), lstatSync(outside).mtimeMs]
  const climbing = [
    '../outside.txt',
    '..',
    '../',
    outside,
    '/',
    '',
    'data/../go.mod',
    './go.mod',
    'data//a.txt',
  ]
  const others = [
    'data/new.txt',
    '.git/config',
    'data\\a.txt',
    'data/a.txt\0',
    'data/a.txt//',
    '__proto__',
    'DATA/A.TXT',
  ]
  expect(await setStableMtimes(bed.workspace, [...climbing, ...others], [], process.env)).toEqual({
    kind: 'stable',
    files: 0,
    directories: 0,
    skipped: 0,
    digest: '',
  })
  expect([timesBelow(bed.workspace), lstatSync(outside).mtimeMs]).toEqual(before)
})

test('stable mtimes without any test input are another state than unset ones', async () => {
  const bed = await bedOf({ 'testdata/s.txt': 'ssss' })
  const settled = await setStableMtimes(bed.workspace, [], [], process.env)
  expect(settled).toMatchObject({ kind: 'stable', files: 0, skipped: 0, digest: listDigest([]) })
  expect(listDigest([])).not.toBe('')
})

describe('repositories', () => {
  test('a submodule is handled by itself, and both are clean afterwards', async () => {
    const inner = await bedOf({ 'testdata/s.txt': 'ssss', 'testdata/t.txt': 'tttt' })
    const bed = await bedOf(files)
    const allow = ['-c', 'protocol.file.allow=always']
    await git(bed.origin, ...allow, 'submodule', 'add', '--quiet', inner.origin, 'sub')
    await git(bed.origin, 'commit', '--quiet', '--message=Submodule')
    const paths = ['./', 'go.mod', 'sub/', 'sub/.git', 'sub/testdata/s.txt', 'sub/testdata/t.txt']
    const times = async () => {
      await bed.checkOut()
      await git(bed.workspace, ...allow, 'submodule', 'update', '--init', '--quiet')
      writeFiles(bed.workspace, { 'sub/testdata/t.txt': 'TTTT' })
      const before = timesBelow(bed.workspace)
      expect(await setStableMtimes(bed.workspace, paths, [], process.env)).toMatchObject({ skipped: 1 })
      const after = timesBelow(bed.workspace)
      expect(after['sub/testdata/t.txt']).toBe(before['sub/testdata/t.txt'])
      await git(path.join(bed.workspace, 'sub'), 'checkout', '--quiet', '--', '.')
      await expectClean(path.join(bed.workspace, 'sub'))
      await expectClean(bed.workspace)
      return after
    }
    const [first, second] = [await times(), await times()]
    const other = [
      'data/a.txt',
      'data/b.txt',
      'data/deep',
      'data/deep/c.txt',
      'other/d.txt',
      'sub/testdata/t.txt',
    ]
    expect(differing(first, second)).toEqual(other)
  })

  test('a repository below a workspace that is none is found by a module in it', async () => {
    const bed = await bedOf(files)
    const above = path.dirname(bed.workspace)
    expect(await setStableMtimes(above, ['work/data/a.txt'], [], process.env)).toMatchObject({
      kind: 'no-git',
    })
    const settled = await setStableMtimes(
      above,
      ['work/data/a.txt'],
      [path.join(bed.workspace, 'data')],
      process.env,
    )
    expect(settled).toMatchObject({ files: 1, skipped: 0 })
    await expectClean(bed.workspace)
  })

  test('without a repository nothing changes, with the error of git, even if no time is to be set', async () => {
    const folder = temporaryFolder()
    writeFiles(folder, files)
    const before = timesBelow(folder)
    const why = expect.stringContaining('not a git repository')
    expect(await setStableMtimes(folder, ['data/a.txt'], [], process.env)).toEqual({ kind: 'no-git', why })
    expect(await setStableMtimes(folder, [], [], process.env)).toEqual({ kind: 'no-git', why })
    expect(timesBelow(folder)).toEqual(before)
  })

  test('nothing changes if git cannot write its index, because git would see changes', async () => {
    const bed = await bedOf(files)
    writeFiles(bed.workspace, { '.git/index.lock': '' })
    const before = timesBelow(bed.workspace)
    const why = 'git cannot write its index'
    expect(await setStableMtimes(bed.workspace, ['data/a.txt'], [], process.env)).toEqual({
      kind: 'no-git',
      why,
    })
    expect(timesBelow(bed.workspace)).toEqual(before)
  })

  test.runIf(isUnix && process.getuid?.() === 0)(
    'a repository of another owner, as in containers, gets stable times',
    async () => {
      const bed = await bedOf(files)
      for (const name of Object.keys(timesBelow(bed.workspace)))
        chownSync(path.join(bed.workspace, name), 1234, 1234)
      vi.stubEnv('GITHUB_WORKSPACE', bed.workspace)
      onTestFinished(() => void vi.unstubAllEnvs())
      await expect(git(bed.workspace, 'status')).rejects.toThrow('dubious ownership')
      expect(await setStableMtimes(bed.workspace, ['data/a.txt'], [], process.env)).toMatchObject({
        files: 1,
        skipped: 0,
      })
    },
  )
})
